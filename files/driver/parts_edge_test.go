package driver

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
)

// partsBy begins to read the content in parts of 4 bytes.
func partsBy(t *testing.T, plan PartPlan, content io.Reader) *Parts {
	t.Helper()
	plan.PartSize, plan.MaxPartSize = 4, 1<<30
	parts, err := NewParts(plan, &PutRequest{
		Size:    -1,
		Content: &Content{ctx: t.Context(), src: content, size: -1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// TestPartsTooMany: content that goes on after the last part that the service takes is
// ErrTooLarge; content that ends with it isn't.
func TestPartsTooMany(t *testing.T) {
	for content, want := range map[string]error{
		"01234567":  io.EOF,
		"012345678": files.ErrTooLarge,
	} {
		parts := partsBy(t, PartPlan{Concurrency: 1, MaxParts: 2, Equal: true},
			strings.NewReader(content))
		for n := 1; n <= 2; n++ {
			p, err := parts.Next(t.Context())
			if err != nil || p.Number != n || p.Size != 4 || p.Offset != int64(4*(n-1)) ||
				p.Last != (n == 2 && want == io.EOF) {
				t.Fatalf("%q: part %d is %+v, %v", content, n, p, err)
			}
			p.Release()
		}
		if p, err := parts.Next(t.Context()); p != nil || !errors.Is(err, want) {
			t.Errorf("%q: %+v, %v, want %v", content, p, err, want)
		}
	}
}

// TestPartsWaitForMemory: Next waits for a part that is being sent, and no longer than
// its context.
func TestPartsWaitForMemory(t *testing.T) {
	boom := errors.New("boom")
	parts := partsBy(t, PartPlan{Concurrency: 1, MaxParts: 100, Equal: true},
		strings.NewReader(strings.Repeat("0123", 20)))
	var held []*Part
	ctx, cancel := context.WithCancelCause(t.Context())
	for len(held) < 3 {
		p, err := parts.Next(ctx)
		if err != nil {
			t.Fatalf("after %d parts: %v", len(held), err)
		}
		held = append(held, p)
	}
	cancel(boom)
	if p, err := parts.Next(ctx); p != nil || !errors.Is(err, boom) {
		t.Errorf("%+v, %v, want the cause", p, err)
	}
	held[0].Release()
	p, err := parts.Next(t.Context())
	if err != nil || p.Size != 4 || p.Number != 4 {
		t.Errorf("after a release: %+v, %v, want part 4", p, err)
	}
}

// TestPartsBorrow: an upload holds what all its parts need, and no more than its own and
// the bucket's memory; what is released can be taken again.
func TestPartsBorrow(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		memory int64 // -1 is no bound
		want   int
	}{
		{-1, 6}, // 4 parts and 2 blocks
		{100 * mib, 6},
		{3 * mib, 6},
		{2 * mib, 5},
		{0, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			plan := PartPlan{
				Concurrency: 4,
				MaxParts:    100,
				Equal:       true,
			}
			if c.memory >= 0 {
				plan.Memory = NewPartMemory(c.memory)
			}
			parts := partsBy(t, plan, strings.NewReader(strings.Repeat("0123", 50)))
			ctx, cancel := context.WithCancel(t.Context())
			var all []*Part
			go func() {
				for {
					p, err := parts.Next(ctx)
					if err != nil {
						return
					}
					all = append(all, p)
				}
			}()
			synctest.Wait()
			if len(all) != c.want {
				t.Errorf("memory %d: %d parts are held, want %d", c.memory, len(all), c.want)
			}
			for i := range 12 { // those that were taken first, and last
				n := len(all)
				all[i].Release()
				synctest.Wait()
				if len(all) != n+1 {
					t.Errorf("memory %d: %d parts more after a release", c.memory, len(all)-n)
				}
			}
			cancel()
		})
	}
}

// TestSendEnds: a context that ends once everything is read ends the Send with its
// cause, whatever the last parts return.
func TestSendEnds(t *testing.T) {
	boom := errors.New("boom")
	for _, sends := range []error{nil, io.ErrClosedPipe} {
		ctx, cancel := context.WithCancelCause(t.Context())
		parts := partsBy(t, PartPlan{Concurrency: 2, MaxParts: 100}, strings.NewReader("01234"))
		first, err := parts.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		err = parts.Send(ctx, first, func(_ context.Context, p *Part) error {
			if p.Last {
				cancel(boom)
				return sends
			}
			return nil
		})
		if !errors.Is(err, boom) || !errors.Is(err, context.Canceled) {
			t.Errorf("%v: %v, want the cause", sends, err)
		}
	}
	// a failure of the last part, once everything is read
	parts := partsBy(t, PartPlan{Concurrency: 2, MaxParts: 100}, strings.NewReader("01234"))
	first, err := parts.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := parts.Send(t.Context(), first, func(_ context.Context, p *Part) error {
		if p.Last {
			return boom
		}
		return nil
	}); err != boom {
		t.Errorf("the last part fails: %v, want boom", err)
	}
	e := &sendError{boom}
	if e.Error() != "boom" {
		t.Errorf("the failure of a part says %q", e)
	}
}

// goexits ends its goroutine at the third Read, which is for the second part.
type goexits struct{ n int }

func (g *goexits) Read(p []byte) (int, error) {
	if g.n++; g.n > 2 {
		runtime.Goexit()
	}
	return copy(p, "01234567"), nil
}

// TestSendEndsByGoexit: if the content's Read ends the goroutine, the parts that are being
// sent are cancelled, and not waited for until the server answers (X2).
func TestSendEndsByGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parts := partsBy(t, PartPlan{Concurrency: 2, MaxParts: 100, Equal: true}, &goexits{})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			first, err := parts.Next(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			err = parts.Send(t.Context(), first, func(ctx context.Context, _ *Part) error {
				<-ctx.Done() // a silent server
				return ctx.Err()
			})
			t.Errorf("Send = %v, want Goexit", err)
		}()
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Error("Send waits for the server")
			t.FailNow()
		}
	})
}

// TestNewPart: a part of bytes in memory is these bytes, with what else was given.
func TestNewPart(t *testing.T) {
	content := []byte("0123456789")
	p := NewPart(3, 20, content, 17, true)
	if p.Number != 3 || p.Offset != 20 || p.Size != 10 || p.CRC32C != 17 || !p.Last {
		t.Errorf("NewPart = %+v, want what it was given", p)
	}
	r := p.Reader()
	if got, err := io.ReadAll(r); !bytes.Equal(got, content) || err != nil {
		t.Errorf("the part contains %q, %v, want %q", got, err, content)
	}
	for _, c := range []struct {
		offset int64
		whence int
		want   int64 // -1 is an error
	}{
		{4, io.SeekStart, 4},
		{2, io.SeekCurrent, 6},
		{-6, io.SeekCurrent, 0},
		{-1, io.SeekCurrent, -1},
		{-3, io.SeekEnd, 7},
		{-11, io.SeekEnd, -1},
		{0, io.SeekEnd, 10},
		{-1, io.SeekStart, -1},
		{5, io.SeekEnd, 15},
	} {
		before := r.pos
		at, err := r.Seek(c.offset, c.whence)
		if c.want < 0 {
			if err == nil || r.pos != before {
				t.Errorf("Seek(%d, %d) = %d, %v, want an error", c.offset, c.whence, at, err)
			}
			continue
		}
		if at != c.want || err != nil {
			t.Errorf("Seek(%d, %d) = %d, %v, want %d", c.offset, c.whence, at, err, c.want)
		}
		got, err := io.ReadAll(r)
		if want := content[min(c.want, 10):]; !bytes.Equal(got, want) || err != nil {
			t.Errorf("after Seek to %d: %q, %v, want %q", c.want, got, err, want)
		}
		if _, err := r.Seek(c.want, io.SeekStart); err != nil {
			t.Error(err)
		}
	}
	p.Release()
	if n, err := p.Reader().Read(make([]byte, 1)); n != 0 || !errors.Is(err, files.ErrClosed) {
		t.Errorf("after Release: %d, %v, want ErrClosed", n, err)
	}
	if n, err := p.Body().WriteTo(crc32.NewIEEE()); n != 0 || !errors.Is(err, files.ErrClosed) {
		t.Errorf("hashed after Release: %d, %v, want ErrClosed", n, err)
	}
}

// failingHash is a hash that fails after some bytes, which no hash should.
type failingHash struct {
	hash32
	limited
}

type hash32 interface {
	Sum([]byte) []byte
	Reset()
	Size() int
	BlockSize() int
}

func (f *failingHash) Write(p []byte) (int, error) { return f.limited.Write(p) }

// TestPartHashFails: an error of the hash is returned, with what it took.
func TestPartHashFails(t *testing.T) {
	boom := errors.New("boom")
	h := &failingHash{crc32.NewIEEE(), limited{4, boom}}
	p := NewPart(1, 0, []byte("0123456789"), 0, true)
	if n, err := p.Body().WriteTo(h); n != 4 || err != boom {
		t.Errorf("%d, %v, want 4 and boom", n, err)
	}
}

// TestUploadParts: an upload of nothing has one part, which is empty; the last part is
// as long as what is left.
func TestUploadParts(t *testing.T) {
	for _, c := range []struct {
		size  int64
		parts int
		last  int64
	}{
		{0, 1, 0},
		{1, 1, 1},
		{4, 1, 4},
		{5, 2, 1},
		{8, 2, 4},
	} {
		u := &Upload{Size: c.size, PartSize: 4}
		off, size := u.Part(c.parts)
		if u.Parts() != c.parts || size != c.last || off != int64(4*(c.parts-1)) {
			t.Errorf("%d bytes: %d parts, the last is %d from %d", c.size, u.Parts(), size, off)
		}
	}
}
