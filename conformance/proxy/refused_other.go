//go:build !unix

package proxy

import "net"

// Refused returns the URL of a port of the loopback interface on which nothing
// listens.
func Refused(t T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("proxy: %v", err)
	}
	l.Close()
	return "http://" + l.Addr().String()
}
