package files_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// ends counts the operations that began, and how they ended.
type ends struct {
	mu    sync.Mutex
	began map[*files.Call]int
	done  map[*files.Call][]error
}

// watching returns the bucket with every operation noted. at, which may be nil, makes
// operations fail.
func (e *ends) watching(b files.Bucket, h files.Hooks,
	at func(c *files.Call, after bool)) files.Bucket {
	e.began, e.done = map[*files.Call]int{}, map[*files.Call][]error{}
	h.Around = func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
		e.mu.Lock()
		e.began[c]++
		e.mu.Unlock()
		if at != nil {
			at(c, false)
		}
		err := next(ctx)
		if at != nil {
			at(c, true)
		}
		return err
	}
	h.Done = func(_ context.Context, c *files.Call, _ int64, err error) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.done[c] = append(e.done[c], err)
	}
	return files.Wrap(b, h)
}

// check reports an error unless each operation that began ended once, with an error if
// it was cut off.
func (e *ends) check(t *testing.T, what string, cut bool) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.began) == 0 {
		t.Errorf("%s: nothing began", what)
	}
	for c, n := range e.began {
		switch errs := e.done[c]; {
		case n != 1 || len(errs) != 1:
			t.Errorf("%s: %s began %d times, and ended with %v", what, c.Op, n, errs)
		case cut && (errs[0] == nil || !strings.Contains(errs[0].Error(), "panic")):
			t.Errorf("%s: %s ended with %v, which doesn't say so", what, c.Op, errs[0])
		case !cut && errs[0] != nil:
			t.Errorf("%s: %s ended with %v", what, c.Op, errs[0])
		}
	}
	if len(e.done) != len(e.began) {
		t.Errorf("%s: %d operations began, %d ended, want as many", what, len(e.began), len(e.done))
	}
}

// cutOff runs f in a goroutine of its own, because it panics or calls Goexit.
func cutOff(f func()) (panicked any) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { panicked = recover() }()
		f()
	}()
	<-done
	return panicked
}

// oneEach has one call of each operation, for the bucket that full makes.
func oneEach(b files.Bucket) map[string]func() {
	get := func(read func(*files.Reader)) func() {
		return func() {
			r, err := b.Get(ctx, "a", nil)
			if err == nil {
				defer r.Close()
				read(r)
			}
		}
	}
	return map[string]func(){
		"Put":          func() { files.PutString(ctx, b, "new", "x", nil) },
		"Get, ReadAll": get(func(r *files.Reader) { r.ReadAll() }),
		"Get, WriteTo": get(func(r *files.Reader) { r.WriteTo(io.Discard) }),
		"Get, Chunks": get(func(r *files.Reader) {
			r.Chunks(1)(func([]byte, error) bool { return true })
		}),
		"Stat":   func() { b.Stat(ctx, "a", nil) },
		"Delete": func() { b.Delete(ctx, "b", nil) },
		"List": func() {
			b.List(ctx, "", nil)(func(files.Entry, error) bool { return true })
		},
		"Copy":      func() { files.Copy(ctx, b, "copy", b, "a", nil) },
		"Copy from": func() { files.Copy(ctx, mem.New(nil), "copy", b, "a", nil) },
		"Move":      func() { files.Move(ctx, b, "moved", b, "a", nil) },
		"Update":    func() { files.Update(ctx, b, "b", appendX, nil) },
		"DeleteMany": func() {
			files.DeleteMany(ctx, b, func(yield func(string) bool) { yield("c") })
		},
		"DeleteAll": func() { files.DeleteAll(ctx, b) },
		"SignURL":   func() { files.SignURL(ctx, b, "a", &files.SignOptions{Method: "GET"}) },
		"Check":     func() { files.Check(ctx, b) },
		"Usage":     func() { files.Usage(ctx, b, "") },
		"UpdateContent": func() {
			files.UpdateAttributes(ctx, b, "a", func(a *files.Attributes) error {
				a.CacheControl = "x"
				return nil
			}, nil)
		},
	}
}

// TestEveryBeginningEnds: Done is called once for each operation that began, whatever
// ends it, and with an error that says so if it neither returned nor failed.
func TestEveryBeginningEnds(t *testing.T) {
	boom := func() { panic("boom") }
	for how, end := range map[string]func(){"a panic": boom, "Goexit": runtime.Goexit} {
		for name := range oneEach(nil) {
			for _, after := range []bool{false, true} {
				var e ends
				b := e.watching(full(t), files.Hooks{}, func(c *files.Call, then bool) {
					if then == after {
						end()
					}
				})
				cutOff(oneEach(b)[name])
				e.check(t, fmt.Sprintf("%s, %s in Around (behind next: %v)", name, how, after),
					true)
			}
			// The bucket below is a wrapper too, and is cut off from above.
			var e ends
			below := e.watching(full(t), files.Hooks{}, nil)
			b := files.Wrap(below, files.Hooks{
				Around: func(ctx context.Context, c *files.Call,
					next func(context.Context) error) error {
					defer end()
					return next(ctx)
				},
			})
			cutOff(oneEach(b)[name])
			for c := range e.began {
				if len(e.done[c]) != 1 {
					t.Errorf("%s, %s above: %s ended with %v", name, how, c.Op, e.done[c])
				}
			}
		}
		for what, c := range map[string]struct {
			hooks files.Hooks
			do    func(files.Bucket)
		}{
			"a content's Read": {do: func(b files.Bucket) {
				b.Put(ctx, "x", endingReader{end}, nil)
			}},
			"the hook Content": {
				hooks: files.Hooks{
					Content: func(context.Context, *files.Call, io.Reader) io.Reader {
						end()
						return nil
					},
				},
				do: func(b files.Bucket) { files.PutString(ctx, b, "x", "x", nil) },
			},
			"the hook Body": {
				hooks: files.Hooks{Body: func(context.Context, *files.Call, io.Reader) io.Reader {
					end()
					return nil
				}},
				do: func(b files.Bucket) { b.Get(ctx, "a", nil) },
			},
			"a body's Read": {
				hooks: files.Hooks{Body: func(context.Context, *files.Call, io.Reader) io.Reader {
					return endingReader{end}
				}},
				do: func(b files.Bucket) {
					r, err := b.Get(ctx, "a", nil)
					if err == nil {
						defer r.Close()
						r.Read(make([]byte, 10))
					}
				},
			},
			"a body's Read with a timeout": {
				hooks: files.Hooks{Body: func(context.Context, *files.Call, io.Reader) io.Reader {
					return endingReader{end}
				}},
				do: func(b files.Bucket) {
					r, err := b.Get(ctx, "a", &files.GetOptions{ReadTimeout: 1 << 40})
					if err == nil {
						defer r.Close()
						r.WriteTo(io.Discard)
					}
				},
			},
			"the hook Entry": {
				hooks: files.Hooks{Entry: func(*files.Call, files.Entry) bool {
					end()
					return true
				}},
				do: oneEachOf("List"),
			},
			"the hook List": {
				hooks: files.Hooks{
					List: func(context.Context, *files.Call, files.ListOptions,
						func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
					) iter.Seq2[files.Entry, error] {
						end()
						return nil
					},
				},
				do: oneEachOf("List"),
			},
			"a name map": {
				hooks: files.Hooks{Names: &files.NameMap{In: func(string) string {
					end()
					return ""
				}}},
				do: func(b files.Bucket) { b.Stat(ctx, "a", nil) },
			},
			"the body of a loop": {do: func(b files.Bucket) {
				for range b.List(ctx, "", nil) {
					end()
				}
			}},
		} {
			var e ends
			cutOff(func() { c.do(e.watching(full(t), c.hooks, nil)) })
			e.check(t, how+" in "+what, true)
		}
	}
}

func oneEachOf(name string) func(files.Bucket) {
	return func(b files.Bucket) { oneEach(b)[name]() }
}

type endingReader struct{ end func() }

func (r endingReader) Read([]byte) (int, error) { r.end(); return 0, io.EOF }

// TestEndOfLoops: a loop that breaks off ends without an error. A listing that isn't
// ranged over is no operation, and one that is ranged over twice is two. The count is
// that of the entries that the loop got.
func TestEndOfLoops(t *testing.T) {
	var e ends
	counts := []int64{}
	b := e.watching(full(t), files.Hooks{}, nil)
	counted := files.Wrap(b, files.Hooks{
		Done: func(_ context.Context, _ *files.Call, n int64, _ error) {
			counts = append(counts, n)
		},
	})
	seq := counted.List(ctx, "", nil)
	if len(e.began) != 0 {
		t.Error("an iterator that isn't run began something")
	}
	for range seq {
		break
	}
	for range seq {
	}
	next, stop := iter.Pull2(seq)
	next()
	next()
	stop()
	_, stop = iter.Pull2(seq)
	stop()
	e.check(t, "loops", false)
	if fmt.Sprint(counts) != "[1 4 2]" {
		t.Errorf("the loops got %v entries", counts)
	}
	panicked := cutOff(func() {
		for e := range seq {
			if e.Name == "c" {
				panic("boom")
			}
		}
	})
	if panicked != "boom" || counts[len(counts)-1] != 3 {
		t.Errorf("a panic %v in the third turn: %v entries", panicked, counts)
	}
}

// TestPanicReleases: a body that a hook opened before it panicked is closed, and
// the bucket still works.
func TestPanicReleases(t *testing.T) {
	m := mem.New(nil)
	put(t, m, "a", "text")
	closed := 0
	below := files.Wrap(m, files.Hooks{
		Done: func(_ context.Context, c *files.Call, _ int64, _ error) {
			if c.Op == files.OpGet {
				closed++
			}
		},
	})
	b := files.Wrap(below, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			next(ctx)
			panic("boom")
		},
	})
	cutOff(func() { b.Get(ctx, "a", nil) })
	if closed != 1 {
		t.Errorf("%d bodies were closed, want 1", closed)
	}
	has(t, m, "a", "text")
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// TestEachNamePanics: a panic or Goexit in another goroutine of a bulk function reaches
// the caller.
func TestEachNamePanics(t *testing.T) {
	names := make([]string, 100)
	got := cutOff(func() {
		driver.EachName(ctx, names, func(context.Context, string) error { panic("boom") })
	})
	if got != "boom" {
		t.Errorf(`got %v, want "boom"`, got)
	}
	returned := false
	cutOff(func() {
		driver.EachName(ctx, names, func(context.Context, string) error {
			runtime.Goexit()
			return nil
		})
		returned = true
	})
	if returned {
		t.Error("EachName returned, though Goexit ended all that it called")
	}
	n := 0
	var mu sync.Mutex
	errs := driver.EachName(ctx, names, func(context.Context, string) error {
		mu.Lock()
		defer mu.Unlock()
		n++
		return nil
	})
	if n != 100 || len(errs) != 100 || errors.Join(errs...) != nil {
		t.Errorf("%d calls, %v", n, errs)
	}
}

// TestWriterCutOff: a Put that Goexit ends stores nothing, and Commit returns an
// error.
func TestWriterCutOff(t *testing.T) {
	b := files.Wrap(mem.New(nil), files.Hooks{
		Around: func(context.Context, *files.Call, func(context.Context) error) error {
			runtime.Goexit()
			return nil
		},
	})
	w := files.NewWriter(ctx, b, "a", nil)
	w.Write([]byte("x"))
	if _, err := w.Commit(); err == nil || !strings.Contains(err.Error(), "Goexit") {
		t.Errorf("Commit of what never was put: %v", err)
	}
	w.Close()
}
