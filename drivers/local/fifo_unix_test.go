//go:build unix

package local

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/files"
)

// A FIFO is never opened (N5), since that would wake the program that waits for a
// reader, and end it with SIGPIPE. That holds if it has the name of a file, of a
// sidecar, or of a file in the control folder.
func TestNeverOpened(t *testing.T) {
	ctx := context.Background()
	for _, place := range []string{
		"fifo", "x.txt.attrs", "x.attrs", controlDir + "/" + versionFile, "%cf-l-x.txt",
	} {
		t.Run(place, func(t *testing.T) {
			b, dir := newBucket(t, nil)
			path := filepath.Join(dir, place)
			ok(t, os.MkdirAll(filepath.Dir(path), 0o777),
				os.WriteFile(filepath.Join(dir, "x.txt"), []byte("theirs"), 0o666),
				syscall.Mkfifo(path, 0o666))
			written := make(chan error, 1)
			go func() {
				f, err := os.OpenFile(path, os.O_WRONLY, 0)
				if err == nil {
					_, err = f.WriteString("for its reader")
					err = errors.Join(err, f.Close())
				}
				written <- err
			}()
			for range 20 { // so that the writer waits during one of them
				for _, name := range []string{place, "x.txt", "x", "x.attrs"} {
					if r, err := b.Get(ctx, name, nil); err == nil {
						r.Close()
					}
					b.Stat(ctx, name, nil)
					files.Exists(ctx, b, name)
				}
				for range b.List(ctx, "", &files.ListOptions{Foreign: true}) {
				}
				for range b.List(ctx, "", &files.ListOptions{Shallow: true}) {
				}
				files.Check(ctx, b)
			}
			if place == "fifo" {
				b.Delete(ctx, "fifo", nil)
				_, err := b.Put(ctx, "fifo", strings.NewReader("x"),
					&files.PutOptions{If: files.IfVersion("1-1")})
				wantErr(t, "Put", err, files.ErrPrecondition, dir)
			}
			f, err := os.Open(path)
			ok(t, err)
			defer f.Close()
			if s, err := io.ReadAll(f); string(s) != "for its reader" || err != nil {
				t.Errorf("the FIFO's reader gets %q, %v, want \"for its reader\"", s, err)
			}
			ok(t, <-written)
		})
	}
}
