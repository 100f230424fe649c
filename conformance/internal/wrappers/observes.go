package wrappers

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var wrapperObserves = suite.Case{
	Rule: "P10",
	Name: "wrapper-observes",
	Why: "a wrapper that hides a content's size, or that it can be rewound, turns one " +
		"request into an upload in parts, and a fault that a retry fixes into a failure",
	Run: keepsContents,
}

// keepsContents puts contents of known size through a wrapper that only observes. They
// must reach the store with their size, and a retry above or below the wrapper must be
// able to rewind them.
func keepsContents(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	switch {
	case !u.by.o.Observes:
		t.Skipf("the wrapper does more than observe (WrapperOptions.Observes)")
	case u.outer.Features().ReadOnly:
		t.Skipf("the bucket takes no files")
	}
	const n = 3000
	c := check.Content(1, n)
	f, err := os.CreateTemp("", "")
	if err != nil {
		t.Fatalf("temporary file: %v", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write(c); err != nil {
		t.Fatalf("temporary file: %v", err)
	}
	known := map[string]func() io.ReadSeeker{
		"a bytes.Reader":   func() io.ReadSeeker { return bytes.NewReader(c) },
		"a strings.Reader": func() io.ReadSeeker { return strings.NewReader(string(c)) },
		"an os.File":       func() io.ReadSeeker { return f },
	}
	above := repeating(u.outer)
	below := u.by.wrapped(t, repeating(u.inner))
	defer below.Close()
	for what, content := range known {
		for where, b := range map[string]files.Bucket{
			"":                      u.outer,
			" and a retry above it": above,
			" and a retry below it": below,
		} {
			r := content()
			if _, err := r.Seek(0, io.SeekStart); err != nil {
				t.Fatalf("Seek: %v", err)
			}
			attempts := 1
			if where != "" {
				attempts = 2
				u.store.failPuts.Store(1)
			}
			u.store.sent()
			_, err := b.Put(t.Context(), "d/a.txt", r, nil)
			u.store.failPuts.Store(0)
			sizes := u.store.sent()
			if err != nil {
				t.Errorf("Put of %s through the wrapper%s: %v, want no error after the retry of a "+
					"failure in its middle", what, where, err)
				continue
			}
			if want := slices.Repeat([]int64{n}, attempts); !slices.Equal(sizes, want) {
				t.Errorf("Put of %s, %d bytes, through the wrapper%s: the inner bucket got "+
					"Puts of "+
					"the sizes %v, want %v (-1 is an unknown size)", what, n, where, sizes,
					want)
			}
			check.WantContent(t, h, "d/a.txt", c)
		}
	}
}

// repeating retries a failed Put once, as package retry does.
func repeating(b files.Bucket) files.Bucket {
	return files.Wrap(b, files.Hooks{Around: func(ctx context.Context, c *files.Call,
		next func(context.Context) error) error {
		s, ok := c.Content.(io.Seeker)
		if !ok {
			return next(ctx)
		}
		at, err := s.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		if err := next(ctx); files.KindOf(err) != files.ErrUnavailable {
			return err
		}
		if _, err := s.Seek(at, io.SeekStart); err != nil {
			return err
		}
		return next(ctx)
	}})
}
