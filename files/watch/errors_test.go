package watch

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// gets returns memory whose Gets are those of a test.
func gets(answer func(ctx context.Context, c *files.Call,
	next func(context.Context) error) error) files.Bucket {
	return files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Op != files.OpGet {
				return next(ctx)
			}
			return answer(ctx, c, next)
		},
	})
}

// TestUnknownErrors: an error without a sentinel ends the watch, and a deadline that
// isn't that of File's context doesn't.
func TestUnknownErrors(t *testing.T) {
	own := errors.New("a hook's own")
	synctest.Test(t, func(t *testing.T) {
		polls := 0
		s := &seer{t: t, b: gets(func(ctx context.Context, _ *files.Call,
			next func(context.Context) error) error {
			switch polls++; polls {
			case 1, 2:
				return context.DeadlineExceeded
			case 4:
				return own
			}
			return next(ctx)
		})}
		s.put("one")
		var reported []int
		err := File(t.Context(), s.b, "d/a", every, s.handle, &Options{
			OnError: func(err error, inARow int) {
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("OnError gets %v, want the deadline", err)
				}
				reported = append(reported, inARow)
			},
		})
		if !errors.Is(err, own) || polls != 4 {
			t.Errorf("after %d polls File returns %v, want the hook's error after 4", polls, err)
		}
		if !slices.Equal(s.seen, []string{"one"}) || !slices.Equal(reported, []int{1, 2}) {
			t.Errorf("%q were reported, and the failures %v", s.seen, reported)
		}
	})
}

// TestConditionIgnored: if the bucket ignores the condition of a poll, a content is
// reported once all the same.
func TestConditionIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &seer{t: t, b: gets(func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			c.Get = &files.GetOptions{}
			return next(ctx)
		})}
		s.put("one")
		wait := s.start(nil)
		s.looks(3)
		s.put("two")
		s.looks(3)
		if err := wait(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if !slices.Equal(s.seen, []string{"one", "two"}) {
			t.Errorf("%q were reported, want each content once", s.seen)
		}
	})
}
