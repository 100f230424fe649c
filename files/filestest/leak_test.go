package filestest_test

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
	"cloudfiles.dev/files/hedge"
)

// TestLeaksAreReported: what a program forgets fails the test, with its line; what is
// closed, also by a function given to Cleanup, doesn't.
func TestLeaksAreReported(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	put(t, b, "a", "text")
	closed, err := b.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Cleanup(func() { closed.Close() })
	for range b.List(t.Context(), "", nil) {
		break
	}
	if _, err := b.Get(t.Context(), "missing", nil); !errors.Is(err, files.ErrNotExist) {
		t.Fatal(err)
	}
	forgotten, err := b.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	o.end()
	o.want(t, "filestest: a Reader was not closed: \"a\", filestest/leak_test.go:")
	if _, err := io.ReadAll(forgotten); err == nil {
		t.Error("the forgotten Reader still reads after the test")
	}
	forgotten.Close()
}

// TestEndingCallIsNoLeak: a call whose context has ended, such as the slower of two calls
// of package hedge, isn't reported if it ends by itself.
func TestEndingCallIsNoLeak(t *testing.T) {
	test := func(t *testing.T) {
		for range 20 {
			o := observe(t)
			b := filestest.New(o)
			put(t, b, "a", "text")
			b.On(files.OpGet, "a").Nth(1).Delay(time.Hour)
			h, err := hedge.New(b, &hedge.Options{Delay: time.Millisecond, Share: 1})
			if err != nil {
				t.Fatal(err)
			}
			if s, err := files.ReadString(t.Context(), h, "a", nil); s != "text" {
				t.Fatal(s, err)
			}
			o.end()
			o.want(t)
		}
	}
	t.Run("in a bubble", func(t *testing.T) { synctest.Test(t, test) })
	t.Run("outside", test)
}

// TestLostWriterEndsInABubble: a Writer without Commit or Close is reported and ended,
// so that the bubble ends too.
func TestLostWriterEndsInABubble(t *testing.T) {
	o := observe(t)
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(o)
		w := files.NewWriter(t.Context(), b, "lost", nil)
		if _, err := w.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		o.end()
	})
	o.want(t, `a Writer was neither committed nor closed, or a Put still reads its content: `+
		`"lost", filestest/leak_test.go:`)
}

// TestLostWritersLine: a forgotten Writer is reported with the line that made it, also
// through other layers; one that was closed or committed isn't.
func TestLostWritersLine(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	sub, err := files.Sub(b, "dir")
	if err != nil {
		t.Fatal(err)
	}
	_, file, line, _ := runtime.Caller(0)
	files.NewWriter(t.Context(), sub, "lost", nil)
	files.NewWriter(t.Context(), b, "closed", nil).Close()
	if _, err := files.NewWriter(t.Context(), b, "stored", nil).Commit(); err != nil {
		t.Error(err)
	}
	for len(b.Calls()) < 3 { // the Put begins in the Writer's goroutine
		runtime.Gosched()
	}
	o.end()
	o.want(t, fmt.Sprintf(`"dir/lost", filestest/%s:%d`, filepath.Base(file), line+1))
}

// TestAfterTheEnd: calls after the end of the test get an error, and change nothing.
func TestAfterTheEnd(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	o.end()
	_, err := files.PutString(t.Context(), b, "a", "x", nil)
	if !errors.Is(err, files.ErrClosed) {
		t.Errorf("Put: %v, want ErrClosed", err)
	}
	_, err = files.Open(t.Context(), b.URL())
	var e *files.Error
	if !errors.As(err, &e) || e.Kind != files.ErrNoBucket ||
		!strings.Contains(e.Detail, "TestObserved") {
		t.Errorf("Open: %#v", err)
	}
	o.want(t)
}

// TestParallelTestsAreApart: of many tests that run at once, the one that leaks fails.
func TestParallelTestsAreApart(t *testing.T) {
	var all sync.WaitGroup
	fails := make([]*observed, 100)
	for i := range fails {
		fails[i] = observe(t)
		all.Go(func() {
			b := filestest.New(fails[i])
			if _, err := files.PutString(t.Context(), b, "a", "x", nil); err != nil {
				t.Error(err)
			}
			r, err := b.Get(t.Context(), "a", nil)
			if err != nil {
				t.Error(err)
				return
			}
			if i != 42 {
				r.Close()
			}
			fails[i].end()
		})
	}
	all.Wait()
	for i, o := range fails {
		if failed := len(o.errors) > 0; failed != (i == 42) {
			t.Errorf("test %d: %q", i, o.errors)
		}
	}
}
