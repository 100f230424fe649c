package cases

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putFailureCases = []suite.Case{
	{
		Rule:  "P2",
		Name:  "reader-fails",
		Why:   "content that ends in an error must not be stored",
		Needs: feature.Needs(feature.Atomic),
		Run:   readerFails,
	},
	{
		Rule:    "P2",
		Name:    "reader-fails-over",
		Why:     "a failed Put must leave the file that it was to replace",
		Needs:   feature.Needs(feature.Atomic),
		Largest: 3 << 20,
		Run:     readerFailsOver,
	},
	{
		Rule:  "P2",
		Name:  "data-with-error",
		Why:   "a Read that returns bytes together with an error must fail the Put",
		Needs: feature.Needs(feature.Atomic),
		Run:   dataWithError,
	},
	{
		Rule: "P2",
		Name: "eof-lookalikes",
		Why: "io.ErrUnexpectedEOF, and an error that wraps io.EOF, must fail the Put: " +
			"neither is an end of the content",
		Needs: feature.Needs(feature.Atomic),
		Run:   eofLookalikes,
	},
	{
		Rule:    "P2",
		Name:    "cancelled-midway",
		Why:     "a Put whose context ends must store nothing",
		Needs:   feature.Needs(feature.Atomic),
		Largest: 3 << 20,
		Run:     cancelMidway,
	},
	{
		Rule:    "P2",
		Name:    "broken-after-parts",
		Why:     "the parts of a failed upload must be removed: they are billed for ever",
		Needs:   feature.Needs(feature.Atomic),
		Long:    true,
		Largest: 20 << 20,
		Run:     brokenAfterParts,
	},
	{
		Rule: "P2",
		Name: "cancelled-at-end",
		Why: "a Put whose context ends with the last byte must report which file exists, the " +
			"old or the new one",
		Needs: feature.Needs(feature.Atomic),
		Run:   cancelAtEnd,
	},
	{
		Rule: "P2",
		Name: "deadline-midway",
		Why: "a Put whose deadline passes must store nothing, and errors.Is must match the " +
			"deadline's error",
		Needs: feature.Needs(feature.Atomic),
		Run:   deadlineMidway,
	},
	{
		Rule: "P2",
		Name: "committed",
		Why: "a Put that took place must not be reported as failed because its context ended " +
			"afterwards",
		Run: committedStays,
	},
	{
		Rule: "P2",
		Name: "put-after-failure",
		Why:  "a Put after a failed one of the same name must succeed",
		Run:  putAgain,
	},
}

// brokenPut makes a Put that must fail with want, over an old file and over none. It
// must change nothing.
func brokenPut(t suite.T, h *suite.H, what string, want error, do func(name string) error) {
	t.Helper()
	old := check.Content(77, 4000)
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{
			ContentType: "x/old",
			Metadata:    map[string]string{"old": "yes"},
		}
	}
	check.Put(t, h, "d/old", old, opts)
	before := check.Stat(t, h, "d/old")
	for _, name := range []string{"d/old", "d/new", "e/new"} {
		err := do(name)
		check.WantErr(t, fmt.Sprintf("Put(%q), %s", name, what), err, want)
		if e, ok := err.(*files.Error); ok {
			check.Same(t, "Op and Name of the error", [2]string{string(e.Op), e.Name},
				[2]string{"put", name})
		}
		check.WantMissing(t, h, "d/new")
		check.WantMissing(t, h, "e/new")
		check.WantContent(t, h, "d/old", old)
		check.Same(t, "Stat of the old file after "+what, check.Stat(t, h, "d/old"), before)
		check.WantOnly(t, h, "d/old")
	}
	h.Clean(t, what)
}

func readerFails(t suite.T, h *suite.H) {
	for _, at := range []int{0, 1, 511, 512, 513, 4096, 65536} {
		_, err := h.Put(t.Context(), "a.bin",
			check.Failing(check.Content(1, at), false, check.ErrReader), nil)
		check.WantErr(t, fmt.Sprintf("Put of a reader that fails after %d bytes", at), err,
			check.ErrReader)
		check.WantMissing(t, h, "a.bin")
	}
	check.WantOnly(t, h)
	h.Clean(t, "failed puts")
}

func readerFailsOver(t suite.T, h *suite.H) {
	for _, at := range []int{0, 1, 5000, 3 << 20} {
		brokenPut(t, h, fmt.Sprintf("the reader fails after %d bytes", at), check.ErrReader,
			func(name string) error {
				_, err := h.Put(t.Context(), name,
					check.Failing(check.Content(1, at), false, check.ErrReader), nil)
				return err
			})
	}
}

func dataWithError(t suite.T, h *suite.H) {
	for _, at := range []int{1, 512, 5000} {
		brokenPut(t, h, fmt.Sprintf("the reader returns the error with the last of %d bytes", at),
			check.ErrReader, func(name string) error {
				_, err := h.Put(t.Context(), name,
					check.Failing(check.Content(1, at), true, check.ErrReader), nil)
				return err
			})
		// Even if all bytes of a declared size have come, the error counts.
		brokenPut(t, h, "the error comes with the last byte of the declared size", check.ErrReader,
			func(name string) error {
				_, err := h.Put(t.Context(), name,
					check.Failing(check.Content(1, at), true, check.ErrReader),
					&files.PutOptions{Size: new(int64(at))})
				return err
			})
	}
}

func eofLookalikes(t suite.T, h *suite.H) {
	for _, e := range []error{io.ErrUnexpectedEOF, io.ErrClosedPipe, fmt.Errorf("stream: %w",
		io.EOF)} {
		brokenPut(t, h, fmt.Sprintf("the reader fails with %q", e), e, func(name string) error {
			_, err := h.Put(t.Context(), name, check.Failing(check.Content(1, 3000), false, e), nil)
			return err
		})
	}
}

func cancelMidway(t suite.T, h *suite.H) {
	for _, size := range uploadSizes {
		brokenPut(t, h, fmt.Sprintf("the context is cancelled in the middle of %d bytes", size),
			context.Canceled, func(name string) error {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				_, err := h.Put(ctx, name, check.Hook(check.Content(1, size), size/2, cancel), nil)
				return err
			})
	}
}

// brokenAfterParts breaks uploads after parts of the usual sizes have been sent.
func brokenAfterParts(t suite.T, h *suite.H) {
	const size = 20 << 20
	brokenPut(t, h, "the context is cancelled after 20 MiB", context.Canceled,
		func(name string) error {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := h.Put(ctx, name, check.Hook(check.Content(1, size), size-1000, cancel), nil)
			return err
		})
	brokenPut(t, h, "the reader fails after 20 MiB", check.ErrReader, func(name string) error {
		_, err := h.Put(t.Context(), name,
			check.Failing(check.Content(1, size), false, check.ErrReader), nil)
		return err
	})
}

func cancelAtEnd(t suite.T, h *suite.H) {
	old, c := check.Content(1, 1000), check.Content(2, 2000)
	for range 10 {
		check.Put(t, h, "a", old, nil)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := h.Put(ctx, "a", check.Hook(c, len(c), cancel), nil)
		cancel()
		switch {
		case err == nil:
			check.WantContent(t, h, "a", c)
		case errors.Is(err, files.ErrUncertain):
			if p, _ := check.Get(t, h, "a",
				nil); check.Diff(p, old) != "" && check.Diff(p, c) != "" {
				t.Errorf("after an uncertain Put the file is neither the old nor the new one")
			}
		default:
			check.WantErr(t, "Put whose context ends with the content", err, context.Canceled)
			check.WantContent(t, h, "a", old)
		}
	}
}

func deadlineMidway(t suite.T, h *suite.H) {
	brokenPut(t, h, "the deadline passes in the middle", context.DeadlineExceeded,
		func(name string) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			_, err := h.Put(ctx, name, check.Hook(check.Content(1, 5000), 2500, func() {
				<-ctx.Done()
			}), nil)
			return err
		})
}

func committedStays(t suite.T, h *suite.H) {
	for i := range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := h.Put(ctx, "a", check.Stream(check.Content(i, 100)), nil)
		cancel()
		if err != nil {
			t.Fatalf("Put: %v, want no error", err)
		}
		check.WantContent(t, h, "a", check.Content(i, 100))
	}
}

func putAgain(t suite.T, h *suite.H) {
	c := check.Content(1, 10_000)
	for i := range 5 {
		if _, err := h.Put(t.Context(), "d/a", check.Failing(c[:5000], false, check.ErrReader),
			nil); err == nil {
			t.Fatalf("Put of a failing reader: got no error, want one")
		}
		c := check.Content(i, 10_000)
		check.Put(t, h, "d/a", c, nil)
		check.WantContent(t, h, "d/a", c)
	}
	check.WantOnly(t, h, "d/a")
	h.Clean(t, "failed and good puts")
}
