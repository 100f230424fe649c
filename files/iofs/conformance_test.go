package iofs_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/iofs"
)

// halves writes to memory, and reads the io/fs view of that memory through iofs.
type halves struct {
	files.Bucket
	to files.Bucket
}

func (h *halves) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	return h.to.Put(ctx, name, r, o)
}

func (h *halves) Delete(ctx context.Context, name string, o *files.DeleteOptions) error {
	return h.to.Delete(ctx, name, o)
}

func (h *halves) Close() error {
	h.to.Close()
	return h.Bucket.Close()
}

// Features returns the Features of iofs, and those of the writing half that the suite
// needs.
func (h *halves) Features() files.Features {
	f, to := h.Bucket.Features(), h.to.Features()
	f.ReadOnly = false
	f.TimeResolution = to.TimeResolution
	f.AnyName, f.Atomic, f.IfAbsent = to.AnyName, to.Atomic, to.IfAbsent
	return f
}

// TestReading runs the suite's cases of reading and listing. The other cases need what
// an fs.FS doesn't store, or compare what was written with what is read.
func TestReading(t *testing.T) {
	longtest.Only(t, "the cases of reading and listing over the io/fs view of memory")
	not := map[string]string{
		"L7/claimed":      "what is written goes to another bucket, which has no raw keys",
		"L8/large-folder": "a page reads its directory whole, as the package says",
	}
	h := conformance.Harness{New: func(t conformance.T) files.Bucket {
		to := mem.New(nil)
		b, err := iofs.FromFS(files.FS(t.Context(), to, nil), nil)
		if err != nil {
			t.Fatalf("iofs.FromFS: %v", err)
		}
		return &halves{b, files.Wrap(to, files.Hooks{
			CloseInner: true,
			Features: func(f files.Features) files.Features {
				f.Attributes, f.Versions, f.ServerCopy, f.Digests = false, false, false, false
				return f
			},
		})}
	}}
	readingCases(t, h, 40, func(id string) bool { return not[id] != "" })
}

// readingCases runs the short cases about Get and List that aren't left out, of which at
// least that many must pass.
func readingCases(t *testing.T, h conformance.Harness, least int, leftOut func(id string) bool) {
	t.Helper()
	passed := 0
	for _, c := range conformance.Cases() {
		reads := strings.HasPrefix(c.Rule, "G") || strings.HasPrefix(c.Rule, "L")
		if !reads || c.Long || leftOut(c.ID()) {
			continue
		}
		r := conformance.RunCase(t.Context(), h, c)
		if r.Outcome == conformance.Failed {
			t.Errorf("%s of a bucket that reads through two views fails: %q", c.ID(), r.Failures)
		}
		if r.Outcome == conformance.Passed {
			passed++
		}
	}
	if passed < least {
		t.Errorf("only %d cases passed", passed)
	}
}
