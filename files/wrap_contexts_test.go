package files_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestListingHasTheHooksContext: the context that Around gives to next is the one of the
// listing below, for its whole time.
func TestListingHasTheHooksContext(t *testing.T) {
	type key struct{}
	seen := 0
	below := files.Wrap(tree(t), files.Hooks{
		Begin: func(ctx context.Context, _ *files.Call) (context.Context, error) {
			if ctx.Value(key{}) == 1 {
				seen++
			}
			return ctx, nil
		},
	})
	b := around(below, func(ctx context.Context, _ *files.Call,
		next func(context.Context) error) error {
		return next(context.WithValue(ctx, key{}, 1))
	})
	for _, err := range b.List(ctx, "", nil) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen != 1 {
		t.Errorf("%d listings have the hook's context, want 1", seen)
	}
}

// TestDeadlineOfAHookReachesTheBody: after the deadline of the context that Around gave
// to next, the context of the body below has ended because of a deadline.
func TestDeadlineOfAHookReachesTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var below context.Context
		b := around(&answering{mem.New(nil), func(ctx context.Context,
			_ files.GetOptions) (*files.Reader, error) {
			below = ctx
			return bodyOf(ctx, io.NopCloser(strings.NewReader("text")), 0), nil
		}}, func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			ctx, cancel := context.WithTimeout(ctx, time.Hour)
			context.AfterFunc(ctx, cancel)
			return next(ctx)
		})
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if err := below.Err(); err != nil {
			t.Errorf("before the deadline: %v, want no error", err)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if err := below.Err(); err != context.DeadlineExceeded {
			t.Errorf("after the deadline: %v, want context.DeadlineExceeded", err)
		}
	})
}

// TestHookGivesUpWhileItOpens: if the context that Around gave to next ends before the
// bucket below, which doesn't notice, has opened the body, the Get fails and the body is
// closed.
func TestHookGivesUpWhileItOpens(t *testing.T) {
	var cancel func()
	opened := &body{Reader: strings.NewReader("text")}
	b := around(&answering{mem.New(nil), func(ctx context.Context,
		_ files.GetOptions) (*files.Reader, error) {
		cancel()
		return bodyOf(context.WithoutCancel(ctx), opened, 0), nil
	}}, func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
		ctx, cancel = context.WithCancel(ctx)
		return next(ctx)
	})
	r, err := b.Get(ctx, "a", nil)
	if is(t, err, context.Canceled); r != nil || opened.closed != 1 {
		t.Errorf("Get = %v, %v, and the body was closed %d times, want once", r, err, opened.closed)
	}
}
