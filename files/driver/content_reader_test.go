package driver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// nilReader is a reader whose nil panics.
type nilReader struct{ r io.Reader }

func (n *nilReader) Read(p []byte) (int, error) { return n.r.Read(p) }

// script is a reader that does one step for each Read.
type script []func(p []byte) (int, error)

func (s *script) Read(p []byte) (int, error) {
	if len(*s) == 0 {
		return 0, io.EOF
	}
	step := (*s)[0]
	*s = (*s)[1:]
	return step(p)
}

// TestPutOfBadReaders: a reader that breaks the rules of io.Reader is ErrInvalid, and
// nothing is stored, whether the type is being looked for or the content sent.
func TestPutOfBadReaders(t *testing.T) {
	text := func(p []byte) (int, error) { return copy(p, "text"), nil }
	returns := func(f func(p []byte) int) func(p []byte) (int, error) {
		return func(p []byte) (int, error) { return f(p), nil }
	}
	for _, name := range []string{"a.txt", "a"} {
		for what, r := range map[string]io.Reader{
			"nil":      (*nilReader)(nil),
			"negative": &script{text, returns(func([]byte) int { return -1 })},
			"too many": &script{text, returns(func(p []byte) int { return len(p) + 1 })},
			"at once":  &script{returns(func(p []byte) int { return len(p) + 1 })},
		} {
			b := driver.New(mapdriver.New())
			_, err := b.Put(t.Context(), name, r, nil)
			if !errors.Is(err, files.ErrInvalid) {
				t.Errorf("%s, %s: %v, want ErrInvalid", name, what, err)
			}
			if ok, err := files.Exists(t.Context(), b, name); ok || err != nil {
				t.Errorf("%s, %s: it is there: %v, %v", name, what, ok, err)
			}
		}
	}
}

// TestPutThatEndsAfterItsLastByte: a context that ends once all declared bytes were read,
// but before the end of the content was, is what the Put fails with.
func TestPutThatEndsAfterItsLastByte(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	content := &script{func(p []byte) (int, error) {
		cancel()
		return copy(p, "text"), nil
	}}
	b, size := driver.New(mapdriver.New()), int64(4)
	_, err := b.Put(ctx, "a.txt", content, &files.PutOptions{Size: &size})
	if !errors.Is(err, context.Canceled) || errors.Is(err, files.ErrCorrupt) {
		t.Errorf("Put = %v, want Canceled", err)
	}
}

// TestPutOfSlowReaders: Reads that return nothing are counted only in a row, and 100 of
// them end the Put.
func TestPutOfSlowReaders(t *testing.T) {
	idle := func(n int) (s script) {
		for range n {
			s = append(s, func([]byte) (int, error) { return 0, nil })
		}
		return s
	}
	text := script{func(p []byte) (int, error) { return copy(p, "text"), nil }}
	for _, name := range []string{"a.txt", "a"} {
		for _, c := range []struct {
			steps []script
			want  error
		}{
			{[]script{idle(99), text, idle(99), text, idle(99)}, nil},
			{[]script{text, idle(100), text}, io.ErrNoProgress},
			{[]script{idle(100), text}, io.ErrNoProgress},
		} {
			var all script
			for _, s := range c.steps {
				all = append(all, s...)
			}
			b := driver.New(mapdriver.New())
			_, err := b.Put(t.Context(), name, &all, nil)
			if !errors.Is(err, c.want) || err == nil && c.want != nil {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
	}
}

// TestPutStopsReading: once the context has ended, the content isn't read any more, also
// if it is in memory.
func TestPutStopsReading(t *testing.T) {
	boom := errors.New("boom")
	for _, name := range []string{"a.txt", "a"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		r := &script{
			func(p []byte) (int, error) {
				cancel(boom)
				return copy(p, strings.Repeat("x", 600)), nil
			},
			func([]byte) (int, error) {
				t.Errorf("%s: the content is read after the end of the context", name)
				return 0, io.EOF
			},
		}
		b := driver.New(mapdriver.New())
		if _, err := b.Put(ctx, name, r, nil); !errors.Is(err, boom) ||
			!errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want the cause", name, err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	back := &parted{Backend: mapdriver.New(), plan: driver.PartPlan{
		PartSize:    4,
		Concurrency: 1,
		MaxParts:    10,
		MaxPartSize: 4,
	}}
	sent := 0
	back.send = func(_ context.Context, p *driver.Part, _ []byte) error {
		cancel(boom)
		sent++
		return nil
	}
	_, err := driver.New(back).Put(ctx, "a.txt", bytes.NewReader(make([]byte, 40)), nil)
	if !errors.Is(err, boom) || sent > 1 {
		t.Errorf("in memory: %v after %d parts, want the cause after 1", err, sent)
	}
}
