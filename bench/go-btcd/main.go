// Command btcdbench is btcd's side of the case "addresses": its address manager adds and picks. It reads one JSON
// request a line from standard input and answers with one JSON line.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"github.com/btcsuite/btcd/addrmgr"
	"github.com/btcsuite/btcd/wire/v2"
)

const (
	perBook   = 10_000  // addresses that one book gets when adding is measured
	pickFrom  = 20_000  // addresses of the book that is picked from
	fullAt    = 200_000 // addresses that were added to the one that is full
	perSource = 50      // addresses told by one source
	goodEach  = 5       // every fifth of them was connected
)

type request struct {
	Do    string
	Count int
	Full  bool
}

type answer map[string]any

func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// timed runs f and says how long it took by the clock and by the processor.
func timed(f func()) answer {
	cpu, start := cpuSeconds(), time.Now()
	f()
	return answer{"seconds": time.Since(start).Seconds(), "cpuSeconds": cpuSeconds() - cpu}
}

// address and source are the same hosts that peerwire's side has.
func address(i int, now time.Time) *wire.NetAddressV2 {
	ip := []byte{byte(11 + i%80), byte(i >> 3), byte(i >> 11), byte(i)}
	return wire.NetAddressV2FromBytes(now, wire.SFNodeNetwork, ip, 30303)
}

func source(j int, now time.Time) *wire.NetAddressV2 {
	return wire.NetAddressV2FromBytes(now, wire.SFNodeNetwork, []byte{byte(11 + 7*j%80), byte(13 * j), 9, 9}, 30303)
}

// told is what one source tells.
type told struct {
	addresses []*wire.NetAddressV2
	source    *wire.NetAddressV2
}

// lists makes what sources tell of so many addresses from a number on.
func lists(from, count int) []told {
	now := time.Now()
	all := []told{}
	for i := from; i < from+count; i++ {
		if (i-from)%perSource == 0 {
			all = append(all, told{source: source(i/perSource, now)})
		}
		last := &all[len(all)-1]
		last.addresses = append(last.addresses, address(i, now))
	}
	return all
}

// addToFresh measures adding the first addresses to a book, and again to the next book.
func addToFresh(count int) answer {
	first := lists(0, perBook)
	runtime.GC()
	return timed(func() {
		var book *addrmgr.AddrManager
		for done := 0; done < count; done += perSource {
			if done%perBook == 0 {
				book = addrmgr.New("", nil)
			}
			one := first[done%perBook/perSource]
			book.AddAddresses(one.addresses[:min(perSource, count-done)], one.source)
		}
	})
}

// addToFull measures adding to a book whose buckets are full.
func addToFull(book *addrmgr.AddrManager, from, count int) answer {
	all := lists(from, count)
	runtime.GC()
	return timed(func() {
		for _, one := range all {
			book.AddAddresses(one.addresses, one.source)
		}
	})
}

// filled has so many addresses; every fifth was connected.
func filled(count int) *addrmgr.AddrManager {
	now := time.Now()
	book := addrmgr.New("", nil)
	for i := 0; i < count; i++ {
		a := address(i, now)
		book.AddAddress(a, source(i/perSource, now))
		if i%goodEach == 0 {
			book.Good(a)
		}
	}
	return book
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "github.com/btcsuite/btcd" {
				return d.Version
			}
		}
	}
	return "unknown"
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	var book, full *addrmgr.AddrManager
	next := fullAt
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			panic(err)
		}
		var a answer
		switch r.Do {
		case "describe":
			a = answer{"name": "btcd addrmgr", "version": version(), "runtime": runtime.Version() + " GOMAXPROCS=" + strconv.Itoa(runtime.GOMAXPROCS(0))}
		case "addresses-add":
			if r.Full && full == nil {
				full = filled(fullAt)
			}
			if r.Full {
				a = addToFull(full, next, r.Count)
				next += r.Count
			} else {
				a = addToFresh(r.Count)
			}
		case "addresses-pick":
			if book == nil {
				book = filled(pickFrom)
			}
			a = timed(func() {
				for i := 0; i < r.Count; i++ {
					if book.GetAddress() == nil {
						panic("nobody was picked")
					}
				}
			})
		default:
			a = answer{"unsupported": r.Do}
		}
		if err := out.Encode(a); err != nil {
			panic(err)
		}
	}
}
