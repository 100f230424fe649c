package driver_test

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// parted is a map backend that takes its content in parts.
type parted struct {
	*mapdriver.Backend
	plan driver.PartPlan
	send func(ctx context.Context, part *driver.Part, content []byte) error

	mu      sync.Mutex
	sizes   map[int]int64
	content map[int64][]byte
	keep    []*driver.PartReader
}

func (b *parted) Features() files.Features {
	f := b.Backend.Features()
	f.MaxUnknownSize = b.plan.MaxUnknownSize()
	return f
}

func (b *parted) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	b.sizes, b.content = map[int]int64{}, map[int64][]byte{}
	parts, err := driver.NewParts(b.plan, req)
	if err != nil {
		return files.Info{}, err
	}
	first, err := parts.Next(ctx)
	if err != nil {
		return files.Info{}, err
	}
	err = parts.Send(ctx, first, func(ctx context.Context, part *driver.Part) error {
		r := part.Reader()
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if part.CRC32C != crc32.Checksum(content, crc32.MakeTable(crc32.Castagnoli)) {
			return errors.New("the part's CRC-32C is another's")
		}
		if _, err := r.Seek(part.Size/2, io.SeekStart); err != nil {
			return err
		}
		again, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(again, content[part.Size/2:]) || r.Len() != 0 {
			return errors.New("the part's second half is another after Seek")
		}
		if b.send != nil {
			if err := b.send(ctx, part, content); err != nil {
				return err
			}
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.sizes[part.Number], b.content[part.Offset] = part.Size, content
		b.keep = append(b.keep, part.Reader())
		return nil
	})
	return files.Info{}, err
}

// whole joins what was sent.
func (b *parted) whole(t *testing.T) []byte {
	t.Helper()
	var all []byte
	for range len(b.content) {
		p, ok := b.content[int64(len(all))]
		if !ok {
			t.Fatalf("no part begins at %d", len(all))
		}
		all = append(all, p...)
	}
	return all
}

func random(n int) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(p)
	return p
}

func TestParts(t *testing.T) {
	const mib = 1 << 20
	for _, plan := range []driver.PartPlan{
		{
			PartSize:    1000,
			Concurrency: 3,
			MaxParts:    10_000,
			MaxPartSize: 1 << 30,
		},
		{
			PartSize:    mib + 500,
			Concurrency: 2,
			MaxParts:    100,
			MaxPartSize: 1 << 30,
		},
		{
			PartSize:    2 * mib,
			Concurrency: 1,
			MaxParts:    100,
			MaxPartSize: 1 << 30,
		},
	} {
		b := &parted{Backend: mapdriver.New(), plan: plan}
		bucket := driver.New(b)
		p := int(plan.PartSize)
		for _, n := range []int{0, 1, 1000, 64 << 10, 64<<10 + 1, p - 1, p, p + 1, 3 * p, 3*p + 7} {
			content := random(n)
			for what, r := range map[string]io.Reader{
				"told":                    bytes.NewReader(content),
				"untold":                  io.MultiReader(bytes.NewReader(content)),
				"short reads":             iotest.HalfReader(bytes.NewReader(content)),
				"end with the last bytes": iotest.DataErrReader(bytes.NewReader(content)),
				"lies":                    &liar{bytes.NewReader(content)},
			} {
				if _, err := bucket.Put(t.Context(), "a", r, nil); err != nil {
					t.Fatalf("part size %d, %d bytes, %s: %v, want no error", p, n, what, err)
				}
				if !bytes.Equal(b.whole(t), content) {
					t.Fatalf("part size %d, %d bytes, %s: other bytes were sent", p, n, what)
				}
				if want := max((n+p-1)/p, 1); len(b.sizes) != want {
					t.Errorf("part size %d, %d bytes, %s: %d parts, want %d", p, n, what,
						len(b.sizes), want)
				}
			}
		}
		for _, r := range b.keep {
			if n, err := r.Read(make([]byte, 1)); n != 0 || err == nil {
				t.Fatal("a part's reader still reads after its release")
			}
		}
	}
}

// liar reports fewer bytes than it has.
type liar struct{ *bytes.Reader }

func (l *liar) Len() int { return l.Reader.Len() / 2 }

func TestPartsGrow(t *testing.T) {
	b := &parted{Backend: mapdriver.New(), plan: driver.PartPlan{
		PartSize:    10,
		Concurrency: 5,
		MaxParts:    20,
		MaxPartSize: 1 << 30,
	}}
	bucket := driver.New(b)
	reach := int(b.plan.MaxUnknownSize())
	if want := 2*10 + 2*12 + 2*16 + 2*25 + 12*50; reach != want {
		t.Fatalf("a stream reaches %d, want %d", reach, want)
	}
	put := func(n int, size *int64) error {
		_, err := bucket.Put(t.Context(), "a", io.MultiReader(bytes.NewReader(random(n))),
			&files.PutOptions{Size: size})
		return err
	}
	if err := put(reach, nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.whole(t),
		random(reach)) || len(b.sizes) != 20 || b.sizes[1] != 10 || b.sizes[20] != 50 {
		t.Errorf("parts are %v", b.sizes)
	}
	if err := put(reach+1, nil); !errors.Is(err, files.ErrTooLarge) {
		t.Errorf("a byte more: %v, want ErrTooLarge", err)
	}
	declared := int64(4 * reach)
	if err := put(4*reach, &declared); err != nil {
		t.Fatalf("declared: %v, want no error", err)
	}
	if !bytes.Equal(b.whole(t),
		random(4*reach)) || len(b.sizes) > 20 || len(b.sizes) != b.plan.Count(declared) {
		t.Errorf("declared: parts are %v", b.sizes)
	}
	b.plan.MaxPartSize = 100
	if _, err := driver.New(b).Put(t.Context(), "a", strings.NewReader(""),
		&files.PutOptions{Size: &declared}); !errors.Is(err, files.ErrTooLarge) {
		t.Errorf("declared, with parts of at most 100: %v, want ErrTooLarge", err)
	}
}

func TestPartsFail(t *testing.T) {
	before := runtime.NumGoroutine()
	boom := errors.New("boom")
	b := &parted{Backend: mapdriver.New(), plan: driver.PartPlan{
		PartSize:    100,
		Concurrency: 3,
		MaxParts:    1000,
		MaxPartSize: 1 << 30,
	}}
	bucket := driver.New(b)
	var running, most atomic.Int32
	b.send = func(ctx context.Context, part *driver.Part, content []byte) error {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer running.Add(-1)
		if part.Number == 5 {
			return boom
		}
		if part.Number > 3 {
			<-ctx.Done() // the failure ends it
			return ctx.Err()
		}
		return nil
	}
	_, err := bucket.Put(t.Context(), "a", io.MultiReader(bytes.NewReader(random(5000))), nil)
	if !errors.Is(err, boom) || running.Load() != 0 || most.Load() > 3 {
		t.Errorf("a part that fails: %v, %d still run, %d at most, want %v, 0 and at most 3",
			err, running.Load(), most.Load(), boom)
	}
	b.send = func(ctx context.Context, part *driver.Part, content []byte) error {
		if part.Number > 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	_, err = bucket.Put(t.Context(), "a",
		io.MultiReader(bytes.NewReader(random(250)), iotest.ErrReader(boom)), nil)
	if !errors.Is(err, boom) {
		t.Errorf("content that fails: %v, want %v", err, boom)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	b.send = func(sctx context.Context, part *driver.Part, content []byte) error {
		if part.Number == 2 {
			cancel(boom)
		}
		<-sctx.Done()
		return sctx.Err()
	}
	_, err = bucket.Put(ctx, "a", io.MultiReader(bytes.NewReader(random(5000))), nil)
	if !errors.Is(err, boom) || !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ends: %v, want %v and context.Canceled", err, boom)
	}
	cleanup, done := driver.CleanupContext(ctx)
	defer done()
	if _, ok := cleanup.Deadline(); !ok || cleanup.Err() != nil {
		t.Error("the clean-up's context has ended, or has no end")
	}
	// What a context's end has started may take a moment to return.
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() >
		before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// TestPartsMemory checks that the parts being sent, growing ones too, stay within the
// bound.
func TestPartsMemory(t *testing.T) {
	plan := driver.PartPlan{
		PartSize:    100,
		Concurrency: 5,
		MaxParts:    100,
		MaxPartSize: 1 << 30,
	}
	var held, most atomic.Int64
	b := &parted{Backend: mapdriver.New(), plan: plan}
	b.send = func(_ context.Context, part *driver.Part, _ []byte) error {
		if n := held.Add(part.Size); n > most.Load() {
			most.Store(n)
		}
		runtime.Gosched()
		held.Add(-part.Size)
		return nil
	}
	if _, err := driver.New(b).Put(t.Context(), "a",
		io.MultiReader(bytes.NewReader(random(int(plan.MaxUnknownSize())))), nil); err != nil {
		t.Fatal(err)
	}
	sizes := slices.Collect(func(yield func(int64) bool) {
		for n := 1; n <= len(b.sizes); n++ {
			yield(b.sizes[n])
		}
	})
	if !slices.IsSorted(sizes) || most.Load() > 500+200 || sizes[99] != 500 {
		t.Errorf("%d bytes were held at most, in parts of %v", most.Load(), sizes)
	}
}
