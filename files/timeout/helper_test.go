package timeout_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/timeout"
)

// slow is a bucket in memory behind a slow network. Each wait takes the given time, and
// ends with the context.
type slow struct {
	open    time.Duration // before a call is made below
	after   time.Duration // after it has returned
	bytes   time.Duration // before each Read of a body
	piece   int           // the largest number of bytes that a Read returns; 0: no limit
	entries time.Duration // before each entry of a listing
	// silentAt is the number of bytes after which a body blocks until it is closed; 0:
	// it never blocks.
	silentAt int
	closed   int // bodies
	ended    int // calls whose context ended
}

func (s *slow) sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		s.ended++
		return errors.Join(ctx.Err(), context.Cause(ctx))
	}
}

// memory is the bucket without the network.
func (s *slow) memory(t *testing.T) files.Bucket {
	t.Helper()
	b := mem.New(nil)
	for _, name := range []string{"a", "b", "c"} {
		if _, err := files.PutString(t.Context(), b, name, strings.Repeat(name, 100),
			nil); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (s *slow) bucket(t *testing.T) files.Bucket {
	t.Helper()
	return files.Wrap(s.memory(t), files.Hooks{
		Observes: true,
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpList {
				return next(ctx)
			}
			if err := s.sleep(ctx, s.open); err != nil {
				return err
			}
			if err := next(ctx); err != nil {
				return err
			}
			return s.sleep(ctx, s.after)
		},
		Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
			return &slowBody{s: s, r: r, gone: make(chan struct{})}
		},
		List: func(ctx context.Context, _ *files.Call, o files.ListOptions,
			list func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
		) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				for e, err := range list(context.Background(), o) {
					if err := s.sleep(ctx, s.entries); err != nil {
						yield(files.Entry{}, err)
						return
					}
					if !yield(e, err) {
						return
					}
				}
			}
		},
	})
}

type slowBody struct {
	s    *slow
	r    io.Reader
	n    int
	gone chan struct{}
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.s.silentAt > 0 && b.n >= b.s.silentAt {
		<-b.gone
		return 0, io.ErrClosedPipe
	}
	select {
	case <-time.After(b.s.bytes):
	case <-b.gone:
		return 0, io.ErrClosedPipe
	}
	if b.s.piece > 0 && len(p) > b.s.piece {
		p = p[:b.s.piece]
	}
	n, err := b.r.Read(p)
	b.n += n
	return n, err
}

func (b *slowBody) Close() error {
	b.s.closed++
	close(b.gone) // a second Close would panic
	return nil
}

func bounded(t *testing.T, b files.Bucket, o *timeout.Options) files.Bucket {
	t.Helper()
	b, err := timeout.New(b, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
