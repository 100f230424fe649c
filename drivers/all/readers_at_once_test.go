package all

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestReadersAtOnce: readers of one file at the same time, in every way, don't disturb
// each other: not by ending early, and not by a context that ends. Each layer is over
// memory, whose reads are through a stream, as those of a service are.
func TestReadersAtOnce(t *testing.T) {
	for _, l := range stackLayers {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			memory := mem.New(nil)
			b, err := l.wrap(files.Wrap(memory, files.Hooks{
				Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
					return struct{ io.Reader }{r}
				},
			}))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if b.Features().ReadOnly {
				return // nothing can be stored
			}
			for i := range longtest.N(t, 3, 40) {
				readAtOnce(t, b, i)
			}
		})
	}
}

// readAtOnce reads a new file by twelve readers.
func readAtOnce(t *testing.T, b files.Bucket, i int) {
	r := rand.New(rand.NewPCG(uint64(i), 7))
	content := make([]byte, r.IntN(14<<20))
	for i := range content {
		content[i] = byte(r.Uint32())
	}
	name := fmt.Sprint("f", i%3)
	if _, err := files.PutBytes(t.Context(), b, name, content, nil); err != nil {
		t.Fatal(err)
	}
	ways := readWays[:]
	if i%2 == 0 { // of one kind
		n := r.IntN(len(ways))
		ways = ways[n : n+1]
	}
	var all sync.WaitGroup
	for range 12 {
		way, seed := ways[r.IntN(len(ways))], r.Uint64()
		all.Go(func() {
			if err := way.read(t.Context(), b, name, content,
				rand.New(rand.NewPCG(seed, 0))); err != nil {
				t.Errorf("round %d, file of %d bytes, %s: %v, want nil", i, len(content), way.name,
					err)
			}
		})
	}
	if all.Wait(); t.Failed() {
		t.FailNow()
	}
}

var errDiffers = errors.New("the content differs")

func same(got, want []byte, err error) error {
	if err == nil && !bytes.Equal(got, want) {
		return errDiffers
	}
	return err
}

// readWays read the file name, whose content is want.
var readWays = []struct {
	name string
	read func(ctx context.Context, b files.Bucket, name string, want []byte, r *rand.Rand) error
}{
	{"Get", func(ctx context.Context, b files.Bucket, name string, want []byte,
		_ *rand.Rand) error {
		got, err := files.ReadAll(ctx, b, name, nil)
		return same(got, want, err)
	}},
	{"Get of a range", func(ctx context.Context, b files.Bucket, name string, want []byte,
		r *rand.Rand) error {
		o := &files.ReadOptions{}
		o.Range = files.Bytes(r.Int64N(int64(len(want))+1), r.Int64N(3<<20))
		got, err := files.ReadAll(ctx, b, name, o)
		off, n := o.Range.Resolve(int64(len(want)))
		return same(got, want[off:off+n], err)
	}},
	{"Get that ends early", func(ctx context.Context, b files.Bucket, name string, want []byte,
		r *rand.Rand) error {
		body, err := b.Get(ctx, name, nil)
		if err != nil {
			return err
		}
		defer body.Close()
		got := make([]byte, r.IntN(len(want)+1))
		_, err = io.ReadFull(body, got)
		return same(got, want[:len(got)], err)
	}},
	{"Get with a context that ends", func(ctx context.Context, b files.Bucket, name string,
		want []byte, r *rand.Rand) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		body, err := b.Get(ctx, name, nil)
		if err != nil {
			return err
		}
		defer body.Close()
		got := make([]byte, r.IntN(len(want)+1))
		if _, err = io.ReadFull(body, got); err != nil {
			return err
		}
		cancel()
		rest, err := io.ReadAll(body)
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		return same(append(got, rest...), want[:len(got)+len(rest)], nil)
	}},
	{"DownloadAt", func(ctx context.Context, b files.Bucket, name string, want []byte,
		r *rand.Rand) error {
		got := at{make([]byte, len(want))}
		_, err := files.DownloadAt(ctx, b, name, got, &files.DownloadAtOptions{
			PartSize:    1 + r.Int64N(2<<20),
			Concurrency: r.IntN(9),
		})
		return same(got.p, want, err)
	}},
	{"OpenAt", func(ctx context.Context, b files.Bucket, name string, want []byte,
		r *rand.Rand) error {
		f, err := files.OpenAt(ctx, b, name, nil)
		if err != nil {
			return err
		}
		defer f.Close()
		for range r.IntN(6) {
			off := r.IntN(len(want) + 1)
			got := make([]byte, r.IntN(min(len(want)-off, 500_000)+1))
			if _, err := f.ReadAt(got, int64(off)); err != nil && err != io.EOF {
				return err
			}
			if !bytes.Equal(got, want[off:off+len(got)]) {
				return errDiffers
			}
		}
		return nil
	}},
	{"ReadRanges", func(ctx context.Context, b files.Bucket, name string, want []byte,
		r *rand.Rand) error {
		var ranges []files.Range
		for range r.IntN(8) {
			ranges = append(ranges, files.Bytes(r.Int64N(int64(len(want))+1), r.Int64N(1<<20)))
		}
		all, err := files.ReadRanges(ctx, b, name, ranges, nil)
		if err != nil {
			return err
		}
		for i, got := range all {
			off, n := ranges[i].Resolve(int64(len(want)))
			if !bytes.Equal(got, want[off:off+n]) {
				return errDiffers
			}
		}
		return nil
	}},
}
