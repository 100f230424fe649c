//go:build unix

package proxy

import (
	"fmt"
	"syscall"
)

// Refused returns the URL of a port of the loopback interface on which nothing
// listens. The port stays taken until the test ends, so that no other server gets it.
func Refused(t T) string {
	t.Helper()
	s, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatalf("proxy: %v", err)
	}
	t.Cleanup(func() { syscall.Close(s) })
	syscall.CloseOnExec(s)
	// A socket that is bound but doesn't listen holds its port and refuses
	// connections.
	if err := syscall.Bind(s, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatalf("proxy: %v", err)
	}
	addr, err := syscall.Getsockname(s)
	if err != nil {
		t.Fatalf("proxy: %v", err)
	}
	return fmt.Sprintf("http://127.0.0.1:%d", addr.(*syscall.SockaddrInet4).Port)
}
