package cache_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
)

// writes are the ways to change the file "a" through a bucket.
var writes = map[string]func(ctx context.Context, b files.Bucket) error{
	"Put": func(ctx context.Context, b files.Bucket) error {
		_, err := files.PutString(ctx, b, "a", "new", nil)
		return err
	},
	"Put of the same bytes": func(ctx context.Context, b files.Bucket) error {
		_, err := files.PutString(ctx, b, "a", "old", &files.PutOptions{
			Attributes: files.Attributes{ContentType: "new/type"},
		})
		return err
	},
	"Writer": func(ctx context.Context, b files.Bucket) error {
		w := files.NewWriter(ctx, b, "a", nil)
		io.WriteString(w, "new, in pieces")
		return w.Close()
	},
	"Copy": func(ctx context.Context, b files.Bucket) error {
		_, err := files.Copy(ctx, b, "a", b, "other", nil)
		return err
	},
	"Copy onto itself": func(ctx context.Context, b files.Bucket) error {
		_, err := files.Copy(ctx, b, "a", b, "a", &files.CopyOptions{
			Attributes: &files.Attributes{ContentType: "new/type"},
		})
		return err
	},
	"Move": func(ctx context.Context, b files.Bucket) error {
		_, err := files.Move(ctx, b, "a", b, "other", nil)
		return err
	},
	"Move away": func(ctx context.Context, b files.Bucket) error {
		_, err := files.Move(ctx, b, "target", b, "a", nil)
		return err
	},
	"Delete": func(ctx context.Context, b files.Bucket) error { return b.Delete(ctx, "a", nil) },
	"DeleteMany": func(ctx context.Context, b files.Bucket) error {
		_, err := files.DeleteMany(ctx, b, slices.Values([]string{"x", "a", "y"}))
		return err
	},
	"UpdateAttributes": func(ctx context.Context, b files.Bucket) error {
		_, err := files.UpdateAttributes(ctx, b, "a", func(a *files.Attributes) error {
			a.Metadata = map[string]string{"new": "yes"}
			return nil
		}, nil)
		return err
	},
	"Update": func(ctx context.Context, b files.Bucket) error {
		_, err := files.Update(ctx, b, "a", func(old []byte) ([]byte, error) {
			return append(old, " and new"...), nil
		}, nil)
		return err
	},
}

// same checks that the cache returns the origin's file "a".
func same(t *testing.T, what string, b, origin files.Bucket) {
	t.Helper()
	got, want := seen(t, b), seen(t, origin)
	if got != want {
		t.Errorf("%s: the cache has %s, the origin %s", what, got, want)
	}
}

func seen(t *testing.T, b files.Bucket) string {
	t.Helper()
	r, err := b.Get(t.Context(), "a", nil)
	if errors.Is(err, files.ErrNotExist) {
		return "nothing"
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := r.ReadString()
	if err != nil {
		t.Fatal(err)
	}
	info := r.Info()
	info.ModTime = time.Time{}
	return fmt.Sprintf("%q %+v", text, info)
}

// lost are the ways in which the response to a write is lost.
var lost = map[string]func(next func() error) error{
	"returned":            func(next func() error) error { return next() },
	"uncertain, done":     func(next func() error) error { next(); return files.ErrUncertain },
	"uncertain, not done": func(func() error) error { return files.ErrUncertain },
	"unavailable, done":   func(next func() error) error { next(); return files.ErrUnavailable },
}

// eachWrite runs f for every write, over both kinds of memory, and for every way of
// lost.
func eachWrite(t *testing.T, f func(t *testing.T, origin *counted, open func() files.Bucket,
	write func(b files.Bucket))) {
	for _, perPut := range []bool{false, true} {
		for name, write := range writes {
			for outcome, around := range lost {
				if strings.HasPrefix(name, "Update") && outcome != "returned" {
					continue // these repeat the call until they know whether it was done
				}
				what := fmt.Sprintf("%s, %s, per put %v", name, outcome, perPut)
				t.Run(what, func(t *testing.T) {
					origin := counting(t, mem.New(&mem.Options{VersionPerPut: perPut}))
					put(t, origin.Bucket, "a", []byte("old"))
					put(t, origin.Bucket, "other", []byte("another, longer"))
					store := mem.New(nil)
					open := func() files.Bucket {
						return newCache(t, origin.Bucket, store, &cache.Options{
							Origin: "o",
							MaxAge: time.Hour,
						})
					}
					f(t, origin, open, func(b files.Bucket) {
						t.Helper()
						before := origin.around.Load()
						origin.hook(func(ctx context.Context, c *files.Call,
							next func(context.Context) error) error {
							switch {
							case c.Op.Writes():
								return around(func() error { return next(ctx) })
							case before != nil:
								return (*before)(ctx, c, next)
							}
							return next(ctx)
						})
						err := write(t.Context(), b)
						if outcome == "returned" && err != nil {
							t.Fatal(err)
						}
						origin.hook(nil)
					})
				})
			}
		}
	}
}

// TestWritesThrough: whatever a write through the cache returns, nothing older is
// returned later, with MaxAge or without, by this process or a later one.
func TestWritesThrough(t *testing.T) {
	eachWrite(t, func(t *testing.T, origin *counted, open func() files.Bucket,
		write func(b files.Bucket)) {
		b := open()
		same(t, "before", b, origin.Bucket)
		write(b)
		same(t, "after", b, origin.Bucket)
		same(t, "after, again", b, origin.Bucket)
		same(t, "of a later process", open(), origin.Bucket)
	})
}

// reads are the writes that also read the file, so that they would wait for a blocked
// Get of it.
var reads = map[string]bool{
	"Update":           true,
	"UpdateAttributes": true,
	"Copy_onto_itself": true,
	"Move_away":        true,
}

// TestHeldGet: content that a Get has read before a write is not stored after it.
func TestHeldGet(t *testing.T) {
	eachWrite(t, func(t *testing.T, origin *counted, open func() files.Bucket,
		write func(b files.Bucket)) {
		if reads[strings.Split(path.Base(t.Name()), ",")[0]] {
			return
		}
		b := open()
		opened, goOn := make(chan struct{}), make(chan struct{})
		first := true
		origin.hook(func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			err := next(ctx)
			if c.Op == files.OpGet && first {
				first = false
				close(opened)
				<-goOn
			}
			return err
		})
		done := make(chan error, 1)
		go func() {
			r, err := b.Get(t.Context(), "a", nil)
			if err == nil {
				_, err = r.ReadAll()
				r.Close()
			}
			done <- err
		}()
		<-opened
		write(b)
		close(goOn)
		if err := <-done; err != nil {
			t.Error(err)
		}
		same(t, "after", b, origin.Bucket)
		same(t, "of a later process", open(), origin.Bucket)
	})
}

// TestEntryThatCannotBeDeleted: nothing outdated is returned if the store can no longer be written.
func TestEntryThatCannotBeDeleted(t *testing.T) {
	for name, write := range writes {
		origin := counting(t, nil)
		put(t, origin.Bucket, "a", []byte("old"))
		put(t, origin.Bucket, "other", []byte("another, longer"))
		memory := mem.New(nil)
		refuses := false
		store := files.Wrap(memory, files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if refuses && c.Op.Writes() {
					return files.ErrPermission
				}
				return next(ctx)
			},
		})
		stats := &cache.Stats{}
		b := newCache(t, origin.Bucket, store, &cache.Options{
			MaxAge: time.Hour,
			Stats:  stats,
		})
		same(t, name+", before", b, origin.Bucket)
		refuses = true
		if err := write(t.Context(), b); err != nil {
			t.Errorf("%s: the write fails: %v", name, err)
		}
		same(t, name, b, origin.Bucket)
		same(t, name+", again", b, origin.Bucket)
		refuses = false
		same(t, name+", writable again", b, origin.Bucket)
		same(t, name+", writable again, a hit", b, origin.Bucket)
		if stats.Counts().StoreErrors == 0 {
			t.Errorf("%s: no error is counted", name)
		}
	}
}

// TestInfoFitsContent: while a file is written all the time, through the cache and not, Info
// and content are of one version.
func TestInfoFitsContent(t *testing.T) {
	origin := counting(t, nil)
	b := newCache(t, origin.Bucket, mem.New(nil), nil)
	content := func(i int) string { return strings.Repeat(string(rune('a'+i%26)), 1+i*37%5000) }
	put(t, origin.Bucket, "a", []byte(content(0)))
	stop := make(chan struct{})
	written := make(chan error, 1)
	go func() {
		for i := 1; ; i++ {
			select {
			case <-stop:
				written <- nil
				return
			default:
			}
			to := b
			if i%2 == 0 {
				to = origin.Bucket
			}
			if _, err := files.PutString(t.Context(), to, "a", content(i), nil); err != nil {
				written <- err
				return
			}
		}
	}()
	for i := range 600 {
		rg := []files.Range{{}, files.Last(7), files.From(3)}[i%3]
		r, err := b.Get(t.Context(), "a", &files.GetOptions{Range: rg})
		if err != nil {
			t.Fatal(err)
		}
		text, err := r.ReadString()
		r.Close()
		if errors.Is(err, files.ErrChanged) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		info := r.Info()
		off, n := rg.Resolve(info.Size)
		if int64(len(text)) != n || r.Offset() != off ||
			strings.Count(text, text[:min(1, len(text))]) != len(text) && text != "" {
			t.Fatalf("%v of a file of %d bytes: %d from %d", rg, info.Size, len(text), r.Offset())
		}
		if rg.IsWhole() && info.Version != versionOf(t, text) {
			t.Fatalf("the version isn't that of the content")
		}
	}
	close(stop)
	if err := <-written; err != nil {
		t.Error(err)
	}
}

// versionOf returns the version of a content in memory.
func versionOf(t *testing.T, text string) files.Version {
	t.Helper()
	return put(t, mem.New(nil), "a", []byte(text)).Version
}
