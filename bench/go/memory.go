// Memory of a node with many idle peers: the hub is measured, the leaves are in another process.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/p2p"
)

func newServer(maxPeers int, addr string, run func(*p2p.Peer, p2p.MsgReadWriter) error) *p2p.Server {
	s := &p2p.Server{Config: p2p.Config{
		PrivateKey: newKey(), MaxPeers: maxPeers, MaxPendingPeers: 500, NoDiscovery: true, DialRatio: 1, ListenAddr: addr, Name: "gobench",
		Protocols: []p2p.Protocol{{Name: capability.Name, Version: capability.Version, Length: 16, Run: run}},
		Logger:    log.NewLogger(log.DiscardHandler()),
	}}
	if addr != "" {
		s.NoDial, s.DialRatio = true, 0
	}
	must(s.Start())
	return s
}

// memory runs a hub: it says where it listens, waits for a line, and answers with what its peers cost.
func memory(r request, out *json.Encoder, in *bufio.Reader) {
	s := newServer(r.Peers+10, "127.0.0.1:0", func(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
		for {
			m, err := rw.ReadMsg()
			if err != nil {
				return err
			}
			must(m.Discard())
		}
	})
	before := settledRSS()
	must(out.Encode(answer{"addr": s.ListenAddr, "key": hex.EncodeToString(publicBytes(&s.PrivateKey.PublicKey))}))
	_, err := in.ReadBytes('\n')
	must(err)
	for s.PeerCount() < r.Peers {
		time.Sleep(10 * time.Millisecond)
	}
	must(out.Encode(answer{"bytes": settledRSS() - before}))
}

func settledRSS() int {
	for i := 0; i < 3; i++ {
		runtime.GC()
		debug.FreeOSMemory()
		time.Sleep(300 * time.Millisecond)
	}
	b, err := os.ReadFile("/proc/self/status")
	must(err)
	for _, l := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(l, "VmRSS:") {
			kib, err := strconv.Atoi(strings.Fields(l)[1])
			must(err)
			return kib * 1024
		}
	}
	panic("no VmRSS")
}

// connectLeaves opens idle connections to a hub, with identities of their own where the hub has one, and keeps them.
func connectLeaves(r request) {
	for i := 0; i < r.Peers; i++ {
		if r.Key == "" {
			fd, err := net.Dial("tcp", r.Addr)
			must(err)
			kept = append(kept, fd)
			continue
		}
		b, err := hex.DecodeString("04" + r.Key)
		must(err)
		remote, err := crypto.UnmarshalPubkey(b)
		must(err)
		fd, c := dialSession(r.Addr, remote, newKey())
		kept = append(kept, fd)
		c.SetSnappy(true)
		go func() {
			for {
				code, _, _, err := c.Read()
				if err != nil {
					return
				}
				if code == 2 { // a ping is answered, or the hub would take us for dead
					c.Write(3, []byte{0xc0})
				}
			}
		}()
	}
}

var kept []net.Conn
