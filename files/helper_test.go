package files_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

var ctx = context.Background()

func put(t testing.TB, b files.Bucket, name, text string) files.Info {
	t.Helper()
	info, err := files.PutString(ctx, b, name, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// has checks the file's content.
func has(t testing.TB, b files.Bucket, name, want string) {
	t.Helper()
	if got, err := files.ReadString(ctx, b, name, nil); err != nil || got != want {
		t.Errorf("%s holds %q, %v; want %q", name, got, err, want)
	}
}

func missing(t testing.TB, b files.Bucket, name string) {
	t.Helper()
	if ok, err := files.Exists(ctx, b, name); ok || err != nil {
		t.Errorf("%s: exists %v, %v, want false and no error", name, ok, err)
	}
}

// is checks the sentinel, and that the error is an *Error.
func is(t testing.TB, err, want error) {
	t.Helper()
	var e *files.Error
	if !errors.Is(err, want) || !errors.As(err, &e) {
		t.Errorf("error is %v (%T), want %v", err, err, want)
	}
}

// around is a bucket whose operations pass through f.
func around(b files.Bucket,
	f func(ctx context.Context, c *files.Call,
		next func(context.Context) error) error) files.Bucket {
	return files.Wrap(b, files.Hooks{Around: f})
}

// fixed is a bucket whose features are changed by f.
func fixed(f func(*files.Features)) files.Bucket {
	return files.Wrap(mem.New(nil), files.Hooks{Features: func(x files.Features) files.Features {
		f(&x)
		return x
	}})
}

// broken reads a text and then fails.
type broken struct {
	text string
	err  error
}

func (b *broken) Read(p []byte) (int, error) {
	if b.text == "" {
		return 0, b.err
	}
	n := copy(p, b.text)
	b.text = b.text[n:]
	return n, nil
}

var _ io.Reader = &broken{}

// failingLists is a bucket whose listings are only an error.
type failingLists struct{ files.Bucket }

func (f *failingLists) List(context.Context, string,
	*files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) { yield(files.Entry{}, errBroken) }
}

// failingList is a bucket whose listings break after the first entry.
type failingList struct{ files.Bucket }

func (f *failingList) List(ctx context.Context, dir string,
	o *files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		for e, err := range f.Bucket.List(ctx, dir, o) {
			if yield(e, err) {
				yield(files.Entry{}, errBroken)
			}
			return
		}
	}
}
