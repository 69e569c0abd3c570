// Connections set up one after another or some at once: TCP, the encryption handshake, and Hello both ways.
package main

import (
	"crypto/ecdsa"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

func handshakes(r request) answer {
	key := newKey()
	l := listen()
	defer l.Close()
	go func() {
		for {
			fd, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				acceptSession(fd, key)
				io.Copy(io.Discard, fd)
				fd.Close()
			}()
		}
	}()
	keys := make([]*ecdsa.PrivateKey, 64)
	for i := range keys {
		keys[i] = newKey()
	}
	var next int64
	return timed(func() {
		var all sync.WaitGroup
		for w := 0; w < max(1, r.InFlight); w++ {
			all.Add(1)
			go func() {
				defer all.Done()
				for i := atomic.AddInt64(&next, 1); i <= int64(r.Count); i = atomic.AddInt64(&next, 1) {
					fd, _ := dialSession(l.Addr().String(), &key.PublicKey, keys[i%64])
					// A reset leaves no port in TIME_WAIT, of which a long run would have too many.
					fd.(*net.TCPConn).SetLinger(0)
					fd.Close()
				}
			}()
		}
		all.Wait()
	})
}
