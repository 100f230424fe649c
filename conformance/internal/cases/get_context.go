package cases

import (
	"context"
	"io"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var getContextCases = []suite.Case{
	{
		Rule:    "G9",
		Name:    "cancelled",
		Why:     "a download must end when its context ends",
		Largest: 3 << 20,
		Run:     readerCancelled,
	},
	{
		Rule: "G9",
		Name: "cancelled-blocked",
		Why:  "a Read that waits for bytes must end when its context ends",
		Run:  readerCancelledBlocked,
	},
	{
		Rule: "G9",
		Name: "deadline",
		Why:  "a deadline must end the body's reads too",
		Run:  readerDeadline,
	},
	{
		Rule: "G9",
		Name: "cancelled-after-close",
		Why:  "a context that ends after the body was closed must have no effect",
		Run:  readerCancelledLater,
	},
}

func readerCancelled(t suite.T, h *suite.H) {
	for _, n := range []int{100, 3 << 20} {
		check.Put(t, h, "a", check.Content(1, n), nil)
		for _, first := range []int{0, 10} {
			ctx, cancel := context.WithCancel(t.Context())
			r, err := h.Get(ctx, "a", nil)
			if err != nil {
				t.Fatalf("Get: %v, want no error", err)
			}
			if _, err := r.ReadN(first); err != nil {
				t.Errorf("ReadN: %v, want no error", err)
			}
			cancel()
			got, err := r.Read(make([]byte, 10))
			check.WantErr(t, "Read after the context was cancelled", err, context.Canceled)
			if got != 0 {
				t.Errorf("Read after the context was cancelled returns %d bytes with the "+
					"error, want none", got)
			}
			_, err = r.WriteTo(io.Discard)
			check.WantErr(t, "WriteTo after the context was cancelled", err, context.Canceled)
			r.Close()
		}
	}
}

func readerCancelledBlocked(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 5000), nil)
	b, s := stall(h, 100)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatalf("Get: %v, want no error", err)
	}
	defer r.Close()
	go func() { <-s.reading; cancel() }()
	_, err = io.ReadAll(r)
	check.WantErr(t, "a Read that waits while the context is cancelled", err, context.Canceled)
}

func readerDeadline(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 5000), nil)
	b, _ := stall(h, 100)
	// The deadline may pass before the response: then Get returns the error.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, _, err := check.Read(ctx, b, "a", nil)
	check.WantErr(t, "reading a stalled body past the deadline", err, context.DeadlineExceeded)
}

func readerCancelledLater(t suite.T, h *suite.H) {
	c := check.Content(1, 5000)
	check.Put(t, h, "a", c, nil)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := h.Get(ctx, "a", nil)
	if err != nil {
		t.Fatalf("Get: %v, want no error", err)
	}
	if p, err := r.ReadAll(); err != nil || check.Diff(p, c) != "" {
		t.Errorf("ReadAll: %v", err)
	}
	r.Close()
	cancel()
	_, err = r.Read(make([]byte, 1))
	check.WantErr(t, "Read after Close and cancel", err, files.ErrClosed)
	check.WantContent(t, h, "a", c)
}
