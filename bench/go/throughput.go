// Messages one way over one connection, both ends here.
package main

import (
	"bytes"
	"io"

	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/rlpx"
)

// pair is a connection whose far end counts messages.
type pair struct {
	send     func(payload []byte)
	snappy   func(on bool)
	expected chan int
	arrived  chan struct{}
}

func newPair(layer string) *pair {
	p := &pair{snappy: func(bool) {}, expected: make(chan int), arrived: make(chan struct{})}
	if layer == "server" {
		p.connectServers()
	} else {
		p.connectSessions()
	}
	return p
}

func (p *pair) run(r request) answer {
	p.snappy(r.Snappy)
	return timed(func() {
		p.expected <- r.Messages
		for i := 0; i < r.Messages; i++ {
			p.send(r.Payload)
		}
		<-p.arrived
	})
}

// count reads messages for as long as the pair lives.
func (p *pair) count(read func()) {
	for n := range p.expected {
		for ; n > 0; n-- {
			read()
		}
		p.arrived <- struct{}{}
	}
}

func (p *pair) connectSessions() {
	key := newKey()
	l := listen()
	accepted := make(chan *rlpx.Conn)
	go func() {
		fd, err := l.Accept()
		must(err)
		accepted <- acceptSession(fd, key)
	}()
	_, near := dialSession(l.Addr().String(), &key.PublicKey, newKey())
	far := <-accepted
	p.send = func(payload []byte) { _, err := near.Write(firstCode, payload); must(err) }
	p.snappy = func(on bool) { near.SetSnappy(on); far.SetSnappy(on) }
	go p.count(func() { _, _, _, err := far.Read(); must(err) })
}

func (p *pair) connectServers() {
	far, near := make(chan p2p.MsgReadWriter, 1), make(chan p2p.MsgReadWriter, 1)
	keep := func(to chan p2p.MsgReadWriter) func(*p2p.Peer, p2p.MsgReadWriter) error {
		return func(_ *p2p.Peer, rw p2p.MsgReadWriter) error { to <- rw; select {} }
	}
	listener := newServer(10, "127.0.0.1:0", keep(far))
	dialer := newServer(10, "", keep(near))
	dialer.AddPeer(listener.Self())
	from, to := <-near, <-far
	p.send = func(payload []byte) {
		must(from.WriteMsg(p2p.Msg{Code: 0, Size: uint32(len(payload)), Payload: bytes.NewReader(payload)}))
	}
	go p.count(func() {
		m, err := to.ReadMsg()
		must(err)
		_, err = io.Copy(io.Discard, m.Payload)
		must(err)
	})
}
