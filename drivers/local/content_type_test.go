package local

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The content type of another program's file is found by its first bytes, however long
// the file is, and a file that can't be read for that is an error (P6).
func TestContentTypeOfForeignFile(t *testing.T) {
	dir := memdir.New(t)
	var faulter crashfs.Faulter
	b := openOdd(t, crashfs.Wrap(fsys.OS(), faulter.Hook), dir)
	const html = "<!DOCTYPE html>"
	for _, c := range []struct {
		name, content, want string
	}{
		{"page.css", html, "text/css"},
		{"empty", "", "text/plain"},
		{"short", html, "text/html"},
		{"one less", html + strings.Repeat(" ", driver.SniffLen-len(html)-1), "text/html"},
		{"as much", html + strings.Repeat(" ", driver.SniffLen-len(html)), "text/html"},
		{"one more", html + strings.Repeat(" ", driver.SniffLen-len(html)+1), "text/html"},
		{"long", html + strings.Repeat(" ", 5*driver.SniffLen), "text/html"},
		{"binary", strings.Repeat("\x00\x01", driver.SniffLen), "application/octet-stream"},
	} {
		write(t, dir, c.name, c.content)
		got := stat(t, b, c.name).ContentType
		if media, _, _ := strings.Cut(got, ";"); media != c.want {
			t.Errorf("%s has the content type %q, want %s", c.name, got, c.want)
		}
		faulter.Fail(syscall.EIO, crashfs.ReadAt)
		info, err := b.Stat(t.Context(), c.name, nil)
		if named := c.name == "page.css"; named != (err == nil) ||
			!named && !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("Stat(%s) of a file that can't be read = %q, %v, want success: %v", c.name,
				info.ContentType, err, named)
		}
		faulter.Set(nil)
	}
}
