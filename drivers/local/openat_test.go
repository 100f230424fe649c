package local

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/files"
)

// A file is read at any offset through one descriptor, stays the version that was
// opened whatever is put or deleted, and is ErrChanged if another program wrote into it
// (G4, G10).
func TestOpenAt(t *testing.T) {
	b, dir := newBucket(t, nil)
	text := strings.Repeat("0123456789", 100_000)
	putIn(t, b, "f", text, nil)
	open := func(opts *files.OpenAtOptions) *files.File {
		f, err := files.OpenAt(t.Context(), b, "f", opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	check := func(f *files.File, off int64) {
		t.Helper()
		p := make([]byte, 1234)
		n, err := f.ReadAt(p, off)
		if err != nil || string(p[:n]) != text[off:off+1234] {
			t.Errorf("ReadAt(%d) = %d, %v, want the content", off, n, err)
		}
	}
	f := open(nil)
	check(f, 0)
	check(f, 777_777)
	putIn(t, b, "f", "other", nil)
	check(f, 500_001)
	if err := b.Delete(t.Context(), "f", nil); err != nil {
		t.Fatal(err)
	}
	check(f, 11)
	if requests, n := f.Counts(); requests != 0 || n != 0 {
		t.Errorf("Counts = %d, %d, want 0, 0", requests, n)
	}
	if got, err := f.ReadRanges(files.Last(3), files.Bytes(10, 2)); err != nil ||
		string(got[0]) != "789" || string(got[1]) != "01" {
		t.Errorf("ReadRanges = %q, %v, want \"789\" and \"01\"", got, err)
	}

	putIn(t, b, "f", text, nil)
	f, growing := open(nil), open(&files.OpenAtOptions{Growing: true})
	if err := appendTo(filepath.Join(dir, "f"), []byte("more")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(make([]byte, 10), 5); !errors.Is(err, files.ErrChanged) {
		t.Errorf("ReadAt of a file that grew = %v, want ErrChanged", err)
	}
	check(growing, 998_766)
	if err := os.Truncate(filepath.Join(dir, "f"), 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := growing.ReadAt(make([]byte, 10), 500_000); !errors.Is(err, files.ErrChanged) {
		t.Errorf("ReadAt of a file that was truncated = %v, want ErrChanged", err)
	}
}

// Concurrent reads at many offsets return the content until Close, and then ErrClosed.
func TestOpenAtTogether(t *testing.T) {
	b, _ := newBucket(t, nil)
	text := strings.Repeat("0123456789", 100_000)
	putIn(t, b, "f", text, nil)
	for range 20 {
		f, err := files.OpenAt(t.Context(), b, "f", nil)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		begun := make(chan struct{}, 8)
		for g := range int64(8) {
			wg.Go(func() {
				p := make([]byte, 5000)
				for off := g * 1000; ; off = (off + 77_770) % 990_000 {
					n, err := f.ReadAt(p, off)
					if errors.Is(err, files.ErrClosed) {
						return
					}
					if err != nil || string(p[:n]) != text[off:off+5000] {
						t.Errorf("ReadAt(%d) = %d, %v", off, n, err)
						return
					}
					select {
					case begun <- struct{}{}:
					default:
					}
				}
			})
		}
		<-begun
		f.Close()
		wg.Wait()
	}
}
