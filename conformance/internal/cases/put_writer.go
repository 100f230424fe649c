package cases

import (
	"context"
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putWriterCases = []suite.Case{
	{
		Rule:  "P2",
		Name:  "writer-closed",
		Why:   "a Writer that is closed without Commit must store nothing",
		Needs: feature.Needs(feature.Atomic),
		Run:   writerClosed,
	},
	{
		Rule:  "P2",
		Name:  "writer-cancelled",
		Why:   "a Commit after the context has ended must fail",
		Needs: feature.Needs(feature.Atomic),
		Run:   writerCancelled,
	},
	{
		Rule: "P3",
		Name: "writer-committed",
		Why:  "a file that is written by a Writer must be like one that is put",
		Run:  writerCommitted,
	},
}

func writerClosed(t suite.T, h *suite.H) {
	for _, n := range []int{0, 10, 200_000} {
		brokenPut(t, h, fmt.Sprintf("a Writer closed after %d bytes without Commit", n),
			files.ErrClosed, func(name string) error {
				w := files.NewWriter(t.Context(), h.Bucket, name, nil)
				if _, err := w.Write(check.Content(1, n)); err != nil {
					t.Errorf("Write: %v, want no error", err)
				}
				if err := w.Close(); err != nil {
					t.Errorf("Close without Commit: %v, want no error", err)
				}
				_, err := w.Commit()
				return err
			})
	}
}

func writerCancelled(t suite.T, h *suite.H) {
	brokenPut(t, h, "a Writer whose context is cancelled", context.Canceled,
		func(name string) error {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w := files.NewWriter(ctx, h.Bucket, name, nil)
			defer w.Close()
			if _, err := w.Write(check.Content(1, 5000)); err != nil {
				t.Errorf("Write: %v, want no error", err)
			}
			cancel()
			_, err := w.Commit()
			return err
		})
}

func writerCommitted(t suite.T, h *suite.H) {
	for _, n := range []int{0, 1, 5000, 300_000} {
		c := check.Content(n, n)
		w := files.NewWriter(t.Context(), h.Bucket, "d/a.txt", nil)
		for i := 0; i < n; i += 1777 {
			if _, err := w.Write(c[i:min(i+1777, n)]); err != nil {
				t.Fatalf("Write: %v, want no error", err)
			}
		}
		info, err := w.Commit()
		if err != nil {
			t.Fatalf("Commit: %v, want no error", err)
		}
		check.Same(t, "size in Commit's Info", info.Size, int64(n))
		check.Same(t, "name in Commit's Info", info.Name, "d/a.txt")
		if err := w.Close(); err != nil {
			t.Errorf("Close after Commit: %v, want no error", err)
		}
		check.WantContent(t, h, "d/a.txt", c)
	}
}
