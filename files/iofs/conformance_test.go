package iofs_test

import (
	"context"
	"io"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/iofs"
)

// halves reads through iofs what is written to memory, whose io/fs view iofs reads.
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

// Features are those of reading, and what the suite has to know of writing.
func (h *halves) Features() files.Features {
	f, to := h.Bucket.Features(), h.to.Features()
	f.ReadOnly = false
	f.TimeResolution = to.TimeResolution
	f.AnyName, f.Atomic, f.IfAbsent = to.AnyName, to.Atomic, to.IfAbsent
	return f
}

func TestConformance(t *testing.T) {
	longtest.Only(t, "the suite over the io/fs view of memory")
	const (
		given   = "the suite gives attributes, which an fs.FS doesn't store"
		cleanup = "what is written goes to another bucket, which has no foreign keys"
		closing = "closing the bucket closes the one that the fs.FS reads"
		pages   = "a page reads its directory whole, as the package says"
	)
	conformance.Run(t, conformance.Harness{
		New: func(t conformance.T) files.Bucket {
			to := mem.New(nil)
			b, err := iofs.FromFS(files.FS(t.Context(), to), nil)
			if err != nil {
				t.Fatalf("%v", err)
			}
			return &halves{b, files.Wrap(to, files.Hooks{
				CloseInner: true,
				Features: func(f files.Features) files.Features {
					f.Attributes, f.Versions, f.ServerCopy, f.Digests = false, false, false, false
					return f
				},
			})}
		},
		Known: map[string]string{
			"C1/attributes":     given,
			"C1/sizes-large":    given,
			"C1/large":          given,
			"L7/claimed":        cleanup,
			"X3/list-in-flight": closing,
		},
		ServerRaces: map[string]string{"L8/large-folder": pages},
	})
}
