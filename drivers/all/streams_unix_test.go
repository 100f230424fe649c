//go:build unix

package all

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/compress"
	"cloudfiles.dev/files/crypt"
	"cloudfiles.dev/files/driver"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/crypto/chacha20poly1305"
)

// streams is a backend for measuring: it discards what it is given, and each file is
// zeros of a fixed size. Its bodies are treated as those from a network are.
type streams struct {
	driver.Backend // nil
	size           int64
}

func (s *streams) Features() files.Features {
	return files.Features{Ordered: true, Attributes: true}
}

func (s *streams) Put(_ context.Context, req *driver.PutRequest) (files.Info, error) {
	n, err := io.CopyBuffer(onlyWriter{io.Discard}, onlyReader{req.Content}, make([]byte, 256<<10))
	return files.Info{Entry: files.Entry{Size: n}}, err
}

func (s *streams) Open(context.Context, driver.OpenRequest) (driver.Object, error) {
	return driver.Object{
		Info:   files.Info{Entry: files.Entry{Size: s.size}},
		Length: s.size,
		Body:   io.NopCloser(io.LimitReader(zeros{}, s.size)),
	}, nil
}

func (s *streams) Close() error { return nil }

// onlyReader and onlyWriter hide all other methods.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)

// cpuTime returns the processor time that the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// alternate runs both alternately, and reports the speed of the second as a part of
// that of the first. It compares the processor times of the fastest run of each, so
// that other work on the machine counts little.
func alternate(b *testing.B, what string, first, second func() error) {
	b.Run(what, func(b *testing.B) {
		least := [2]time.Duration{time.Hour, time.Hour}
		for b.Loop() {
			for i, f := range []func() error{first, second} {
				start := cpuTime()
				if err := f(); err != nil {
					b.Fatal(err)
				}
				least[i] = min(least[i], cpuTime()-start)
			}
		}
		b.ReportMetric(float64(least[0])/float64(least[1]), "of-bare")
	})
}

// BenchmarkStreamLayers puts and gets 1 GiB through five layers and without them.
func BenchmarkStreamLayers(b *testing.B) {
	const size = 1 << 30
	bare := driver.New(&streams{size: size})
	stack := fiveLayersOver(b, bare)
	put := func(to files.Bucket) func() error {
		return func() error {
			_, err := to.Put(b.Context(), "a", io.LimitReader(zeros{}, size), nil)
			return err
		}
	}
	get := func(from files.Bucket) func() error {
		return func() error {
			r, err := from.Get(b.Context(), "a", nil)
			if err != nil {
				return err
			}
			defer r.Close()
			_, err = io.CopyBuffer(onlyWriter{io.Discard}, onlyReader{r}, make([]byte, 256<<10))
			return err
		}
	}
	alternate(b, "put", put(bare), put(stack))
	alternate(b, "get", get(bare), get(stack))
}

// BenchmarkStreamCrypt compares crypt with the cipher alone.
func BenchmarkStreamCrypt(b *testing.B) {
	const size, chunk = 8 << 20, 64 << 10
	secret, plain := make([]byte, 32), make([]byte, size)
	random := rand.NewChaCha8([32]byte{1})
	random.Read(secret)
	random.Read(plain)
	cipher, err := chacha20poly1305.New(secret)
	if err != nil {
		b.Fatal(err)
	}
	nonce, out := make([]byte, cipher.NonceSize()), make([]byte, 0, chunk+16)
	wrap := func(below files.Bucket) files.Bucket {
		c, err := crypt.New(below, &crypt.Options{Keys: []crypt.Key{{ID: "1", Secret: secret}}})
		if err != nil {
			b.Fatal(err)
		}
		return c
	}
	sink := wrap(driver.New(&streams{}))
	alternate(b, "put", func() error {
		for at := 0; at < size; at += chunk {
			cipher.Seal(out, nonce, plain[at:at+chunk], nil)
		}
		return nil
	}, func() error {
		_, err := sink.Put(b.Context(), "a", bytes.NewReader(plain), nil)
		return err
	})
	stored := wrap(mem.New(nil))
	if _, err := files.PutBytes(b.Context(), stored, "a", plain, nil); err != nil {
		b.Fatal(err)
	}
	sealed := make([][]byte, size/chunk) // each is read from memory, as a file is
	for i := range sealed {
		sealed[i] = cipher.Seal(nil, nonce, plain[i*chunk:(i+1)*chunk], nil)
	}
	alternate(b, "get", func() error {
		for _, s := range sealed {
			if _, err := cipher.Open(out, nonce, s, nil); err != nil {
				return err
			}
		}
		return nil
	}, func() error {
		_, err := files.Download(b.Context(), stored, "a", io.Discard, nil)
		return err
	})
}

// BenchmarkStreamCompress compares compress with the codec alone.
func BenchmarkStreamCompress(b *testing.B) {
	const size = 8 << 20
	var text bytes.Buffer
	words := []string{"cloud ", "file ", "bucket ", "name ", "version ", "\n", "the ", "of "}
	for random := rand.New(rand.NewPCG(1, 2)); text.Len() < size; {
		text.WriteString(words[random.IntN(len(words))])
	}
	plain := text.Bytes()[:size]
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		b.Fatal(err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		b.Fatal(err)
	}
	defer dec.Close()
	wrap := func(below files.Bucket) files.Bucket {
		z, err := compress.New(below, nil)
		if err != nil {
			b.Fatal(err)
		}
		return z
	}
	sink, stored := wrap(driver.New(&streams{})), wrap(mem.New(nil))
	alternate(b, "put", func() error {
		enc.Reset(io.Discard)
		if _, err := enc.Write(plain); err != nil {
			return err
		}
		return enc.Close()
	}, func() error {
		_, err := sink.Put(b.Context(), "a", bytes.NewReader(plain), nil)
		return err
	})
	if _, err := files.PutBytes(b.Context(), stored, "a", plain, nil); err != nil {
		b.Fatal(err)
	}
	packed := enc.EncodeAll(plain, nil)
	alternate(b, "get", func() error {
		if err := dec.Reset(bytes.NewReader(packed)); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, dec)
		return err
	}, func() error {
		_, err := files.Download(b.Context(), stored, "a", io.Discard, nil)
		return err
	})
}
