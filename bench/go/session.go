// What both ends of an RLPx session say before messages flow.
package main

import (
	"crypto/ecdsa"
	"fmt"
	"net"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/rlpx"
	"github.com/ethereum/go-ethereum/rlp"
)

// firstCode is where the only capability, bench/1, begins.
const firstCode = 0x10

var capability = p2p.Cap{Name: "bench", Version: 1}

type hello struct {
	Version    uint64
	Name       string
	Caps       []p2p.Cap
	ListenPort uint64
	ID         []byte
	Rest       []rlp.RawValue `rlp:"tail"`
}

func newKey() *ecdsa.PrivateKey {
	k, err := crypto.GenerateKey()
	must(err)
	return k
}

func publicBytes(k *ecdsa.PublicKey) []byte { return crypto.FromECDSAPub(k)[1:] }

func exchangeHello(c *rlpx.Conn, k *ecdsa.PrivateKey) {
	b, err := rlp.EncodeToBytes(&hello{5, "gobench", []p2p.Cap{capability}, 0, publicBytes(&k.PublicKey), nil})
	must(err)
	_, err = c.Write(0, b)
	must(err)
	code, b, _, err := c.Read()
	must(err)
	if code != 0 {
		panic(fmt.Sprintf("no Hello but %d %x", code, b))
	}
	var h hello
	must(rlp.DecodeBytes(b, &h))
}

// dialSession opens a connection and does both handshakes.
func dialSession(addr string, remote *ecdsa.PublicKey, k *ecdsa.PrivateKey) (net.Conn, *rlpx.Conn) {
	fd, err := net.Dial("tcp", addr)
	must(err)
	c := rlpx.NewConn(fd, remote)
	_, err = c.Handshake(k)
	must(err)
	exchangeHello(c, k)
	return fd, c
}

func acceptSession(fd net.Conn, k *ecdsa.PrivateKey) *rlpx.Conn {
	c := rlpx.NewConn(fd, nil)
	_, err := c.Handshake(k)
	must(err)
	exchangeHello(c, k)
	return c
}

func listen() net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	return l
}
