// One item from a hub to many peers, who are in another process: only the hub's processor time counts.
package main

import (
	"bytes"
	"encoding/hex"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/p2p"
)

// hub is what sends to all its peers.
type hub struct {
	mu    sync.Mutex
	sends []func(payload []byte)
}

// newHub says where it listens and which key it has.
func newHub(layer string, peers int) (*hub, answer) {
	h := &hub{}
	add := func(send func(payload []byte)) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.sends = append(h.sends, send)
	}
	if layer == "server" {
		s := newServer(peers+10, "127.0.0.1:0", func(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
			add(func(payload []byte) {
				must(rw.WriteMsg(p2p.Msg{Code: 0, Size: uint32(len(payload)), Payload: bytes.NewReader(payload)}))
			})
			for {
				m, err := rw.ReadMsg()
				if err != nil {
					return err
				}
				must(m.Discard())
			}
		})
		return h, answer{"addr": s.ListenAddr, "key": hex.EncodeToString(publicBytes(&s.PrivateKey.PublicKey))}
	}
	key := newKey()
	l := listen()
	go func() {
		for {
			fd, err := l.Accept()
			must(err)
			c := acceptSession(fd, key)
			c.SetSnappy(true)
			add(func(payload []byte) { _, err := c.Write(firstCode, payload); must(err) })
		}
	}()
	return h, answer{"addr": l.Addr().String(), "key": hex.EncodeToString(publicBytes(&key.PublicKey))}
}

// broadcast sends the payload so often to all peers, when all are there.
func (h *hub) broadcast(r request) answer {
	for {
		h.mu.Lock()
		count := len(h.sends)
		h.mu.Unlock()
		if count >= r.Peers {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return timed(func() {
		for i := 0; i < r.Messages; i++ {
			for _, send := range h.sends {
				send(r.Payload)
			}
		}
	})
}
