package filestest_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// everything uses every feature of the fake, from inside a bubble.
func everything(t *testing.T, b *filestest.Bucket) {
	ctx := t.Context()
	began := time.Now()
	b.Clock.Set(began.Add(time.Hour))
	b.FillTree(t, filestest.Tree{"big": "0123456789"})
	b.On(files.OpPut, "slow").Delay(time.Hour)
	b.On(files.OpGet, "big").Nth(1).StallAfter(3, time.Hour)
	b.On(files.OpGet, "big").Nth(1).BreakAfter(3)
	b.On(files.OpList, "").Nth(1).StallAfter(0, time.Hour)
	b.On(files.OpStat, "big").Nth(1).Fail(files.ErrUnavailable)
	b.On(files.OpPut, "lock").LoseAnswer(filestest.Stored)

	// A delay holds up nobody else.
	slow := make(chan error)
	go func() {
		_, err := files.PutString(ctx, b, "slow", "x", nil)
		slow <- err
	}()
	synctest.Wait()
	if _, err := b.Stat(ctx, "big", nil); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("Stat: %v, want ErrUnavailable", err)
	}
	put(t, b, "quick", "x")
	_ = b.Calls()
	if took := time.Since(began); took != 0 {
		t.Errorf("other calls waited %v", took)
	}
	if err := <-slow; err != nil || time.Since(began) != time.Hour {
		t.Errorf("the delayed call: %v after %v", err, time.Since(began))
	}
	if got, err := files.ReadString(ctx, b, "big", nil); got != "0123456789" || err != nil ||
		time.Since(began) != 2*time.Hour {
		t.Errorf("a body that waits: %q, %v after %v", got, err, time.Since(began))
	}
	if _, err := files.ReadString(ctx, b, "big", nil); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("a body that breaks: %v, want ErrUnavailable", err)
	}
	n := 0
	for _, err := range b.List(ctx, "", nil) {
		if err != nil {
			t.Error(err)
		}
		n++
	}
	if n != 3 || time.Since(began) != 3*time.Hour {
		t.Errorf("%d entries after %v", n, time.Since(began))
	}
	if _, err := files.PutString(ctx, b, "lock", "x", nil); !errors.Is(err,
		files.ErrUncertain) {
		t.Errorf("Put: %v", err)
	}

	w := files.NewWriter(ctx, b, "written", nil)
	if _, err := io.WriteString(w, "x"); err != nil {
		t.Error(err)
	}
	if _, err := w.Commit(); err != nil {
		t.Error(err)
	}
	up := sign(t, b, "signed", files.SignOptions{Method: http.MethodPut, Expiry: time.Minute})
	if code, text := send(t, b.Client(), up, "x", nil); code != http.StatusOK {
		t.Errorf("PUT: %d %s", code, text)
	}
	b.Clock.Advance(time.Minute + time.Second)
	if code, _ := send(t, b.Client(), up, "x", nil); code != http.StatusForbidden {
		t.Errorf("PUT after its time: %d", code)
	}
	s := b.Snapshot()
	opened, err := files.Open(ctx, b.URL())
	if err != nil {
		t.Fatal(err)
	}
	put(t, opened, "more", "x")
	b.WantCreated(t, "lock", "more", "quick", "signed", "slow", "written")
	b.Restore(t, s)
	b.WantNone(t, "more")
	around := filestest.Around(t, mem.New(nil), nil)
	around.On(files.OpPut, "").Nth(1).Delay(time.Hour)
	put(t, around, "a", "x")
	around.Want(t, filestest.Tree{"a": "x"})
}

// TestInABubble: every feature works in a bubble, with a fake that is made inside or
// outside of it, and waits take no time.
func TestInABubble(t *testing.T) {
	t.Run("inside", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { everything(t, filestest.New(t)) })
	})
	t.Run("outside", func(t *testing.T) {
		t.Parallel()
		b := filestest.New(t)
		synctest.Test(t, func(t *testing.T) { everything(t, b) })
	})
	t.Run("sweep", func(t *testing.T) {
		runs := 0
		filestest.Sweep(t, files.ErrUnavailable, func(t *testing.T, b *filestest.Bucket) {
			runs++
			b.FillTree(t, filestest.Tree{"a": "x"})
			b.On(files.OpStat, "").Rate(1, 1).Delay(time.Hour)
			synctest.Test(t, func(t *testing.T) {
				b.Stat(t.Context(), "a", nil)
				b.Delete(t.Context(), "a", nil)
			})
		})
		if runs != 3 {
			t.Errorf("%d runs", runs)
		}
	})
}

// TestNothingIsLeft: when the test ends, whatever it left open ends: the bubble waits for
// every goroutine. Nothing of it needs the test's context.
func TestNothingIsLeft(t *testing.T) {
	o := observe(t)
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(o)
		b.FillTree(t, filestest.Tree{"a": "text", "b": "text"})
		b.On(files.OpStat, "").Delay(1000 * time.Hour)
		b.On(files.OpGet, "b").StallAfter(1, 1000*time.Hour)
		ctx := context.Background()
		if _, err := b.Get(ctx, "a", nil); err != nil {
			t.Fatal(err)
		}
		stalled, err := b.Get(ctx, "b", nil)
		if err != nil {
			t.Fatal(err)
		}
		next, stop := iter.Pull2(b.List(ctx, "", nil))
		defer stop()
		next()
		w := files.NewWriter(ctx, b, "lost", nil)
		if _, err := w.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		down := sign(t, b, "a", files.SignOptions{})
		resp, err := b.Client().Get(down.URL)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("GET: %v, %v", resp, err)
		}
		began := time.Now()
		ends := make(chan error, 2)
		go func() {
			_, err := b.Stat(ctx, "a", nil)
			ends <- err
		}()
		go func() {
			_, err := io.ReadAll(stalled)
			ends <- err
		}()
		synctest.Wait()
		o.end()
		for range 2 {
			if err := <-ends; !errors.Is(err, files.ErrClosed) {
				t.Errorf("a call that waited: %v, want ErrClosed", err)
			}
		}
		if took := time.Since(began); took > 100*time.Millisecond { // for the Stat (X2)
			t.Errorf("the end took %v", took)
		}
		if text, err := io.ReadAll(resp.Body); string(text) != "text" || err != nil {
			t.Errorf("the response that was held: %q, %v", text, err)
		}
		stalled.Close()
	})
	o.want(t, `a Reader was not closed: "a"`, `a Reader was not closed: "b"`,
		`a listing was not ended: ""`, `a Writer was neither committed nor closed`,
		`a call of stat has not ended: "a"`)
}

// TestAfterItsContext: at the end of a test its context is over, before the functions
// given to Cleanup are called. What was forgotten is reported all the same, once, and
// what such a function closes isn't.
func TestAfterItsContext(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	b.FillTree(t, filestest.Tree{"a": "text"})
	ctx, cancel := context.WithCancel(t.Context())
	open := func(name string) (*files.Reader, *files.Writer) {
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		w := files.NewWriter(ctx, b, name, nil)
		if _, err := w.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		return r, w
	}
	r, w := open("closed")
	o.Cleanup(func() {
		r.Close()
		w.Close()
	})
	open("forgotten")
	b.On(files.OpPut, "failed").Fail(files.ErrUnavailable)
	failed := files.NewWriter(ctx, b, "failed", nil)
	if _, err := failed.Write([]byte("x")); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("Write: %v, want ErrUnavailable", err)
	}
	committed := files.NewWriter(ctx, b, "failed", nil)
	if _, err := committed.Commit(); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("Commit: %v, want ErrUnavailable", err)
	}
	cancel()
	for done := 0; done < 4; { // the Puts have ended with the context
		runtime.Gosched()
		done = 0
		for _, c := range b.Calls() {
			if c.Op == files.OpPut && c.Done {
				done++
			}
		}
	}
	o.end()
	o.want(t, `a Reader was not closed: "a", filestest/bubble_test.go:`,
		`a Writer was neither committed nor closed, or a Put still reads its content: "forgotten"`,
		`a Writer was neither committed nor closed, or a Put still reads its content: "failed"`)
}

// TestForgottenInABubble: what is forgotten in a bubble by a fake that was made outside
// is reported as usual, when the bubble has long ended.
func TestForgottenInABubble(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	b.FillTree(t, filestest.Tree{"a": "text"})
	synctest.Test(t, func(t *testing.T) {
		b.On(files.OpGet, "a").Delay(time.Second) // waits for a channel of the bubble's
		r, err := b.Get(context.Background(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); err != nil {
			t.Error(err)
		}
	})
	o.end()
	o.want(t, `a Reader was not closed: "a", filestest/bubble_test.go:`)
}
