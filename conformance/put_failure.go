package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"cloudfiles.dev/files"
)

var putFailureCases = []Case{
	{
		Rule:  "P2",
		Name:  "reader-fails",
		Why:   "an upload that broke in the middle must not be stored as if it were whole",
		Needs: needs(atomicPuts),
		Run:   readerFails,
	},
	{
		Rule:    "P2",
		Name:    "reader-fails-over",
		Why:     "a failed upload must not destroy what it was to replace",
		Needs:   needs(atomicPuts),
		Largest: 3 << 20,
		Run:     readerFailsOver,
	},
	{
		Rule:  "P2",
		Name:  "data-with-error",
		Why:   "a Read may return its last bytes together with the error",
		Needs: needs(atomicPuts),
		Run:   dataWithError,
	},
	{
		Rule: "P2",
		Name: "eof-lookalikes",
		Why: "a cut connection is io.ErrUnexpectedEOF; an error that wraps io.EOF is a " +
			"failure: neither is an end",
		Needs: needs(atomicPuts),
		Run:   eofLookalikes,
	},
	{
		Rule:    "P2",
		Name:    "cancelled-midway",
		Why:     "a request that its user gave up must leave nothing",
		Needs:   needs(atomicPuts),
		Largest: 3 << 20,
		Run:     cancelMidway,
	},
	{
		Rule:    "P2",
		Name:    "broken-after-parts",
		Why:     "parts that were sent and are not the file must go: they are billed for ever",
		Needs:   needs(atomicPuts),
		Long:    true,
		Largest: 20 << 20,
		Run:     brokenAfterParts,
	},
	{
		Rule:  "P2",
		Name:  "cancelled-at-end",
		Why:   "a context that ends with the last byte: old or new, and the answer says which",
		Needs: needs(atomicPuts),
		Run:   cancelAtEnd,
	},
	{
		Rule:  "P2",
		Name:  "deadline-midway",
		Why:   "a deadline is a failure like others, and errors.Is finds it",
		Needs: needs(atomicPuts),
		Run:   deadlineMidway,
	},
	{
		Rule: "P2",
		Name: "committed",
		Why: "a Put that took place must not be reported as failed because the context ended " +
			"afterwards",
		Run: committedStays,
	},
	{
		Rule: "P2",
		Name: "again",
		Why:  "after a failure the same name must take a good upload",
		Run:  putAgain,
	},
}

var errReader = errors.New("the content's own failure")

// brokenPut does a Put that must fail with want, over an old file and over none, and
// must change nothing.
func brokenPut(t T, h *H, what string, want error, do func(name string) error) {
	t.Helper()
	old := content(77, 4000)
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{
			ContentType: "x/old",
			Metadata:    map[string]string{"old": "yes"},
		}
	}
	put(t, h, "d/old", old, opts)
	before := stat(t, h, "d/old")
	for _, name := range []string{"d/old", "d/new", "e/new"} {
		err := do(name)
		wantErr(t, fmt.Sprintf("Put(%q), %s", name, what), err, want)
		if e, ok := err.(*files.Error); ok {
			same(t, "Op and Name of the error", [2]string{string(e.Op), e.Name},
				[2]string{"put", name})
		}
		wantMissing(t, h, "d/new")
		wantMissing(t, h, "e/new")
		wantContent(t, h, "d/old", old)
		same(t, "Stat of the old file after "+what, stat(t, h, "d/old"), before)
		wantOnly(t, h, "d/old")
	}
	h.Clean(t, what)
}

func readerFails(t T, h *H) {
	for _, at := range []int{0, 1, 511, 512, 513, 4096, 65536} {
		_, err := h.Put(t.Context(), "a.bin", failing(content(1, at), false, errReader), nil)
		wantErr(t, fmt.Sprintf("Put of a reader that fails after %d bytes", at), err, errReader)
		wantMissing(t, h, "a.bin")
	}
	wantOnly(t, h)
	h.Clean(t, "failed puts")
}

func readerFailsOver(t T, h *H) {
	for _, at := range []int{0, 1, 5000, 3 << 20} {
		brokenPut(t, h, fmt.Sprintf("the reader fails after %d bytes", at), errReader,
			func(name string) error {
				_, err := h.Put(t.Context(), name, failing(content(1, at), false, errReader), nil)
				return err
			})
	}
}

func dataWithError(t T, h *H) {
	for _, at := range []int{1, 512, 5000} {
		brokenPut(t, h, fmt.Sprintf("the reader returns the error with the last of %d bytes", at),
			errReader, func(name string) error {
				_, err := h.Put(t.Context(), name, failing(content(1, at), true, errReader), nil)
				return err
			})
		// All bytes of a declared size have come: the error still is one.
		brokenPut(t, h, "the error comes with the last byte of the declared size", errReader,
			func(name string) error {
				_, err := h.Put(t.Context(), name, failing(content(1, at), true, errReader),
					&files.PutOptions{Size: ptr(int64(at))})
				return err
			})
	}
}

func eofLookalikes(t T, h *H) {
	for _, e := range []error{io.ErrUnexpectedEOF, io.ErrClosedPipe, fmt.Errorf("stream: %w",
		io.EOF)} {
		brokenPut(t, h, fmt.Sprintf("the reader fails with %q", e), e, func(name string) error {
			_, err := h.Put(t.Context(), name, failing(content(1, 3000), false, e), nil)
			return err
		})
	}
}

func cancelMidway(t T, h *H) {
	for _, size := range uploadSizes {
		brokenPut(t, h, fmt.Sprintf("the context is cancelled in the middle of %d bytes", size),
			context.Canceled, func(name string) error {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				_, err := h.Put(ctx, name, hook(content(1, size), size/2, cancel), nil)
				return err
			})
	}
}

// brokenAfterParts breaks uploads of which parts of the usual sizes are already with
// the service.
func brokenAfterParts(t T, h *H) {
	const size = 20 << 20
	brokenPut(t, h, "the context is cancelled behind 20 MiB", context.Canceled,
		func(name string) error {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := h.Put(ctx, name, hook(content(1, size), size-1000, cancel), nil)
			return err
		})
	brokenPut(t, h, "the reader fails behind 20 MiB", errReader, func(name string) error {
		_, err := h.Put(t.Context(), name, failing(content(1, size), false, errReader), nil)
		return err
	})
}

func cancelAtEnd(t T, h *H) {
	old, c := content(1, 1000), content(2, 2000)
	for range 10 {
		put(t, h, "a", old, nil)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := h.Put(ctx, "a", hook(c, len(c), cancel), nil)
		cancel()
		switch {
		case err == nil:
			wantContent(t, h, "a", c)
		case errors.Is(err, files.ErrUncertain):
			if p, _ := get(t, h, "a", nil); diff(p, old) != "" && diff(p, c) != "" {
				t.Errorf("after an uncertain Put the file is neither the old nor the new one")
			}
		default:
			wantErr(t, "Put whose context ends with the content", err, context.Canceled)
			wantContent(t, h, "a", old)
		}
	}
}

func deadlineMidway(t T, h *H) {
	brokenPut(t, h, "the deadline passes in the middle", context.DeadlineExceeded,
		func(name string) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			_, err := h.Put(ctx, name, hook(content(1, 5000), 2500, func() { <-ctx.Done() }), nil)
			return err
		})
}

func committedStays(t T, h *H) {
	for i := range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := h.Put(ctx, "a", stream(content(i, 100)), nil)
		cancel()
		if err != nil {
			t.Fatalf("Put: %v", err)
		}
		wantContent(t, h, "a", content(i, 100))
	}
}

func putAgain(t T, h *H) {
	c := content(1, 10_000)
	for i := range 5 {
		if _, err := h.Put(t.Context(), "d/a", failing(c[:5000], false, errReader),
			nil); err == nil {
			t.Fatalf("Put of a failing reader: no error")
		}
		c := content(i, 10_000)
		put(t, h, "d/a", c, nil)
		wantContent(t, h, "d/a", c)
	}
	wantOnly(t, h, "d/a")
	h.Clean(t, "failed and good puts")
}
