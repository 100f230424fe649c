package cases

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var cancelPanicsCases = []suite.Case{
	{
		Rule: "X2",
		Name: "content-panics",
		Why: "a panic in the content must reach the caller, and nothing may be stored: a " +
			"server recovers the panic and goes on",
		Needs:   feature.Needs(feature.Atomic),
		Largest: 3 << 20,
		Run:     contentPanics,
	},
	{
		Rule: "X2",
		Name: "content-exits",
		Why: "a Read that ends its goroutine, as a test's FailNow does, must not make the " +
			"next Put hang",
		Needs: feature.Needs(feature.Atomic),
		Run:   contentExits,
	},
	{
		Rule:  "X2",
		Name:  "content-asked",
		Why:   "content that panics in Len or Seek must fail as content that panics in Read does",
		Needs: feature.Needs(feature.Atomic),
		Run:   contentAsked,
	},
	{
		Rule: "X2",
		Name: "caller-panics",
		Why: "a panic in the caller's loop must release every lock: one that stays held " +
			"stops all later requests",
		Run: callerPanics,
	},
}

// callEnd is how a call ended: by returning err, by a panic, or by the end of its
// goroutine.
type callEnd struct {
	err      error
	panicked any
	exited   bool
}

func (e callEnd) String() string {
	switch {
	case e.exited:
		return "it ended the goroutine"
	case e.panicked != nil:
		return fmt.Sprintf("it panicked with %v", e.panicked)
	}
	return check.ErrText(e.err)
}

// endingOf runs f in another goroutine.
func endingOf(f func() error) callEnd {
	e := callEnd{exited: true}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if e.panicked = recover(); e.panicked != nil {
				e.exited = false
			}
		}()
		e.err = f()
		e.exited = false
	}()
	<-done
	return e
}

// casePanic is the value of the panics that cases cause.
const casePanic = "a panic of the case"

// stopping returns a reader of b that then calls stop.
func stopping(b []byte, stop func()) io.Reader {
	return check.ReaderFunc(func(p []byte) (int, error) {
		if len(b) == 0 {
			stop()
			return 0, check.ErrReader
		}
		n := copy(p, b)
		b = b[n:]
		return n, nil
	})
}

// stoppedPut makes Puts that something in the content stops, over an old file and over
// none. They must change nothing, and the bucket must remain usable. check returns what
// is wrong with how a call ended.
func stoppedPut(
	t suite.T, h *suite.H, what string, content func() io.Reader, verify func(callEnd) string,
) {
	t.Helper()
	old := []byte("the old content")
	check.Put(t, h, "d/old", old, nil)
	before := check.Stat(t, h, "d/old")
	for _, name := range []string{"d/old", "d/new"} {
		e := endingOf(func() error {
			_, err := h.Put(t.Context(), name, content(), nil)
			return err
		})
		if wrong := verify(e); wrong != "" {
			t.Errorf("Put(%q), %s: %v, %s", name, what, e, wrong)
		}
		check.WantContent(t, h, "d/old", old)
		check.Same(t, "Stat of the old file after "+what, check.Stat(t, h, "d/old"), before)
		check.WantOnly(t, h, "d/old")
	}
	h.Clean(t, "a Put, "+what)
	wantUsable(t, h, "d/old", "d/new")
}

// wantUsable puts, reads and deletes the files, also through a second handle.
func wantUsable(t suite.T, h *suite.H, names ...string) {
	t.Helper()
	handles := []files.Bucket{h}
	if h.Harness.Second != nil {
		handles = append(handles, h.Second(t))
	}
	for i, b := range handles {
		for _, name := range names {
			c := check.Content(i, 3000)
			check.Put(t, b, name, c, nil)
			check.WantContent(t, h, name, c)
		}
	}
	for _, name := range names {
		check.Remove(t, h, name)
	}
	check.WantOnly(t, h)
}

// panicsOn returns what is wrong unless the case's panic reached the caller.
func panicsOn(e callEnd) string {
	if e.panicked != casePanic {
		return fmt.Sprintf("want the panic of the content, %q", casePanic)
	}
	return ""
}

// neverWell returns what is wrong if the call succeeded.
func neverWell(e callEnd) string {
	if e == (callEnd{}) {
		return "want a failure"
	}
	return ""
}

var stops = []int{0, 1000, 100_000}

func contentPanics(t suite.T, h *suite.H) {
	for _, at := range append(stops, 3<<20) {
		what := fmt.Sprintf("the content panics after %d bytes", at)
		stoppedPut(t, h, what, func() io.Reader {
			return stopping(check.Content(1, at), func() { panic(casePanic) })
		}, panicsOn)
	}
	if h.F.IfAbsent {
		o := &files.PutOptions{If: files.IfAbsent()}
		e := endingOf(func() error {
			broken := stopping(check.Content(1, 5000), func() { panic(casePanic) })
			_, err := h.Put(t.Context(), "once", broken, o)
			return err
		})
		if wrong := panicsOn(e); wrong != "" {
			t.Errorf("Put with IfAbsent of a content that panics: %v, %s", e, wrong)
		}
		check.Put(t, h, "once", check.Content(2, 10), o)
		check.WantContent(t, h, "once", check.Content(2, 10))
	}
}

func contentExits(t suite.T, h *suite.H) {
	for _, at := range stops {
		what := fmt.Sprintf("the content calls runtime.Goexit after %d bytes", at)
		stoppedPut(t, h, what, func() io.Reader {
			return stopping(check.Content(1, at), runtime.Goexit)
		}, neverWell)
	}
}

// asked is content with more methods than Read. Each of them may stop.
type asked struct {
	*bytes.Reader
	len, seek, write, at, size func()
}

func (a *asked) Len() int {
	a.len()
	return a.Reader.Len()
}

func (a *asked) Size() int64 {
	a.size()
	return a.Reader.Size()
}

func (a *asked) Seek(offset int64, whence int) (int64, error) {
	a.seek()
	return a.Reader.Seek(offset, whence)
}

func (a *asked) WriteTo(w io.Writer) (int64, error) {
	a.write()
	return a.Reader.WriteTo(w)
}

func (a *asked) ReadAt(p []byte, offset int64) (int, error) {
	a.at()
	return a.Reader.ReadAt(p, offset)
}

// contentAsked puts content whose other methods stop. A bucket that doesn't call them
// stores the content.
func contentAsked(t suite.T, h *suite.H) {
	c := check.Content(1, 5000)
	for how, stop := range map[string]func(){
		"panics":               func() { panic(casePanic) },
		"calls runtime.Goexit": runtime.Goexit,
	} {
		for method, set := range map[string]func(*asked){
			"Len":     func(a *asked) { a.len = stop },
			"Size":    func(a *asked) { a.size = stop },
			"Seek":    func(a *asked) { a.seek = stop },
			"WriteTo": func(a *asked) { a.write = stop },
			"ReadAt":  func(a *asked) { a.at = stop },
		} {
			fine := func() {}
			a := &asked{bytes.NewReader(c), fine, fine, fine, fine, fine}
			set(a)
			e := endingOf(func() error {
				_, err := h.Put(t.Context(), "a", a, nil)
				return err
			})
			what := fmt.Sprintf("a Put of content whose %s %s", method, how)
			switch {
			case e == (callEnd{}):
				check.WantContent(t, h, "a", c)
			default:
				if how == "panics" && e.panicked != casePanic {
					t.Errorf("%s: %v, want the panic or a stored file", what, e)
				}
				check.WantOnly(t, h)
			}
			h.Clean(t, what)
			wantUsable(t, h, "a")
		}
	}
}

// callerPanics stops in all other code that the caller passes to a call.
func callerPanics(t suite.T, h *suite.H) {
	c := check.Content(1, 5000)
	names := []string{"a", "d/b", "d/c"}
	for how, stop := range map[string]func(){
		"panics":               func() { panic(casePanic) },
		"calls runtime.Goexit": runtime.Goexit,
	} {
		for what, call := range stoppingCalls(t.Context(), h, stop) {
			for _, name := range names {
				check.Put(t, h, name, c, nil)
			}
			e := endingOf(call)
			if e == (callEnd{}) || how == "panics" && e.panicked != casePanic {
				t.Errorf("%s that %s: %v, want the same in the caller", what, how, e)
			}
			for _, name := range names {
				check.WantContent(t, h, name, c)
			}
			h.Clean(t, what+" that "+how)
			wantUsable(t, h, names...)
		}
	}
}

// stoppingCalls returns calls that run code of the caller, which calls stop.
func stoppingCalls(ctx context.Context, h *suite.H, stop func()) map[string]func() error {
	loop := func(dir string, o *files.ListOptions) func() error {
		return func() error {
			for range h.List(ctx, dir, o) {
				stop()
			}
			return nil
		}
	}
	calls := map[string]func() error{
		"a loop's body":                  loop("", nil),
		"a loop's body over directories": loop("", &files.ListOptions{Shallow: true, PageSize: 1}),
		"a loop's body in a directory":   loop("d", nil),
		"a writer of Download": func() error {
			_, err := files.Download(ctx, h.Bucket, "a", writerFunc(func([]byte) (int, error) {
				stop()
				return 0, check.ErrReader
			}), nil)
			return err
		},
		"a sequence of names": func() error {
			_, err := files.DeleteMany(ctx, h.Bucket, func(func(string) bool) { stop() })
			return err
		},
	}
	if h.F.IfVersion {
		calls["a function of Update"] = func() error {
			_, err := files.Update(ctx, h.Bucket, "a", func([]byte) ([]byte, error) {
				stop()
				return nil, errors.New("it went on")
			}, nil)
			return err
		}
	}
	return calls
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
