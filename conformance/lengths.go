package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var lengthCases = []Case{
	{
		Rule: "G2",
		Name: "copied-from-a-liar",
		Why:  "a service's wrong length must not become a short file, nor end the program",
		Run:  copyFromLiar,
	},
	{
		Rule: "P10",
		Name: "boasted-size",
		Why:  "a size that somebody typed must not be allocated before the content is there",
		Run:  putBoasted,
	},
	{
		Rule: "P12",
		Name: "wrong-len",
		Why:  "content that tells a wrong length is stored as it is read, or not at all",
		Run:  putWrongLen,
	},
}

var wrapperLengths = Case{
	Rule: "G2",
	Name: "wrapper-lengths",
	Why:  "a wrapper that believes a service's number panics, or tells a part for the whole",
	Run:  readsOfLiar,
}

const liarSize = 2600

// liarLengths are what is told of the liarSize bytes that there are.
var liarLengths = []int64{
	-1, math.MinInt64, liarSize + 1, 1 << 40, math.MaxInt64 - 1, math.MaxInt64,
}

// liar is a store that tells a length of its own for every body.
type liar struct {
	memory
	told int64
	// size: of the file too, and not only of the body.
	size bool
}

func (l *liar) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	o, err := l.memory.Open(ctx, req)
	o.Length = l.told
	if l.size {
		o.Info.Size, o.Info.Digest = l.told, files.Digest{}
	}
	return o, err
}

func (l *liar) Copy(
	context.Context, driver.Backend, *driver.CopyRequest,
) (files.Info, error) {
	return files.Info{}, files.ErrUnsupported
}

// eachLiar hands over a store for each length and way of telling it.
func eachLiar(do func(what string, l *liar)) {
	for _, n := range liarLengths {
		for _, size := range []bool{false, true} {
			what := fmt.Sprintf("a body of %d bytes that is told to have %d", liarSize, n)
			if size {
				what = fmt.Sprintf("a file of %d bytes that is told to have %d", liarSize, n)
			}
			do(what, &liar{driver.Unwrap(mem.New(nil)).(memory), n, size})
		}
	}
}

// wantFailure wants an error, and no panic.
func wantFailure(t T, what string, f func() error) {
	t.Helper()
	if err, ok := calm(t, what, f); ok && err == nil {
		t.Errorf("%s: no error, want one", what)
	}
}

func copyFromLiar(t T, h *H) {
	old := content(2, 100)
	put(t, h, "old", old, nil)
	eachLiar(func(what string, l *liar) {
		src := driver.New(l)
		defer src.Close()
		put(t, src, "src", content(1, liarSize), nil)
		for _, dst := range []string{"old", "new"} {
			wantFailure(t, "Copy of "+what, func() error {
				_, err := files.Copy(t.Context(), h.Bucket, dst, src, "src", nil)
				return err
			})
			wantFailure(t, "Put of "+what, func() error {
				r, err := src.Get(t.Context(), "src", nil)
				if err != nil {
					return err
				}
				defer r.Close()
				_, err = h.Put(t.Context(), dst, r, nil)
				return err
			})
		}
	})
	wantOnly(t, h, "old")
	wantContent(t, h, "old", old)
	h.Clean(t, "copies from a store that tells wrong lengths")
}

// boasted are sizes that nothing holds.
var boasted = []int64{
	math.MaxInt64, math.MaxInt64 - 1, 1 << 62, 1 << 50, liarSize + 1, liarSize - 1,
}

func putBoasted(t T, h *H) {
	old := content(2, 100)
	put(t, h, "old", old, nil)
	for _, n := range boasted {
		for _, name := range []string{"old", "new"} {
			what := fmt.Sprintf("Put(%q) of %d bytes as %d", name, liarSize, n)
			err, ok := calm(t, what, func() error {
				_, err := h.Put(t.Context(), name, stream(content(1, liarSize)),
					&files.PutOptions{Size: &n})
				return err
			})
			if ok && !isAny(err, files.ErrCorrupt, files.ErrTooLarge) {
				t.Errorf("%s: got %s, want ErrCorrupt or ErrTooLarge", what, errText(err))
			}
		}
	}
	wantOnly(t, h, "old")
	wantContent(t, h, "old", old)
	h.Clean(t, "Puts of sizes that nothing holds")
}

// counted is content that tells a length of its own.
type counted struct {
	io.Reader
	n int
}

func (c *counted) Len() int { return c.n }

func putWrongLen(t T, h *H) {
	c := content(1, liarSize)
	for _, n := range []int{
		-1, math.MinInt, 0, 1, liarSize - 1, liarSize + 1, math.MaxInt / 2, math.MaxInt,
	} {
		what := fmt.Sprintf("Put of %d bytes whose Len is %d", liarSize, n)
		err, ok := calm(t, what, func() error {
			_, err := h.Put(t.Context(), "a", &counted{bytes.NewReader(c), n}, nil)
			return err
		})
		switch {
		case !ok:
		case err == nil:
			wantContent(t, h, "a", c)
			remove(t, h, "a")
		default:
			wantOnly(t, h)
		}
		h.Clean(t, what)
	}
}

// readsOfLiar reads in every way over a store that tells wrong lengths.
func readsOfLiar(t T, h *H) {
	w := h.harness.under
	if w.mask.name != masks[0].name {
		t.Skipf("what a body tells does not depend on what the bucket below can do")
	}
	eachLiar(func(what string, l *liar) {
		raw := driver.New(l)
		defer raw.Close()
		b := w.wrapped(t, w.innerOf(raw))
		defer b.Close()
		if b.Features().ReadOnly {
			t.Skipf("nothing can be put into the bucket")
		}
		put(t, b, "a", content(1, liarSize), nil)
		for e := range raw.List(t.Context(), "", nil) {
			if e.Size != liarSize {
				t.Skipf("the wrapper stores other bytes than it is given, and tells their " +
					"number itself")
			}
		}
		for how, read := range readings(t.Context(), b, "a") {
			wantFailure(t, how+" of "+what, read)
		}
	})
}

// readings are the ways to read a file whole.
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
