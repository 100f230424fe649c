package retry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// flaky is a bucket in memory. Operations of one kind fail a number of times, before or
// after they are carried out.
type flaky struct {
	files.Bucket
	op    files.Op
	times int  // how often the operation will fail
	after bool // it fails after it was carried out
	calls int
	got   []string // the contents that were read, perhaps in part
}

func newFlaky(op files.Op, times int, after bool) *flaky {
	f := &flaky{op: op, times: times, after: after}
	f.Bucket = files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op != f.op {
				return next(ctx)
			}
			if f.calls++; f.calls > f.times {
				return next(ctx)
			}
			if f.after {
				next(ctx)
			} else if c.Content != nil {
				p := make([]byte, 3)
				n, _ := io.ReadFull(c.Content, p)
				f.got = append(f.got, string(p[:n]))
			}
			return unavailable()
		},
	})
	return f
}

func TestWrap(t *testing.T) {
	sized := func(s string) io.Reader { return strings.NewReader(s) }
	stream := func(s string) io.Reader { return struct{ io.Reader }{strings.NewReader(s)} }
	put := func(content func(string) io.Reader, o *files.PutOptions) func(files.Bucket) error {
		return func(b files.Bucket) error {
			r := content("-new text")
			r.Read(make([]byte, 1)) // a content may begin in its middle
			_, err := b.Put(context.Background(), "f", r, o)
			return err
		}
	}
	for name, c := range map[string]struct {
		op       files.Op
		times    int
		after    bool
		do       func(files.Bucket) error
		calls    int
		want     error
		attempts int
		content  string // of f; "" is none
	}{
		"put":                 {files.OpPut, 2, false, put(sized, nil), 3, nil, 0, "new text"},
		"put, done each time": {files.OpPut, 2, true, put(sized, nil), 3, nil, 0, "new text"},
		"put, always": {files.OpPut, 9, false, put(sized,
			nil), 5, files.ErrUnavailable, 5, "old"},
		"put of a stream": {files.OpPut, 1, false, put(stream,
			nil), 1, files.ErrUnavailable, 1, "old"},
		"put if absent": {files.OpPut, 1, false, put(sized,
			&files.PutOptions{If: files.IfAbsent()}), 2, files.ErrUncertain, 2, "old"},
		"put if absent, at once": {files.OpPut, 0, false, put(sized,
			&files.PutOptions{If: files.IfAbsent()}), 1, files.ErrExist, 0, "old"},
		"put if version, after it": {files.OpPut, 1, true, func(b files.Bucket) error {
			i, err := b.Stat(context.Background(), "f", nil)
			if err != nil {
				return err
			}
			return put(sized, &files.PutOptions{If: files.IfVersion(i.Version)})(b)
		}, 2, files.ErrUncertain, 2, "new text"},
		"delete": {files.OpDelete, 2, true, func(b files.Bucket) error {
			return b.Delete(context.Background(), "f", nil)
		}, 3, nil, 0, ""},
		"delete if version, after it": {files.OpDelete, 1, true, func(b files.Bucket) error {
			i, err := b.Stat(context.Background(), "f", nil)
			if err != nil {
				return err
			}
			return b.Delete(context.Background(), "f", &files.DeleteOptions{IfVersion: i.Version})
		}, 2, files.ErrUncertain, 2, ""},
		"stat": {files.OpStat, 2, false, func(b files.Bucket) error {
			_, err := b.Stat(context.Background(), "f", nil)
			return err
		}, 3, nil, 0, "old"},
		"stat, none": {files.OpStat, 2, false, func(b files.Bucket) error {
			_, err := b.Stat(context.Background(), "g", nil)
			return err
		}, 3, files.ErrNotExist, 3, "old"},
		"get": {files.OpGet, 2, true, func(b files.Bucket) error {
			s, err := files.ReadString(context.Background(), b, "f", nil)
			if err == nil && s != "old" {
				err = errors.New(s)
			}
			return err
		}, 3, nil, 0, "old"},
		"copy": {files.OpCopy, 2, true, func(b files.Bucket) error {
			_, err := files.Copy(context.Background(), b, "g", b, "f", nil)
			return err
		}, 3, nil, 0, "old"},
		"check": {files.OpCheck, 2, false, func(b files.Bucket) error {
			return files.Check(context.Background(), b)
		}, 3, nil, 0, "old"},
		"delete many": {files.OpDeleteMany, 2, false, func(b files.Bucket) error {
			res, err := files.DeleteMany(context.Background(), b, slices.Values([]string{"f", "g"}))
			if err == nil && res.Deleted != 2 {
				err = fmt.Errorf("deleted %d", res.Deleted)
			}
			return err
		}, 3, nil, 0, ""},
		"delete many, always": {files.OpDeleteMany, 9, false, func(b files.Bucket) error {
			res, err := files.DeleteMany(context.Background(), b, slices.Values([]string{"f"}))
			if len(res.Failed) != 1 {
				return fmt.Errorf("%d failed", len(res.Failed))
			}
			return errors.Join(res.Failed[0], err)
		}, 5, files.ErrUnavailable, 5, "old"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFlaky(c.op, 0, c.after)
				if _, err := files.PutString(t.Context(), f, "f", "old", nil); err != nil {
					t.Fatal(err)
				}
				f.times, f.calls = c.times, 0
				b := retry.Wrap(f.Bucket, nil)
				err := c.do(b)
				if !errors.Is(err,
					c.want) || err != nil && c.want == nil || retry.Attempts(err) != c.attempts {
					t.Errorf("got %v (%d attempts), want %v (%d)", err, retry.Attempts(err), c.want,
						c.attempts)
				}
				if f.calls != c.calls {
					t.Errorf("%d calls below, want %d", f.calls, c.calls)
				}
				for _, g := range f.got {
					if g != "new" {
						t.Errorf("the content began with %q", g)
					}
				}
				f.times = 0
				if s, err := files.ReadString(t.Context(), f, "f",
					nil); s != c.content || (err != nil) != (c.content == "") {
					t.Errorf("f has the content %q, %v; want %q", s, err, c.content)
				}
			})
		})
	}
}

// breaking interrupts a listing after a number of entries, and does so times times.
func breaking(every, times int) (b files.Bucket, begun *int) {
	begun = new(int)
	return files.Wrap(mem.New(nil), files.Hooks{
		List: func(ctx context.Context, _ *files.Call, o files.ListOptions,
			list func(context.Context,
				files.ListOptions) iter.Seq2[files.Entry, error]) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				*begun++
				n := 0
				for e, err := range list(ctx, o) {
					if n == every && times > 0 {
						times--
						yield(files.Entry{}, unavailable())
						return
					}
					if n++; !yield(e, err) {
						return
					}
				}
			}
		},
	}), begun
}

func TestWrapList(t *testing.T) {
	names := func(b files.Bucket, o *files.ListOptions) (s string, err error) {
		for e, err := range b.List(context.Background(), "", o) {
			if err != nil {
				return s, err
			}
			s += e.Name + " "
		}
		return s, nil
	}
	const all = "a b c/d e/f e/g h "
	for _, c := range []struct {
		every, times int
		opts         *files.ListOptions
		want         string
		attempts     int // -1: no error
		begun        int
	}{
		{1, 0, nil, all, -1, 1},
		{1, 99, nil, all, -1, 6},
		{2, 1, nil, all, -1, 2},
		{2, 99, &files.ListOptions{Shallow: true}, "a b c/ e/ h ", -1, 3},
		{2, 99, &files.ListOptions{Limit: 3}, "a b c/d ", -1, 2},
		{2, 99, &files.ListOptions{StartAfter: "b", Limit: 3}, "c/d e/f e/g ", -1, 2},
		{0, 4, nil, all, -1, 5},
		{0, 99, nil, "", 5, 5},
	} {
		synctest.Test(t, func(t *testing.T) {
			inner, begun := breaking(c.every, c.times)
			for _, n := range strings.Fields(all) {
				if _, err := files.PutString(t.Context(), inner, n, "", nil); err != nil {
					t.Fatal(err)
				}
			}
			got, err := names(retry.Wrap(inner, nil), c.opts)
			if got != c.want || (err == nil) != (c.attempts < 0) ||
				err != nil && retry.Attempts(err) != c.attempts || *begun != c.begun {
				t.Errorf("%+v: %q, %v (%d attempts) in %d listings", c, got, err,
					retry.Attempts(err), *begun)
			}
		})
	}
	// Leaving the loop ends the listing.
	inner, begun := breaking(0, 0)
	files.PutString(t.Context(), inner, "a", "", nil)
	files.PutString(t.Context(), inner, "b", "", nil)
	for range retry.Wrap(inner, nil).List(t.Context(), "", nil) {
		break
	}
	if *begun != 1 {
		t.Errorf("a listing that the loop leaves was begun %d times, want once", *begun)
	}
}

// TestWrapKeepsAbilities: Wrap keeps the abilities of the bucket below.
func TestWrapKeepsAbilities(t *testing.T) {
	inner := mem.New(nil)
	b := retry.Wrap(inner, nil)
	if b.Features() != inner.Features() || !b.Features().ServerCopy {
		t.Errorf("features are %+v", b.Features())
	}
}

// TestWrapDeleteManyLeft: only names that failed are deleted again, and an error has
// the number of attempts for its name.
func TestWrapDeleteManyLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type state struct{ names, outcomes string }
		for _, c := range []struct {
			// of names in a call, and what each gives: k is ok, u unavailable, p
			// refused
			rounds []state
			want   string // of a, b and c: ok, or the sentinel with the attempts
		}{
			{[]state{{"a b c", "kuk"}, {"b", "k"}}, "ok ok ok"},
			{[]state{{"a b c", "kup"}, {"b", "p"}}, "ok Permission/2 Permission/0"},
			{[]state{{"a b c", "uku"}, {"a c", "uk"}, {"a", "k"}}, "ok ok ok"},
			{
				[]state{{"a b c", "uup"}, {"a b", "up"}, {"a", "u"}, {"a", "u"}, {"a", "u"}},
				"Unavailable/5 Permission/2 Permission/0",
			},
		} {
			n := 0
			inner := files.Wrap(mem.New(nil), files.Hooks{
				Around: func(ctx context.Context, call *files.Call,
					next func(context.Context) error) error {
					if n == len(c.rounds) {
						t.Fatalf("another call, with %v", call.Names)
					}
					r := c.rounds[n]
					n++
					if got := strings.Join(call.Names, " "); got != r.names {
						t.Errorf("call %d deletes %q, want %q", n, got, r.names)
					}
					if err := next(ctx); err != nil {
						return err
					}
					for i := range r.outcomes {
						switch r.outcomes[i] {
						case 'u':
							call.Errors[i] = unavailable()
						case 'p':
							call.Errors[i] = files.ErrPermission
						}
					}
					return nil
				},
			})
			b := retry.Wrap(inner, nil)
			res, _ := files.DeleteMany(t.Context(), b, slices.Values([]string{"a", "b", "c"}))
			got := map[string]string{"a": "ok", "b": "ok", "c": "ok"}
			for _, e := range res.Failed {
				got[e.Name] = fmt.Sprintf("%s/%d", files.KindName(files.KindOf(e)),
					retry.Attempts(e))
			}
			if s := got["a"] + " " + got["b"] + " " + got["c"]; s != c.want || n != len(c.rounds) {
				t.Errorf("%v: %s after %d calls, want %s after %d", c.rounds, s, n, c.want,
					len(c.rounds))
			}
		}
	})
}

// TestWrapNil: every call of a nil bucket is ErrInvalid (E2).
func TestWrapNil(t *testing.T) {
	if _, err := retry.Wrap(nil, nil).Stat(t.Context(), "a",
		nil); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("%v, want ErrInvalid", err)
	}
}
