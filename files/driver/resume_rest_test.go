package driver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// restless is a backend whose first body breaks after some bytes, and whose later
// responses are changed.
type restless struct {
	*mapdriver.Backend
	opens  int
	first  func(o *driver.Object)
	change func(o *driver.Object) error
	closed int // bodies of later responses
}

func (b *restless) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	b.opens++
	o, err := b.Backend.Open(ctx, req)
	if err != nil {
		return o, err
	}
	if b.opens == 1 {
		cut := driver.WithCause(files.ErrUnavailable, io.ErrClosedPipe, "connection reset")
		o.Body = io.NopCloser(io.MultiReader(io.LimitReader(o.Body, 64), failing{cut}))
		if b.first != nil {
			b.first(&o)
		}
		return o, nil
	}
	o.Body = countedRest{o.Body, &b.closed}
	if err := b.change(&o); err != nil {
		o.Body.Close()
		return driver.Object{}, err
	}
	return o, nil
}

// countedRest counts how often a body is closed.
type countedRest struct {
	io.ReadCloser
	n *int
}

func (c countedRest) Close() error { *c.n++; return c.ReadCloser.Close() }

// TestResumeWrongRest: the rest of a file is taken only from a response that fits the
// first one; otherwise the read fails, and is never just shorter (G5).
func TestResumeWrongRest(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 100)
	for what, c := range map[string]struct {
		first  func(o *driver.Object)
		change func(o *driver.Object) error
		want   error
	}{
		"the rest": {change: func(*driver.Object) error { return nil }},
		"another length": {
			change: func(o *driver.Object) error { o.Length--; return nil },
			want:   files.ErrUnavailable,
		},
		"another offset": {
			change: func(o *driver.Object) error { o.Offset++; return nil },
			want:   files.ErrUnavailable,
		},
		"another size": {
			change: func(o *driver.Object) error { o.Info.Size++; return nil },
			want:   files.ErrUnavailable,
		},
		"no version": {
			change: func(o *driver.Object) error { o.Info.Version = ""; return nil },
			want:   files.ErrUnavailable,
		},
		"other version": {
			change: func(o *driver.Object) error { o.Info.Version += "x"; return nil },
			want:   files.ErrChanged,
		},
		"more before it": {
			change: func(o *driver.Object) error { o.Before = 1; return nil },
			want:   files.ErrUnavailable,
		},
		"no body": {
			change: func(o *driver.Object) error {
				o.Body.Close()
				o.Body = nil
				return nil
			},
			want: files.ErrUnavailable,
		},
		"it is gone": {
			change: func(*driver.Object) error {
				return fmt.Errorf("wrapped: %w", files.ErrNotExist)
			},
			want: files.ErrChanged,
		},
		"it was replaced": {
			change: func(*driver.Object) error {
				return fmt.Errorf("wrapped: %w", files.ErrPrecondition)
			},
			want: files.ErrChanged,
		},
		"no permission": {
			change: func(*driver.Object) error { return files.ErrPermission },
			want:   files.ErrPermission,
		},
		"there never was a version": {
			first:  func(o *driver.Object) { o.Info.Version = "" },
			change: func(o *driver.Object) error { o.Info.Version = ""; return nil },
			want:   files.ErrUnavailable,
		},
	} {
		back := &restless{Backend: mapdriver.New(), first: c.first, change: c.change}
		b := driver.New(back)
		if _, err := b.Put(t.Context(), "f", bytes.NewReader(content), nil); err != nil {
			t.Fatal(err)
		}
		r, err := b.Get(t.Context(), "f", nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.ReadAll()
		if c.want == nil && (err != nil || !bytes.Equal(got, content)) {
			t.Errorf("%s: %d bytes, %v", what, len(got), err)
		}
		if c.want != nil && (!errors.Is(err, c.want) || len(got) > 64) {
			t.Errorf("%s: %d bytes, %v, want %v and at most 64", what, len(got), err, c.want)
		}
		if err := r.Close(); err != nil {
			t.Errorf("%s: Close: %v", what, err)
		}
		requests := 2
		if c.first != nil {
			requests = 1
		}
		if c.want != nil && back.opens != requests {
			t.Errorf("%s: %d requests, want %d: another one wouldn't help", what, back.opens,
				requests)
		}
		if back.closed != back.opens-1 {
			t.Errorf("%s: %d of %d later bodies were closed", what, back.closed, back.opens-1)
		}
	}
}

// TestResumeAgain: a body that breaks again and again without a byte is opened five times,
// and as often again after each byte.
func TestResumeAgain(t *testing.T) {
	reset := driver.WithCause(files.ErrUnavailable, io.ErrClosedPipe, "connection reset")
	content := bytes.Repeat([]byte("0123456789"), 100)
	for comes, want := range map[int64]int{0: 6, 1: 1000 - 64 + 1} {
		back := &restless{
			Backend: mapdriver.New(),
			change: func(o *driver.Object) error {
				o.Body = struct {
					io.Reader
					io.Closer
				}{io.MultiReader(io.LimitReader(o.Body, comes), failing{reset}), o.Body}
				return nil
			},
		}
		b := driver.New(back)
		if _, err := b.Put(t.Context(), "f", bytes.NewReader(content), nil); err != nil {
			t.Fatal(err)
		}
		r, err := b.Get(t.Context(), "f", nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.ReadAll()
		r.Close()
		if comes == 0 && (!errors.Is(err, files.ErrUnavailable) || len(got) != 64) ||
			comes > 0 && (err != nil || !bytes.Equal(got, content)) || back.opens != want {
			t.Errorf("%d bytes each time: %d bytes in %d requests, %v; want %d requests", comes,
				len(got), back.opens, err, want)
		}
	}
}

// local is the body of a file of the machine.
type local struct{ io.ReadCloser }

func (local) Immediate() {}

// TestLocalBodyBreaks: the body of a file of the machine isn't opened again when it
// breaks.
func TestLocalBodyBreaks(t *testing.T) {
	back := &restless{
		Backend: mapdriver.New(),
		first:   func(o *driver.Object) { o.Body = local{o.Body} },
		change:  func(*driver.Object) error { return nil },
	}
	b := driver.New(back)
	content := bytes.Repeat([]byte("0123456789"), 100)
	if _, err := b.Put(t.Context(), "f", bytes.NewReader(content), nil); err != nil {
		t.Fatal(err)
	}
	r, err := b.Get(t.Context(), "f", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := r.ReadAll(); !errors.Is(err, files.ErrUnavailable) || len(got) != 64 ||
		back.opens != 1 {
		t.Errorf("%d bytes in %d requests, %v, want 64 in one, and ErrUnavailable", len(got),
			back.opens, err)
	}
}

// TestResumeRawKey: the body of an object outside the naming rule that has no version
// can't go on after a break, and says so after the bytes that came.
func TestResumeRawKey(t *testing.T) {
	for _, together := range []bool{false, true} {
		resumeRawKey(t, together)
	}
}

// resumeRawKey reads such an object; together: the error comes with the last bytes.
func resumeRawKey(t *testing.T, together bool) {
	t.Helper()
	content := bytes.Repeat([]byte("0123456789"), 100)
	back := &restless{
		Backend: mapdriver.New(),
		first: func(o *driver.Object) {
			o.Info.Version = ""
			if together {
				o.Body = io.NopCloser(iotest.DataErrReader(o.Body))
			}
		},
		change: func(*driver.Object) error { return nil },
	}
	b := driver.New(foreign{back})
	if _, err := b.Put(t.Context(), "f", bytes.NewReader(content), nil); err != nil {
		t.Fatal(err)
	}
	r, err := b.Get(t.Context(), "", &files.GetOptions{Key: "f"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := r.ReadAll()
	if !errors.Is(err, files.ErrUnavailable) || !bytes.Equal(got, content[:64]) ||
		back.opens != 1 || !strings.Contains(err.Error(), "no version") {
		t.Errorf("%d bytes in %d requests, %v, want 64, 1 and ErrUnavailable", len(got),
			back.opens, err)
	}
	if !b.Features().ReadConditions {
		t.Error("an object outside the naming rule has changed the features")
	}
}

// foreign is a backend with objects outside the naming rule.
type foreign struct{ *restless }

func (f foreign) Features() files.Features {
	all := f.restless.Features()
	all.ForeignKeys = true
	return all
}
