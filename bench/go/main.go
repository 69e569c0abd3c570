// Command gobench is go-ethereum's side of the benchmark: it reads one JSON request a line from standard input and
// answers with one JSON line. Both ends of a connection are in this process, so that GOMAXPROCS=1 means one core for both.
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
)

type request struct {
	Do       string
	Payload  []byte // base64 in JSON
	Snappy   bool
	Messages int
	Count    int
	InFlight int
	Peers    int
	Addr     string
	Key      string // public key of the hub, 128 hex digits; empty for plain sockets
}

type answer map[string]any

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// timed runs f and says how long it took by the clock and by the processor.
func timed(f func()) answer {
	cpu, start := cpuSeconds(), time.Now()
	f()
	return answer{"seconds": time.Since(start).Seconds(), "cpuSeconds": cpuSeconds() - cpu}
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "github.com/ethereum/go-ethereum" {
				return d.Version
			}
		}
	}
	return "unknown"
}

// main serves the layer named by the first argument: rlpx, server, or leaves.
func main() {
	layer := "rlpx"
	if len(os.Args) > 1 {
		layer = os.Args[1]
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	var bench *pair
	var crowd *hub
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		must(json.Unmarshal(line, &r))
		switch r.Do {
		case "describe":
			must(out.Encode(answer{"name": "go-ethereum " + layer, "version": version(), "runtime": runtime.Version() + " GOMAXPROCS=" + strconv.Itoa(runtime.GOMAXPROCS(0))}))
		case "throughput":
			if bench == nil {
				bench = newPair(layer)
			}
			if layer == "server" && !r.Snappy {
				must(out.Encode(answer{"unsupported": "p2p.Server always compresses"}))
			} else {
				must(out.Encode(bench.run(r)))
			}
		case "handshakes":
			if layer == "server" {
				must(out.Encode(answer{"unsupported": "its handshake is that of rlpx"}))
			} else {
				must(out.Encode(handshakes(r)))
			}
		case "hub":
			var where answer
			crowd, where = newHub(layer, r.Peers)
			must(out.Encode(where))
		case "broadcast":
			must(out.Encode(crowd.broadcast(r)))
		case "memory":
			memory(r, out, in)
		case "leaves":
			connectLeaves(r)
			must(out.Encode(answer{"connected": r.Peers}))
		default:
			must(out.Encode(answer{"unsupported": r.Do}))
		}
	}
}
