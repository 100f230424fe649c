package files_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestCallThatSucceedsTooLate: a call of next that succeeds after Around has returned, or
// panicked, is ErrClosed, and its body is closed.
func TestCallThatSucceedsTooLate(t *testing.T) {
	for what, end := range map[string]func() error{
		"returned": func() error { return errBroken },
		"panicked": func() error { panic("the hook's") },
	} {
		release, result := make(chan bool), make(chan error)
		late := &body{Reader: strings.NewReader("text")}
		b := around(&answering{mem.New(nil), func(ctx context.Context,
			_ files.GetOptions) (*files.Reader, error) {
			<-release
			return bodyOf(context.WithoutCancel(ctx), late, 0), nil
		}}, func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			go func() { result <- next(ctx) }()
			return end()
		})
		func() {
			defer func() { recover() }()
			if r, err := b.Get(ctx, "a", nil); r != nil || !errors.Is(err, errBroken) {
				t.Errorf("%s: Get = %v, %v, want the hook's error", what, r, err)
			}
		}()
		close(release)
		if err := <-result; !errors.Is(err, files.ErrClosed) || late.closed != 1 {
			t.Errorf("%s: next = %v, and the body was closed %d times, want ErrClosed and once",
				what, err, late.closed)
		}
	}
}

// ownContext is a hook that calls next with a context which nothing else ends.
func ownContext(t *testing.T) func(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	return func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		t.Cleanup(cancel)
		return next(own)
	}
}

// TestContextsOfBodiesEnd: a context that a wrapper made for a body has ended when the body
// is closed, or wasn't opened, and not before; also that of a wrapper below. So the bucket
// below can release what waits for its end (X2).
func TestContextsOfBodiesEnd(t *testing.T) {
	for what, c := range map[string]struct {
		fails  error // of the bucket below
		hook   func(context.Context, *files.Call, io.Reader) io.Reader
		panics bool
	}{
		"opened":      {},
		"with a Body": {hook: same},
		"fails":       {fails: errBroken},
		"panics": {panics: true, hook: func(context.Context, *files.Call,
			io.Reader) io.Reader {
			panic("the hook's")
		}},
	} {
		var ctxs []context.Context
		note := func(ctx context.Context, _ *files.Call) (context.Context, error) {
			ctxs = append(ctxs, ctx)
			return ctx, nil
		}
		opened := &body{Reader: strings.NewReader("text")}
		below := &answering{mem.New(nil), func(ctx context.Context,
			_ files.GetOptions) (*files.Reader, error) {
			if c.fails != nil {
				return nil, c.fails
			}
			return bodyOf(ctx, opened, 0), nil
		}}
		lower := files.Wrap(files.Wrap(below, files.Hooks{Begin: note}),
			files.Hooks{Around: ownContext(t), Body: c.hook})
		b := files.Wrap(files.Wrap(lower, files.Hooks{Begin: note}),
			files.Hooks{Around: ownContext(t)})
		var r *files.Reader
		var err error
		func() {
			defer func() {
				if v := recover(); (v != nil) != c.panics {
					t.Errorf("%s: the panic is %v", what, v)
				}
			}()
			r, err = b.Get(ctx, "a", nil)
		}()
		if !errors.Is(err, c.fails) || len(ctxs) != 2 {
			t.Fatalf("%s: Get = %v with %d contexts, want %v and two", what, err, len(ctxs),
				c.fails)
		}
		for i, made := range ctxs {
			if err := made.Err(); r != nil && err != nil {
				t.Errorf("%s: context %d has ended before the body: %v", what, i, err)
			}
		}
		r.Close()
		for i, made := range ctxs {
			if made.Err() == nil {
				t.Errorf("%s: context %d has not ended with the body", what, i)
			}
		}
		if want := map[bool]int{true: 0, false: 1}[c.fails != nil]; opened.closed != want {
			t.Errorf("%s: the body was closed %d times, want %d", what, opened.closed, want)
		}
	}
}

// TestPanicOfBodyCloses: if the hook Body panics, the body below is closed.
func TestPanicOfBodyCloses(t *testing.T) {
	below, open := openBodies(mem.New(nil))
	put(t, below, "a", "text")
	b := files.Wrap(below, files.Hooks{
		Body: func(context.Context, *files.Call, io.Reader) io.Reader { panic("the hook's") },
	})
	func() {
		defer func() { recover() }()
		b.Get(ctx, "a", nil)
	}()
	if n := open.Load(); n != 0 {
		t.Errorf("%d bodies are open, want none", n)
	}
}

// TestContextOfAHookReachesTheOpening: while a body is being opened, the end of the context
// that Around gave to next reaches the bucket below, with its cause.
func TestContextOfAHookReachesTheOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := around(&answering{mem.New(nil), func(ctx context.Context,
			_ files.GetOptions) (*files.Reader, error) {
			<-ctx.Done()
			if ctx.Err() != context.DeadlineExceeded {
				t.Errorf("the context below ends with %v", ctx.Err())
			}
			if cause := context.Cause(ctx); cause != context.DeadlineExceeded {
				t.Errorf("the cause below is %v", cause)
			}
			return nil, errBroken
		}}, func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			return next(ctx)
		})
		_, err := b.Get(ctx, "a", nil)
		is(t, err, context.DeadlineExceeded)
	})
}

// TestContextOfAListing: a deferred cancel of a hook doesn't end the context of a listing.
// The caller's end does, with its cause, and so does the end of the loop.
func TestContextOfAListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made context.Context
		below := files.Wrap(tree(t), files.Hooks{
			Begin: func(ctx context.Context, _ *files.Call) (context.Context, error) {
				made = ctx
				return ctx, nil
			},
		})
		type key struct{}
		b := around(below,
			func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
				ctx, cancel := context.WithCancel(context.WithValue(ctx, key{}, 1))
				defer cancel()
				return next(ctx)
			})
		for _, err := range b.List(t.Context(), "", nil) {
			if err != nil || made.Err() != nil || made.Value(key{}) != 1 {
				t.Errorf("%v; the context of the listing has ended: %v", err, made.Err())
			}
		}
		if made.Err() == nil {
			t.Error("the context of the listing has not ended with it")
		}
		caller, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		for range b.List(caller, "", nil) {
			cancel(errBroken)
			synctest.Wait()
			if made.Err() != context.Canceled || context.Cause(made) != errBroken {
				t.Errorf("after the caller's end the context has %v, %v", made.Err(),
					context.Cause(made))
			}
			break
		}
	})
}

// TestBodyOfADecoderFails: an error of a hook's reader whose Close returns nothing reaches
// the caller, and the reader is closed once.
func TestBodyOfADecoderFails(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	closed := 0
	b := files.Wrap(store, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, _ io.Reader) io.Reader {
			return &closing{&broken{"te", errBroken}, func() { closed++ }}
		},
	})
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 4)
	if n, err := io.ReadFull(r, p); n != 2 || !errors.Is(err, errBroken) {
		t.Errorf("read %d bytes, %v, want 2 and the reader's error", n, err)
	}
	r.Close()
	if r.Close(); closed != 1 {
		t.Errorf("the hook's reader was closed %d times, want once", closed)
	}
}
