package all

import (
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
)

// quiet is the log of servers whose handshakes fail.
var quiet = log.New(io.Discard, "", 0)

// counting counts connections.
func counting(n *atomic.Int32) func(net.Conn, http.ConnState) {
	return func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			n.Add(1)
		}
	}
}
