//go:build unix

package local

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"cloudfiles.dev/files/driver"
)

// Links, FIFOs and sockets are not files, by any name, and no call waits for them (N5).
func TestWalkSpecialFiles(t *testing.T) {
	dir, err := os.MkdirTemp("", "w") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	write(t, dir, "file", "")
	write(t, dir, "folder/file", "")
	for _, name := range []string{
		"fifo", "fifo.attrs", "%cf-l-fifo2", "bad\xfffifo", "special/fifo.attrs",
	} {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777)
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"link":            "file",
		"link.attrs":      "file",
		"up":              "..",
		"loop":            "folder",
		"special/dead":    "nowhere",
		"%cf-e-x%2Eattrs": "file",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir) // a socket's path has at most about 100 bytes, so it is relative
	l, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	w := testWalker(linuxRules)
	for _, c := range []struct {
		req  driver.ListRequest
		want []string
	}{
		{driver.ListRequest{}, []string{"file", "folder/file"}},
		{driver.ListRequest{NamesOnly: true}, []string{"file", "folder/file"}},
		{driver.ListRequest{Shallow: true}, []string{"file", "folder/"}},
		{driver.ListRequest{Foreign: true}, []string{"file", "folder/file"}},
		{driver.ListRequest{Prefix: "loop/"}, nil},
		{driver.ListRequest{Prefix: "up/"}, nil},
		{driver.ListRequest{Prefix: "file/"}, nil},
		{driver.ListRequest{Prefix: "loop/", Foreign: true}, nil},
	} {
		if got := collect(t, w, openRoot(t, dir), c.req); !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %q, want %q", c.req, got, c.want)
		}
		if got := collect(t, w, &oddDir{openRoot(t, dir), "no/such"},
			c.req); !slices.Equal(got, c.want) {
			t.Errorf("%+v without types: got %q, want %q", c.req, got, c.want)
		}
	}
}
