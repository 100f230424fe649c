package driver_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// failingPut is a backend whose Put reads the content, and then fails.
type failingPut struct {
	*mapdriver.Backend
	after func()
	err   error
}

func (f failingPut) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	io.Copy(io.Discard, req.Content)
	f.after()
	return files.Info{}, f.err
}

// TestPutErrors: of several reasons the caller gets the content's own failure, then the
// context's end, then the backend's error. A sentinel of the backend is kept, and
// ErrUncertain before all, because it says that the file may be there (P2).
func TestPutErrors(t *testing.T) {
	own, odd := errors.New("the content's"), errors.New("the SDK's")
	for what, c := range map[string]struct {
		content error
		end     bool
		err     error
		want    error
	}{
		"backend":              {err: odd, want: odd},
		"content":              {content: own, err: odd, want: own},
		"content and end":      {content: own, end: true, err: odd, want: own},
		"content and a reason": {content: own, err: files.ErrExist, want: own},
		"end":                  {end: true, err: odd, want: context.Canceled},
		"end and a reason":     {end: true, err: files.ErrExist, want: files.ErrExist},
		"uncertain":            {err: files.ErrUncertain, want: files.ErrUncertain},
		"uncertain, content":   {content: own, err: files.ErrUncertain, want: files.ErrUncertain},
		"uncertain, end":       {end: true, err: files.ErrUncertain, want: files.ErrUncertain},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		back := failingPut{Backend: mapdriver.New(), after: func() {}, err: c.err}
		if c.end {
			back.after = cancel
		}
		content := io.Reader(strings.NewReader("text"))
		if c.content != nil {
			content = io.MultiReader(content, iotest.ErrReader(c.content))
		}
		_, err := driver.New(back).Put(ctx, "a.txt", content, nil)
		cancel()
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
		for _, other := range []error{own, odd, context.Canceled} {
			if other != c.want && errors.Is(err, other) {
				t.Errorf("%s: %v is %v as well", what, err, other)
			}
		}
	}
}

// TestPutObserved: a function that observes a content's bytes is called for all of them,
// and if it panics, the caller gets the panic, nothing is stored, and the bucket works
// on (X2).
func TestPutObserved(t *testing.T) {
	store := driver.New(mapdriver.New())
	var passed int64
	panics := false
	b := files.Wrap(store, files.Hooks{
		Passed: func(_ context.Context, _ *files.Call, n int64) {
			if passed += n; panics {
				panic("boom")
			}
		},
	})
	put := func(content io.Reader) (value any, err error) {
		defer func() { value = recover() }()
		_, err = b.Put(t.Context(), "a.txt", content, nil)
		return nil, err
	}
	text := strings.Repeat("text", 100_000)
	for what, content := range map[string]func() io.Reader{
		"memory": func() io.Reader { return strings.NewReader(text) },
		"stream": func() io.Reader { return io.MultiReader(strings.NewReader(text)) },
	} {
		passed, panics = 0, true
		if value, err := put(content()); value != "boom" {
			t.Errorf("%s: Put panicked with %v, and returned %v, want boom", what, value, err)
		}
		if ok, err := files.Exists(t.Context(), store, "a.txt"); ok || err != nil {
			t.Errorf("%s: after the panic the file is there: %v, %v", what, ok, err)
		}
		passed, panics = 0, false
		if value, err := put(content()); value != nil || err != nil || passed != int64(len(text)) {
			t.Errorf("%s: %v, %v, and %d bytes passed, want %d", what, value, err, passed,
				len(text))
		}
		if err := b.Delete(t.Context(), "a.txt", nil); err != nil {
			t.Error(err)
		}
	}
}
