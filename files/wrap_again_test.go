package files_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// twice calls next a second time while the first call is in progress, with the help of
// the bucket below, and checks that exactly one of the two counts.
func twice(t *testing.T, inner files.Bucket) files.Bucket {
	return around(inner,
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			together, errs := make(chan bool), make(chan error, 2)
			both := context.WithValue(ctx, meeting{}, together)
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() { errs <- next(both) })
			}
			wg.Wait()
			a, b := <-errs, <-errs
			if a != nil {
				a, b = b, a
			}
			if a != nil || !errors.Is(b, files.ErrClosed) {
				t.Errorf("%v: two calls of next = %v and %v, want nil and ErrClosed", c.Op, a, b)
			}
			return a
		})
}

// meeting is the key of a channel at which two operations wait for each other.
type meeting struct{}

func meet(ctx context.Context) {
	if together, ok := ctx.Value(meeting{}).(chan bool); ok {
		select {
		case together <- true:
		case <-together:
		}
	}
}

// meets is a bucket whose operations wait for each other in pairs.
type meets struct{ files.Bucket }

func (m meets) Put(ctx context.Context, name string, content io.Reader,
	o *files.PutOptions) (files.Info, error) {
	meet(ctx)
	return m.Bucket.Put(ctx, name, strings.NewReader("text"), o)
}

func (m meets) Stat(ctx context.Context, name string, o *files.StatOptions) (files.Info, error) {
	meet(ctx)
	return m.Bucket.Stat(ctx, name, o)
}

func (m meets) Get(ctx context.Context, name string, o *files.GetOptions) (*files.Reader, error) {
	meet(ctx)
	return m.Bucket.Get(ctx, name, o)
}

func (m meets) DeleteMany(ctx context.Context, names []string) []error {
	meet(ctx)
	return make([]error, len(names))
}

func (m meets) CopyFrom(ctx context.Context, name string, _ files.Bucket, _ string,
	_ *files.CopyOptions) (files.Info, error) {
	meet(ctx)
	return files.Info{Entry: files.Entry{Name: name, Size: 4, Version: "v"}}, nil
}

func (m meets) SignURL(ctx context.Context, name string,
	_ *files.SignOptions) (files.SignedURL, error) {
	meet(ctx)
	return files.SignedURL{Method: "GET", URL: "https://host/" + name}, nil
}

func (m meets) Features() files.Features {
	f := m.Bucket.Features()
	f.SignGet = true
	return f
}

// TestOneCallOfNextCounts: of two calls of next at the same time, one counts and the
// other is ErrClosed, in each operation, and the caller gets the result of the first.
func TestOneCallOfNextCounts(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	b := twice(t, meets{store})
	if info, err := b.Put(ctx, "a", strings.NewReader("text"), nil); err != nil || info.Size != 4 ||
		info.Name != "a" {
		t.Errorf("Put = %+v, %v", info, err)
	}
	if info, err := b.Stat(ctx, "a", nil); err != nil || info.Size != 4 {
		t.Errorf("Stat = %+v, %v", info, err)
	}
	has(t, b, "a", "text")
	if info, err := files.Copy(ctx, b, "c", b, "a", nil); err != nil || info.Name != "c" ||
		info.Size != 4 {
		t.Errorf("Copy = %+v, %v", info, err)
	}
	if u, err := files.SignURL(ctx, b, "a", nil); err != nil || u.URL != "https://host/a" {
		t.Errorf("SignURL = %v, %v", u, err)
	}
	if res, err := files.DeleteMany(ctx, b, slices.Values([]string{"x", "y"})); err != nil ||
		res.Deleted != 2 {
		t.Errorf("DeleteMany = %+v, %v", res, err)
	}
}

// TestNextRefusesANilContext: a hook that calls next without a context fails the
// operation, and nothing happens.
func TestNextRefusesANilContext(t *testing.T) {
	store := mem.New(nil)
	b := around(store,
		func(_ context.Context, _ *files.Call, next func(context.Context) error) error {
			return next(noContext)
		})
	_, err := files.PutString(ctx, b, "a", "text", nil)
	is(t, err, files.ErrInvalid)
	missing(t, store, "a")
	for _, err := range b.List(ctx, "", nil) {
		is(t, err, files.ErrInvalid)
	}
	_, err = b.Stat(ctx, "a", nil)
	is(t, err, files.ErrInvalid)
}

// TestAroundHidesAFailure: a hook can't turn the failure of an open, or one that it
// forgot, into success.
func TestAroundHidesAFailure(t *testing.T) {
	b := around(mem.New(nil),
		func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			next(ctx)
			return nil
		})
	r, err := b.Get(ctx, "missing", nil)
	if is(t, err, files.ErrUnsupported); r != nil {
		t.Error("Get returned a Reader beside its error")
	}
	empty := around(mem.New(nil),
		func(_ context.Context, c *files.Call, _ func(context.Context) error) error {
			c.Opened = &files.Reader{}
			return nil
		})
	r, err = empty.Get(ctx, "a", nil)
	if is(t, err, files.ErrUnsupported); r != nil {
		t.Error("Get returned a Reader that nobody opened")
	}
	none := files.Wrap(&answering{mem.New(nil), func(context.Context,
		files.GetOptions) (*files.Reader, error) {
		return nil, nil
	}}, files.Hooks{})
	r, err = none.Get(ctx, "a", nil)
	if is(t, err, files.ErrUnsupported); r != nil {
		t.Error("Get returned a Reader that the bucket below didn't")
	}
}

// TestNameMapOfNothing: a NameMap without functions changes no name.
func TestNameMapOfNothing(t *testing.T) {
	store := mem.New(nil)
	b := files.Wrap(store, files.Hooks{Names: &files.NameMap{}})
	put(t, b, "d/a", "text")
	has(t, store, "d/a", "text")
	for e, err := range b.List(ctx, "d", nil) {
		if err != nil || e.Name != "d/a" {
			t.Errorf("List yields %q, %v", e.Name, err)
		}
	}
}

// TestFeaturesChangeBelowTwoWrappers: a wrapper around a wrapper follows what the bucket
// at the bottom claims.
func TestFeaturesChangeBelowTwoWrappers(t *testing.T) {
	bottom := &changeable{Bucket: mem.New(nil)}
	b := files.Wrap(files.Wrap(bottom, files.Hooks{}), files.Hooks{})
	if !b.Features().IfAbsent {
		t.Error("IfAbsent isn't claimed, although it is below")
	}
	bottom.less = true
	if b.Features().IfAbsent {
		t.Error("IfAbsent is still claimed")
	}
	_, err := files.PutString(ctx, b, "a", "text", &files.PutOptions{If: files.IfAbsent()})
	is(t, err, files.ErrUnsupported)
	bottom.less = false
	if _, err := files.PutString(ctx, b, "a", "text",
		&files.PutOptions{If: files.IfAbsent()}); err != nil {
		t.Errorf("once it is claimed again: %v", err)
	}
}

// changeable is a bucket that finds out that it can do less.
type changeable struct {
	files.Bucket
	less bool
}

func (c *changeable) Features() files.Features {
	f := c.Bucket.Features()
	f.IfAbsent = !c.less
	return f
}

// optional has the optional calls of a wrapper, which functions of other packages make.
type optional interface {
	CopyFrom(ctx context.Context, name string, src files.Bucket, srcName string,
		opts *files.CopyOptions) (files.Info, error)
	WithCopySource(ctx context.Context, name string,
		fn func(context.Context, files.Bucket, string) error) error
	WithSignPart(ctx context.Context, name string,
		fn func(context.Context, files.Bucket, string) error) error
	WithSignPost(ctx context.Context, name string,
		fn func(context.Context, files.Bucket, string) error) error
	WithUpload(ctx context.Context, name string,
		fn func(context.Context, files.Bucket, string) error) error
	CheckNative(op files.Op, options []files.NativeOption) error
	DeleteMany(ctx context.Context, names []string) []error
}

// TestOptionalCallsOfAWrapper: each of them reaches the bucket below under the name
// there, and is refused without a function, without a context, with a bad name, and
// after Close, in the order of rule E2.
func TestOptionalCallsOfAWrapper(t *testing.T) {
	type inside = func(context.Context, files.Bucket, string) error
	sub, err := files.Sub(signing{mem.New(nil)}, "d")
	if err != nil {
		t.Fatal(err)
	}
	w := sub.(optional)
	for what, call := range map[string]func(ctx context.Context, name string, fn inside) error{
		"copy source": w.WithCopySource,
		"part":        w.WithSignPart,
		"form":        w.WithSignPost,
		"upload":      w.WithUpload,
	} {
		got := ""
		if err := call(ctx, "a", func(_ context.Context, b files.Bucket, name string) error {
			got = name
			if b == sub {
				t.Errorf("%s: the bucket is the wrapper", what)
			}
			return nil
		}); err != nil || got != "d/a" {
			t.Errorf("%s: name %q, %v, want d/a", what, got, err)
		}
		if err := call(ctx, "a", func(context.Context, files.Bucket, string) error {
			return errBroken
		}); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v, want the function's error", what, err)
		}
		unused := func(context.Context, files.Bucket, string) error {
			t.Errorf("%s: the function is called", what)
			return nil
		}
		is(t, call(ctx, "a", nil), files.ErrInvalid)
		is(t, call(noContext, "a", unused), files.ErrInvalid)
		is(t, call(ctx, "../a", unused), files.ErrInvalidName)
		is(t, call(noContext, "../a", nil), files.ErrInvalidName)
	}
	_, err = w.CopyFrom(ctx, "b", nil, "a", nil)
	is(t, err, files.ErrInvalid)
	_, err = w.CopyFrom(ctx, "../b", nil, "a", nil)
	is(t, err, files.ErrInvalidName)
	copies, err := files.Sub(mem.New(nil), "d")
	if err != nil {
		t.Fatal(err)
	}
	_, err = copies.(optional).CopyFrom(ctx, "b", copies, "../a", nil)
	is(t, err, files.ErrInvalidName)
	for i, err := range w.DeleteMany(noContext, []string{"a", "../a"}) {
		is(t, err, []error{files.ErrInvalid, files.ErrInvalidName}[i])
	}
	readOnly := files.ReadOnly(mem.New(nil)).(optional)
	for i, err := range readOnly.DeleteMany(ctx, []string{"a", "../a"}) {
		is(t, err, []error{files.ErrPermission, files.ErrInvalidName}[i])
	}
	if err := w.CheckNative(files.OpPut, nil); err != nil {
		t.Errorf("CheckNative of no options: %v", err)
	}
	sub.Close()
	if err := w.CheckNative(files.OpPut, nil); !errors.Is(err, files.ErrClosed) {
		t.Errorf("CheckNative after Close: %v, want ErrClosed", err)
	}
	is(t, w.WithUpload(ctx, "../a", nil), files.ErrClosed)
	is(t, w.WithSignPart(ctx, "../a", nil), files.ErrClosed)
	for _, err := range w.DeleteMany(ctx, []string{"../a"}) {
		is(t, err, files.ErrClosed)
	}
}

// TestOptionalCallsThatWouldBypass: a wrapper that changes, checks or masks contents lets
// none of them reach the bucket below.
func TestOptionalCallsThatWouldBypass(t *testing.T) {
	unused := func(context.Context, files.Bucket, string) error {
		t.Error("the function is called")
		return nil
	}
	claim := func(f files.Features) files.Features {
		f.SignPut, f.ServerCopy = true, true
		return f
	}
	for what, h := range map[string]files.Hooks{
		"body": {Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
			return r
		}, Features: claim},
		"transform": {Transform: &files.Transform{}, Features: claim},
	} {
		b := files.Wrap(signing{mem.New(nil)}, h)
		w := b.(optional)
		is(t, w.WithCopySource(ctx, "a", unused), files.ErrUnsupported)
		is(t, w.WithSignPart(ctx, "a", unused), files.ErrUnsupported)
		is(t, w.WithSignPost(ctx, "a", unused), files.ErrUnsupported)
		if _, err := w.CopyFrom(ctx, "b", b, "a", nil); !errors.Is(err, files.ErrUnsupported) {
			t.Errorf("%s: CopyFrom = %v, want ErrUnsupported", what, err)
		}
	}
	masked := claimsLess(signing{mem.New(nil)}, func(f *files.Features) {
		f.IfAbsent = false
	}).(optional)
	is(t, masked.WithSignPost(ctx, "a", unused), files.ErrUnsupported)
	is(t, masked.WithSignPart(ctx, "a", unused), files.ErrUnsupported)
	is(t, masked.WithUpload(ctx, "a", unused), files.ErrUnsupported)
	streams := claimsLess(mem.New(nil), func(f *files.Features) {
		f.Attributes = false
	}).(optional)
	is(t, streams.WithCopySource(ctx, "a", unused), files.ErrUnsupported)
}

// TestLimitOfAnUnorderedBucket: a wrapper that leaves out entries yields as many as the
// limit allows of a bucket that can't continue after a name, and of one that lists more
// than was requested.
func TestLimitOfAnUnorderedBucket(t *testing.T) {
	inner := mem.New(nil)
	for _, n := range []string{"a", "b1", "c", "d1", "e1", "f"} {
		put(t, inner, n, "x")
	}
	odd := func(_ *files.Call, e files.Entry) bool { return strings.HasSuffix(e.Name, "1") }
	for what, below := range map[string]files.Bucket{
		"unordered": claimsLess(inner, func(f *files.Features) { f.Ordered = false }),
		"generous":  generous{inner},
		"ordinary":  inner,
	} {
		b := files.Wrap(below, files.Hooks{Entry: odd})
		for limit, want := range []string{"b1 d1 e1", "b1", "b1 d1", "b1 d1 e1", "b1 d1 e1"} {
			var names []string
			for e, err := range b.List(ctx, "", &files.ListOptions{Limit: limit}) {
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, e.Name)
			}
			if got := strings.Join(names, " "); got != want && what != "generous" ||
				what == "generous" && len(names) > limit && limit > 0 {
				t.Errorf("%s: Limit %d yields %q, want %q", what, limit, got, want)
			}
		}
	}
}

// generous is a bucket that ignores Limit.
type generous struct{ files.Bucket }

func (g generous) List(ctx context.Context, dir string,
	o *files.ListOptions) iter.Seq2[files.Entry, error] {
	all := *o
	all.Limit = 0
	return g.Bucket.List(ctx, dir, &all)
}

// TestSeekThroughALimit: content that can seek still can below a wrapper with a smaller
// largest size, and the limit counts from where the content was rewound to.
func TestSeekThroughALimit(t *testing.T) {
	type content struct { // it hides its length
		io.Reader
		io.Seeker
	}
	src := strings.NewReader("before the content")
	src.Seek(7, io.SeekStart)
	store := mem.New(nil)
	again := around(store,
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op != files.OpPut {
				return next(ctx)
			}
			s, ok := c.Content.(io.Seeker)
			if !ok {
				t.Fatal("the content can't seek any more")
			}
			for range 3 {
				io.ReadAll(c.Content)
				if at, err := s.Seek(7, io.SeekStart); at != 7 || err != nil {
					t.Errorf("Seek = %d, %v, want 7 and no error", at, err)
				}
			}
			if _, err := s.Seek(-1, io.SeekStart); err == nil {
				t.Error("Seek to -1 succeeds")
			}
			return next(ctx)
		})
	for limit, want := range map[int64]error{11: nil, 10: files.ErrTooLarge} {
		b := claimsLess(again, func(f *files.Features) { f.MaxSize = limit })
		src.Seek(7, io.SeekStart)
		store.Delete(ctx, "a", nil)
		_, err := b.Put(ctx, "a", content{src, src}, nil)
		if !errors.Is(err, want) {
			t.Errorf("limit %d: %v, want %v", limit, err, want)
		}
		if want == nil {
			has(t, store, "a", "the content")
		} else {
			missing(t, store, "a")
		}
	}
}
