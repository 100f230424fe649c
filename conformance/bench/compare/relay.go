package main

import (
	"net"
	"sync"
	"time"
)

// link is the network path between the peers and the server.
type link struct {
	name string
	rtt  time.Duration
	rate float64 // bytes per second, for each connection and direction; 0 is no limit
}

var links = []link{
	{name: "loopback"},
	{
		name: "20 ms",
		rtt:  20 * time.Millisecond,
		rate: 40e6,
	},
	{
		name: "80 ms",
		rtt:  80 * time.Millisecond,
		rate: 40e6,
	},
}

// relay simulates a link to one server. For a loopback link addr is the target itself.
type relay struct {
	addr     string
	listener net.Listener
}

// newRelay listens on a free port of the loopback interface and passes each connection
// on to the target, a host and port.
func newRelay(target string, l link) (*relay, error) {
	if l.rtt == 0 && l.rate == 0 {
		return &relay{addr: target}, nil
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // the relay was closed
			}
			go pass(client, target, l)
		}
	}()
	return &relay{
		addr:     listener.Addr().String(),
		listener: listener,
	}, nil
}

// close stops listening. Connections end when one of their sides closes.
func (r *relay) close() {
	if r.listener != nil {
		r.listener.Close()
	}
}

// pass connects a client with the target until either side closes.
func pass(client net.Conn, target string, l link) {
	server, err := net.Dial("tcp", target)
	if err != nil {
		client.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { oneWay(server, client, l) })
	both.Go(func() { oneWay(client, server, l) })
	both.Wait()
	client.Close()
	server.Close()
}

const (
	// chunkSize is how much the relay reads at once. A chunk takes 0.8 ms at 40 MB/s,
	// which is too short for a sleep, so the times of chunks are added up.
	chunkSize = 32 << 10
	// shortest is the shortest sleep. A shorter one would err by more than its length.
	shortest = time.Millisecond
)

var chunks = sync.Pool{New: func() any { return new([chunkSize]byte) }}

// chunk holds bytes that were read at once, and the time at which they arrive.
type chunk struct {
	p   *[chunkSize]byte
	n   int
	due time.Time
}

// oneWay copies from src to dst. The first goroutine keeps the rate, the second the
// delay. The queue between them holds the bytes on the way, which are at most the rate
// times the delay, and a few chunks.
func oneWay(dst, src net.Conn, l link) {
	delay := l.rtt / 2
	onTheWay := make(chan chunk, 8+int(l.rate*delay.Seconds())/chunkSize)
	go func() {
		defer close(onTheWay)
		free := time.Now() // when the link has sent all earlier bytes
		for {
			p := chunks.Get().(*[chunkSize]byte)
			n, err := src.Read(p[:])
			if n > 0 {
				if now := time.Now(); free.Before(now) {
					free = now
				}
				if l.rate > 0 {
					free = free.Add(time.Duration(float64(n) / l.rate * float64(time.Second)))
				}
				if wait := time.Until(free); wait > shortest {
					time.Sleep(wait)
				}
				onTheWay <- chunk{
					p:   p,
					n:   n,
					due: free.Add(delay),
				}
			}
			if err != nil {
				return
			}
		}
	}()
	broken := false
	for c := range onTheWay {
		if !broken {
			time.Sleep(time.Until(c.due))
			if _, err := dst.Write(c.p[:c.n]); err != nil {
				broken = true
				src.Close() // ends the first goroutine
			}
		}
		chunks.Put(c.p)
	}
	if half, ok := dst.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}
