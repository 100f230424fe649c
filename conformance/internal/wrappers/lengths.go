package wrappers

import (
	"context"
	"io"
	"math"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var wrapperLengths = suite.Case{
	Rule: "G2",
	Name: "wrapper-lengths",
	Why:  "a wrapper that trusts a service's number panics, or returns a part as the whole",
	Run:  readsOfLiar,
}

// readsOfLiar reads in every way over a store that reports wrong lengths.
func readsOfLiar(t suite.T, h *suite.H) {
	w := wrappedOf(t, h).by
	if w.mask.name != masks[0].name {
		t.Skipf("what a body reports does not depend on what the bucket below can do")
	}
	check.EachLiar(func(what string, l *check.Liar) {
		raw := driver.New(l)
		defer raw.Close()
		b := w.wrapped(t, w.innerOf(raw))
		defer b.Close()
		if b.Features().ReadOnly {
			t.Skipf("the bucket takes no files")
		}
		check.Put(t, b, "a", check.Content(1, check.LiarSize), nil)
		for e := range raw.List(t.Context(), "", nil) {
			if e.Size != check.LiarSize {
				t.Skipf("the wrapper stores other bytes than are put, and reports their " +
					"number itself")
			}
		}
		for how, read := range readings(t.Context(), b, "a") {
			check.WantFailure(t, how+" of "+what, read)
		}
	})
}

// readings returns all ways to read a whole file.
func readings(ctx context.Context, b files.Bucket, name string) map[string]func() error {
	opened := func(f func(r *files.Reader) error) func() error {
		return func() error {
			r, err := b.Get(ctx, name, nil)
			if err != nil {
				return err
			}
			defer r.Close()
			return f(r)
		}
	}
	return map[string]func() error{
		"ReadAll": func() error {
			_, err := files.ReadAll(ctx, b, name, nil)
			return err
		},
		"ReadJSON": func() error {
			_, err := files.ReadJSON[int](ctx, b, name, nil)
			return err
		},
		"Download": func() error {
			_, err := files.Download(ctx, b, name, io.Discard, nil)
			return err
		},
		"ReadN": opened(func(r *files.Reader) error {
			for {
				if _, err := r.ReadN(math.MaxInt); err != nil {
					return unlessEOF(err)
				}
			}
		}),
		"Chunks": opened(func(r *files.Reader) error {
			for _, err := range r.Chunks(math.MaxInt) {
				if err != nil {
					return err
				}
			}
			return nil
		}),
		"Read": opened(func(r *files.Reader) error {
			_, err := io.Copy(io.Discard, struct{ io.Reader }{r})
			return err
		}),
		"Copy": func() error {
			_, err := files.Copy(ctx, mem.New(nil), "copy", b, name, nil)
			return err
		},
	}
}

func unlessEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
