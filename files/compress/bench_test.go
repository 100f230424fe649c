package compress_test

import (
	"bytes"
	"io"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"github.com/klauspost/compress/zstd"
)

const benchSize = 16 << 20

// BenchmarkCodec measures the codec alone, in one goroutine, at the default level.
func BenchmarkCodec(b *testing.B) {
	c := text(benchSize)
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		b.Fatal(err)
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("compress", func(b *testing.B) {
		b.SetBytes(benchSize)
		for b.Loop() {
			e.Reset(io.Discard)
			e.Write(c)
			if err := e.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	z := packed(b, c)
	b.Run("decompress", func(b *testing.B) {
		b.SetBytes(benchSize)
		for b.Loop() {
			if err := d.Reset(bytes.NewReader(z)); err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, d); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCompress measures the bucket, to be compared with BenchmarkCodec of the same
// run.
func BenchmarkCompress(b *testing.B) {
	c := text(benchSize)
	z := open(b, mem.New(nil), nil)
	b.Run("put", func(b *testing.B) {
		b.SetBytes(benchSize)
		for b.Loop() {
			if _, err := files.PutBytes(b.Context(), z, "a", c, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get", func(b *testing.B) {
		b.SetBytes(benchSize)
		for b.Loop() {
			if _, err := files.Download(b.Context(), z, "a", io.Discard, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
