package files_test

import (
	"io"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// zeros is endless.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// BenchmarkWriter stores 64 MiB in memory through a Writer, and by a Put for
// comparison, to show what the Writer costs.
func BenchmarkWriter(b *testing.B) {
	const size = 64 << 20
	source := func() io.Reader { return io.LimitReader(zeros{}, size) }
	bucket := mem.New(nil)
	for _, c := range []struct {
		name string
		put  func() error
	}{
		{"Put", func() error { _, err := bucket.Put(ctx, "a", source(), nil); return err }},
		{"Writer", func() error { return throughWriter(bucket, source()) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if err := c.put(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func throughWriter(bucket files.Bucket, r io.Reader) error {
	w := files.NewWriter(ctx, bucket, "a", nil)
	defer w.Close()
	if _, err := io.Copy(w, r); err != nil {
		return err
	}
	_, err := w.Commit()
	return err
}
