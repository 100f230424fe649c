package files_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"strings"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

var errOnce = errors.New("once")

// failsOnce is a bucket whose first bodies fail after some bytes.
func failsOnce(t *testing.T, text string, after int64, times int) files.Bucket {
	m := mem.New(nil)
	put(t, m, "a", text)
	return files.Wrap(m, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			if times--; times < 0 {
				return body
			}
			return io.MultiReader(io.LimitReader(body, after), iotest.ErrReader(errOnce))
		},
	})
}

// TestFSFileTriesAgain: after an error of a Read, the next Read continues at the same
// offset.
func TestFSFileTriesAgain(t *testing.T) {
	const text = "0123456789"
	for what, read := range map[string]func(f fs.File) ([]byte, error){
		"Read": func(f fs.File) ([]byte, error) { return io.ReadAll(f) },
		"one":  func(f fs.File) ([]byte, error) { return io.ReadAll(iotest.OneByteReader(f)) },
		"WriteTo": func(f fs.File) ([]byte, error) {
			var b strings.Builder
			_, err := f.(io.WriterTo).WriteTo(&b)
			return []byte(b.String()), err
		},
		"Seek": func(f fs.File) ([]byte, error) {
			if _, err := f.(io.Seeker).Seek(0, io.SeekCurrent); err != nil {
				return nil, err
			}
			return io.ReadAll(f)
		},
	} {
		f, err := files.FS(ctx, failsOnce(t, text, 3, 2), nil).Open("a")
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		failures := 0
		for range 5 {
			p, err := read(f)
			got = append(got, p...)
			if err == nil {
				break
			}
			is(t, err, errOnce)
			failures++
		}
		if string(got) != text || failures != 2 {
			t.Errorf("%s: %q behind %d failures, want %q behind 2", what, got, failures, text)
		}
		f.Close()
		if _, err := f.Read(make([]byte, 1)); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s: behind Close %v, want fs.ErrClosed", what, err)
		}
	}
}

// TestFSFileShortWriter: the next Read returns the bytes that a writer didn't take.
func TestFSFileShortWriter(t *testing.T) {
	f, err := files.FS(ctx, failsOnce(t, "0123456789", 0, 0), nil).Open("a")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, err := f.(io.WriterTo).WriteTo(&fewBytes{left: 4})
	if n != 4 || err == nil {
		t.Errorf("wrote %d, %v, want 4 and an error", n, err)
	}
	if rest, err := io.ReadAll(f); string(rest) != "456789" || err != nil {
		t.Errorf("then %q, %v", rest, err)
	}
}

type fewBytes struct{ left int }

func (w *fewBytes) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	if w.left -= n; n < len(p) {
		return n, errOnce
	}
	return n, nil
}

// TestFSDirTriesAgain: after an error of ReadDir, the next ReadDir continues after the
// last entry.
func TestFSDirTriesAgain(t *testing.T) {
	m := mem.New(nil)
	for _, name := range []string{"a", "b/x", "c", "d"} {
		put(t, m, name, "x")
	}
	fail := true
	b := files.Wrap(m, files.Hooks{
		List: func(ctx context.Context, _ *files.Call, o files.ListOptions,
			list func(context.Context,
				files.ListOptions) iter.Seq2[files.Entry, error]) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				n := 0
				for e, err := range list(ctx, o) {
					if n++; n == 3 && fail {
						fail = false
						yield(files.Entry{}, errOnce)
						return
					}
					if !yield(e, err) {
						return
					}
				}
			}
		},
	})
	for _, n := range []int{1, 2, 10, -1} {
		fail = true
		dir, err := files.FS(ctx, b, nil).Open(".")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		failures := 0
		for range 10 {
			list, err := dir.(fs.ReadDirFile).ReadDir(n)
			for _, e := range list {
				names = append(names, e.Name())
			}
			if err == io.EOF || err == nil && n < 0 {
				break
			}
			if err != nil {
				is(t, err, errOnce)
				failures++
			}
		}
		if strings.Join(names, " ") != "a b c d" || failures != 1 {
			t.Errorf("by %d: %q behind %d failures", n, names, failures)
		}
		dir.Close()
	}
}

// lists is a bucket that lists the given entries.
type lists struct {
	files.Bucket
	entries []files.Entry
}

func (l lists) List(context.Context, string, *files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		for _, e := range l.entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// TestFSLyingBucket: the view refuses a listing with an entry from elsewhere,
// or without an end, and names the entry.
func TestFSLyingBucket(t *testing.T) {
	for _, e := range []files.Entry{
		{Name: "/abs"},
		{Name: "../up"},
		{Name: ".."},
		{Name: "."},
		{Name: ""},
		{Name: "a/b"},
		{Name: "a//"},
		{Name: "./", IsDir: true},
		{Name: "../", IsDir: true},
		{Name: "/", IsDir: true},
		{Name: "", IsDir: true},
	} {
		view := files.FS(ctx, lists{mem.New(nil), []files.Entry{e}}, nil)
		err := fs.WalkDir(view, ".", func(_ string, _ fs.DirEntry, err error) error { return err })
		if !errors.Is(err, files.ErrInvalidName) {
			t.Errorf("%+v: WalkDir = %v, want ErrInvalidName", e, err)
		}
	}
}
