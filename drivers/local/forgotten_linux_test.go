package local

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The file of a body that was never closed is closed when the body is unreachable.
func TestForgottenBodies(t *testing.T) {
	b, _ := newBucket(t, nil)
	putIn(t, b, "a", "content", nil)
	count := func() int {
		fds, err := os.ReadDir("/proc/self/fd")
		ok(t, err)
		return len(fds)
	}
	before := count()
	for range 500 {
		_, err := b.Get(t.Context(), "a", nil)
		ok(t, err)
	}
	end := time.Now().Add(10 * time.Second)
	for count() > before+5 {
		if time.Now().After(end) {
			t.Fatalf("%d descriptors are open, %d were before", count(), before)
		}
		runtime.GC()
	}
}

// What a bucket that was never closed has open, locked and in the control folder is
// released when the bucket is unreachable, like the descriptor of an os.File.
func TestForgottenBuckets(t *testing.T) {
	dir := t.TempDir()
	up, err := Open(dir, &Options{NoSync: true})
	ok(t, err)
	defer up.Close()
	putIn(t, up, "up", "content", nil)
	before := descriptors(t)
	func() {
		for i := range 30 {
			b, err := Open(filepath.Join(dir, "d"), &Options{NoSync: true, CreateDir: true})
			ok(t, err)
			putIn(t, b, fmt.Sprint(i%3), "content", &files.PutOptions{Attributes: someAttributes})
			if got := listed(t, b); len(got) == 0 { // a page is kept
				t.Fatal("List yields nothing")
			}
			if i == 0 {
				if _, err := b.Get(t.Context(), "0", nil); err != nil {
					t.Fatal(err)
				}
			}
		}
	}()
	sessions := func() []string {
		left, err := filepath.Glob(filepath.Join(dir, "d", controlDir, stagingMark+"*"))
		ok(t, err)
		return left
	}
	end := time.Now().Add(30 * time.Second)
	for descriptors(t) > before || len(sessions()) > 0 {
		if time.Now().After(end) {
			t.Fatalf("%d descriptors are open, %d were before; %d staging folders are left",
				descriptors(t), before, len(sessions()))
		}
		runtime.GC()
	}
	// The folder is no longer claimed, so it is removed with its last file.
	_, err = files.DeleteDir(t.Context(), up, "d")
	ok(t, err)
}

// A bucket that is no longer reachable isn't released during a call of one of its
// methods.
func TestForgottenMeanwhile(t *testing.T) {
	dir := t.TempDir()
	content := bytes.Repeat([]byte("x"), 3*pieceSize)
	for range 20 {
		b, err := open(dir, &Options{NoSync: true}, fsys.OS())
		ok(t, err)
		info, err := driver.New(b).Put(t.Context(), "a", collecting{bytes.NewReader(content)}, nil)
		if err != nil || info.Size != int64(len(content)) {
			t.Fatalf("Put = %+v, %v, want %d bytes", info.Entry, err, len(content))
		}
	}
}

// collecting collects garbage at every Read.
type collecting struct{ io.Reader }

func (r collecting) Read(p []byte) (int, error) {
	runtime.GC()
	return r.Reader.Read(p)
}
