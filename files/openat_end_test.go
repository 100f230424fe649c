package files_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestFileEndsWithItsContext: when the context of a File ends, each read ends, also one
// that waits for a request which doesn't notice, and returns no bytes. What is in memory
// isn't returned either.
func TestFileEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemote(t)
		r.put(t, "f", randomBytes(4<<20))
		for what, before := range map[string]func(*files.File){
			"blocks": func(*files.File) {},
			"blocks that another read fetches": func(f *files.File) {
				go f.ReadAt(make([]byte, 10), 2<<20)
				synctest.Wait()
			},
			"a stream that another read opens": func(f *files.File) {
				go func() {
					for off := int64(1 << 20); off < 2<<20+100; off += 16 << 10 {
						f.ReadAt(make([]byte, 16<<10), off)
					}
				}()
				synctest.Wait()
			},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			f, err := files.OpenAt(ctx, r, "f", nil)
			if err != nil {
				t.Fatal(err)
			}
			free := make(chan struct{})
			r.opening = func(ctx context.Context, _ *files.Call) error {
				<-free // whatever ends
				return ctx.Err()
			}
			before(f)
			var wg sync.WaitGroup
			wg.Go(func() {
				n, err := f.ReadAt(make([]byte, 10), 2<<20)
				if n != 0 || !errors.Is(err, context.Canceled) {
					t.Errorf("%s: ReadAt = %d, %v, want 0 and context.Canceled", what, n, err)
				}
			})
			synctest.Wait()
			cancel()
			wg.Wait()
			close(free)
			synctest.Wait()
			r.opening = nil
			for what, read := range map[string]func() (int, error){
				"ReadAt": func() (int, error) { return f.ReadAt(make([]byte, 1), 0) },
				"Read":   func() (int, error) { return f.Read(make([]byte, 1)) },
				"ReadRanges": func() (int, error) {
					p, err := f.ReadRanges(files.Bytes(0, 1))
					return len(p), err
				},
			} {
				if n, err := read(); n != 0 || !errors.Is(err, context.Canceled) {
					t.Errorf("%s after the end = %d, %v, want 0 and context.Canceled", what, n, err)
				}
			}
			f.Close()
		}
	})
}

// reporting is a bucket whose file has bodies of a length of their own, and that counts
// the bodies which are open.
func reporting(info func() files.Info, body func(o files.GetOptions) (off, n int64),
	open *int) files.Bucket {
	return &answering{mem.New(nil), func(ctx context.Context,
		o files.GetOptions) (*files.Reader, error) {
		*open++
		off, n := body(o)
		return driver.NewReader(ctx, driver.ReaderConfig{
			Info:    info(),
			Offset:  off,
			Length:  n,
			Body:    io.NopCloser(bytes.NewReader(make([]byte, n))),
			OnClose: func() { *open-- },
		}), nil
	}}
}

// TestBodyShorterThanTheFile: a body of the whole file that is even a byte shorter than
// the size that came with it is ErrCorrupt.
func TestBodyShorterThanTheFile(t *testing.T) {
	for _, size := range []int64{10, 100_000} {
		for _, short := range []int64{1, 7} {
			info := func() files.Info {
				return files.Info{Entry: files.Entry{Size: size, Version: "v"}}
			}
			open := 0
			b := reporting(info, func(files.GetOptions) (int64, int64) {
				return 0, size - short
			}, &open)
			f, err := files.FS(ctx, b, nil).Open("f")
			if err != nil {
				t.Fatal(err)
			}
			p, err := io.ReadAll(f)
			if !errors.Is(err, files.ErrCorrupt) {
				t.Errorf("%d bytes of %d: %v, want ErrCorrupt", len(p), size, err)
			}
			want := fmt.Sprintf("ended %d bytes early", short)
			if err != nil && !strings.Contains(detail(err), want) {
				t.Errorf("%d bytes of %d: %+v, want %q", len(p), size, err, want)
			}
			if n, again := f.Read(make([]byte, 1)); n != 0 || !errors.Is(again, files.ErrCorrupt) {
				t.Errorf("the next Read = %d, %v, want the same error", n, again)
			}
			f.Close()
			if open != 0 {
				t.Errorf("%d bodies are open", open)
			}
		}
	}
}

// detail returns the Detail of an *Error.
func detail(err error) string {
	if e, ok := errors.AsType[*files.Error](err); ok {
		return e.Detail
	}
	return ""
}

// TestRefusedResponsesAreClosed: a response that is of another version, of another size or
// of other bytes than were requested is refused, and its body is closed.
func TestRefusedResponsesAreClosed(t *testing.T) {
	const size = 4 << 20
	type opened = files.Info
	for what, c := range map[string]struct {
		later opened
		shift int64
		less  int64
		want  error
	}{
		"version": {opened{Entry: files.Entry{Size: size, Version: "w"}}, 0, 0, files.ErrChanged},
		"size": {opened{Entry: files.Entry{Size: size + 1, Version: "v"}}, 0, 0,
			files.ErrChanged},
		"place":  {opened{Entry: files.Entry{Size: size, Version: "v"}}, 1, 0, files.ErrCorrupt},
		"length": {opened{Entry: files.Entry{Size: size, Version: "v"}}, 0, 1, files.ErrCorrupt},
	} {
		now := opened{Entry: files.Entry{Size: size, Version: "v"}}
		var open int
		later := false
		b := reporting(func() files.Info { return now }, func(o files.GetOptions) (off, n int64) {
			if off, n = o.Range.Resolve(size); later {
				off, n = off+c.shift, n-c.less
			}
			return off, n
		}, &open)
		f := openAt(t, b, "f", nil)
		now, later = c.later, true
		if n, err := f.ReadAt(make([]byte, 10), size/2); n != 0 || !errors.Is(err, c.want) {
			t.Errorf("%s: ReadAt = %d, %v, want 0 and %v", what, n, err, c.want)
		}
		if open != 0 {
			t.Errorf("%s: %d bodies are open", what, open)
		}
	}
}

// TestCountsAfterClose: Close changes nothing of what a File has counted, however often
// it is called.
func TestCountsAfterClose(t *testing.T) {
	const size = 1 << 20
	f := openAt(t, resumedBodies(size), "f", nil)
	p := make([]byte, 16<<10)
	for off := int64(200 << 10); off < 400<<10; off += int64(len(p)) { // opens a stream
		if _, err := f.ReadAt(p, off); err != nil {
			t.Fatal(err)
		}
	}
	requests, n := f.Counts()
	for range 2 {
		f.Close()
		if r, m := f.Counts(); r != requests || m != n {
			t.Errorf("Counts = %d, %d after Close, and %d, %d before", r, m, requests, n)
		}
	}
}

// TestReadOfNoBytes: a Read of no bytes returns no error while there are bytes to read,
// and io.EOF at the end, for each kind of reader.
func TestReadOfNoBytes(t *testing.T) {
	r, direct := newRemote(t), mem.New(nil)
	for _, b := range []files.Bucket{r, direct} {
		for _, text := range []string{"", "text"} {
			put(t, b, "f", text)
			get, err := b.Get(ctx, "f", nil)
			if err != nil {
				t.Fatal(err)
			}
			for what, f := range map[string]io.ReadCloser{
				"Reader":  get,
				"File":    openAt(t, b, "f", nil),
				"fs.File": openFS(t, b, "f"),
			} {
				for range 2 {
					if n, err := f.Read(nil); n != 0 || text != "" && err != nil ||
						text == "" && err != io.EOF {
						t.Errorf("%s of %q: a Read of no bytes = %d, %v", what, text, n, err)
					}
				}
				if p, err := io.ReadAll(f); string(p) != text || err != nil {
					t.Errorf("%s of %q: ReadAll = %q, %v", what, text, p, err)
				}
				if n, err := f.Read(nil); n != 0 || err != io.EOF {
					t.Errorf("%s of %q: a Read of no bytes at the end = %d, %v, want io.EOF", what,
						text, n, err)
				}
				f.Close()
			}
		}
	}
}

// TestCorruptUntilASeek: a File whose content doesn't match its digest returns ErrCorrupt
// from every Read, until a Seek to another place.
func TestCorruptUntilASeek(t *testing.T) {
	inner := mem.New(nil)
	put(t, inner, "f", strings.Repeat("x", 300_000))
	f := openFS(t, damaged(inner), "f")
	if _, err := io.ReadAll(f); !errors.Is(err, files.ErrCorrupt) {
		t.Errorf("ReadAll = %v, want ErrCorrupt", err)
	}
	for range 2 {
		if n, err := f.Read(make([]byte, 9)); n != 0 || !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("Read = %d, %v, want 0 and ErrCorrupt", n, err)
		}
		if _, err := f.Seek(0, io.SeekCurrent); err != nil {
			t.Errorf("Seek to where it is: %v", err)
		}
	}
	f.Seek(1, io.SeekStart)
	if n, err := f.Read(make([]byte, 2)); n != 2 || err != nil {
		t.Errorf("Read after a Seek = %d, %v, want 2 and no error", n, err)
	}
}
