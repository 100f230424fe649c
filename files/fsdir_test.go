package files_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
	"testing"
	"testing/fstest"

	"cloudfiles.dev/files"
)

// TestFSUnordered: a bucket that lists without an order, here in reverse, has the same
// view.
func TestFSUnordered(t *testing.T) {
	inner, _ := fsBucket(t, "a", "a-", "a/b", "b/c", "c")
	b := fsUnordered{Bucket: inner}
	view := files.FS(t.Context(), b, &files.FSOptions{IgnoreHidden: true})
	if err := fstest.TestFS(view, "a", "a-", "b/c", "c"); err != nil {
		t.Error(err)
	}
	for n := 1; n < 6; n++ {
		d, err := view.Open(".")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for err == nil {
			var page []fs.DirEntry
			page, err = d.(fs.ReadDirFile).ReadDir(n)
			for _, e := range page {
				got = append(got, e.Name())
			}
		}
		if err != io.EOF || !slices.Equal(got, []string{"a", "a-", "b", "c"}) {
			t.Errorf("pages of %d: %q, %v", n, got, err)
		}
		d.Close()
	}
	b.fail = errors.New("the listing broke")
	for _, n := range []int{-1, 1, 9} {
		d, err := files.FS(t.Context(), b, nil).Open(".")
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for err == nil {
			var page []fs.DirEntry
			page, err = d.(fs.ReadDirFile).ReadDir(n)
			count += len(page)
		}
		if !errors.Is(err, b.fail) || count != 4 {
			t.Errorf("ReadDir(%d) of a listing that breaks = %d entries, %v, want %v and 4",
				n, count, err, b.fail)
		}
		d.Close()
	}
}

// fsUnordered lists in reverse, and then fails.
type fsUnordered struct {
	files.Bucket
	fail error
}

func (u fsUnordered) Features() files.Features {
	f := u.Bucket.Features()
	f.Ordered = false
	return f
}

func (u fsUnordered) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		var all []files.Entry
		for e, err := range u.Bucket.List(ctx, dir, opts) {
			if err != nil {
				yield(files.Entry{}, err)
				return
			}
			all = append(all, e)
		}
		for _, e := range slices.Backward(all) {
			if !yield(e, nil) {
				return
			}
		}
		if u.fail != nil {
			yield(files.Entry{}, u.fail)
		}
	}
}

// TestDoneOfFailedListing: Done gets the error that a listing ended with.
func TestDoneOfFailedListing(t *testing.T) {
	inner, _ := fsBucket(t, "a")
	var done error
	b := files.Wrap(fsUnordered{inner, errBroken}, files.Hooks{
		Done: func(_ context.Context, _ *files.Call, n int64, err error) {
			if done = err; n != 1 {
				t.Errorf("Done counts %d entries, want 1", n)
			}
		},
	})
	for _, err := range b.List(ctx, "", nil) {
		if err != nil {
			is(t, err, errBroken)
		}
	}
	is(t, done, errBroken)
}

// TestFSReadDirZero: ReadDir(0) reads all that is left, in order or not.
func TestFSReadDirZero(t *testing.T) {
	inner, _ := fsBucket(t, "a", "b", "c")
	for what, b := range map[string]files.Bucket{
		"ordered":   inner,
		"unordered": fsUnordered{Bucket: inner},
	} {
		d, err := files.FS(t.Context(), b, nil).Open(".")
		if err != nil {
			t.Fatal(err)
		}
		first, err := d.(fs.ReadDirFile).ReadDir(1)
		if err != nil || len(first) != 1 {
			t.Errorf("%s: ReadDir(1) = %v, %v", what, first, err)
		}
		rest, err := d.(fs.ReadDirFile).ReadDir(0)
		if err != nil || len(rest) != 2 {
			t.Errorf("%s: ReadDir(0) = %v, %v, want the two others", what, rest, err)
		}
		for n, want := range map[int]error{-1: nil, 0: nil, 1: io.EOF} {
			if none, err := d.(fs.ReadDirFile).ReadDir(n); err != want || len(none) != 0 {
				t.Errorf("%s: ReadDir(%d) at the end = %v, %v, want no entry and %v", what, n, none,
					err, want)
			}
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestFSDirClose: Close ends a listing, and leaves no goroutine.
func TestFSDirClose(t *testing.T) {
	inner, _ := fsBucket(t, "a", "b", "c")
	ended := false
	b := files.Wrap(inner, files.Hooks{
		Done: func(_ context.Context, c *files.Call, _ int64, _ error) {
			ended = ended || c.Op == files.OpList
		},
	})
	d, err := files.FS(t.Context(), b, nil).Open(".")
	if err != nil {
		t.Fatal(err)
	}
	if list, err := d.(fs.ReadDirFile).ReadDir(1); len(list) != 1 || err != nil || ended {
		t.Fatalf("ReadDir = %v, %v, %v, want len(list) 1, no error and false", list, err, ended)
	}
	if err := d.Close(); err != nil || !ended {
		t.Errorf("Close = %v, listing ended: %v, want no error and true", err, ended)
	}
	if _, err := d.(fs.ReadDirFile).ReadDir(1); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("ReadDir after Close = %v, want fs.ErrClosed", err)
	}
	if _, err := d.Stat(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Stat after Close = %v, want fs.ErrClosed", err)
	}
	if _, err := d.Read(make([]byte, 1)); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("Read of a directory = %v, want fs.ErrInvalid", err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("second Close = %v, want no error", err)
	}
}
