package mount_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/mount"
)

type table = map[string]files.Bucket

func join(t *testing.T, m table) files.Bucket {
	t.Helper()
	b, err := mount.New(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, b files.Bucket, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := files.PutString(t.Context(), b, name, "of "+name, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func names(t *testing.T, b files.Bucket, dir string, o *files.ListOptions) []string {
	t.Helper()
	var all []string
	for e, err := range b.List(t.Context(), dir, o) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.Name)
	}
	return all
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

func TestNewRefuses(t *testing.T) {
	b := mem.New(nil)
	sub, err := files.Sub(b, "x")
	if err != nil {
		t.Fatal(err)
	}
	unordered := files.Wrap(mem.New(nil), files.Hooks{
		Features: func(f files.Features) files.Features {
			f.Ordered = false
			return f
		},
	})
	for what, m := range map[string]table{
		"nil":                     nil,
		"empty":                   {},
		"a nil bucket":            {"a": nil},
		"an illegal directory":    {"a//b": b},
		"a directory that climbs": {"../a": b},
		"a slash alone":           {"/": b},
		"a directory twice":       {"a": b, "a/": mem.New(nil)},
		"a bucket twice":          {"a": b, "c": b},
		"a bucket and a part":     {"": b, "c": sub},
		"too long a directory":    {strings.Repeat("d", files.MaxName): b},
	} {
		_, err := mount.New(m)
		if e, ok := errors.AsType[*files.Error](err); !ok || files.KindOf(err) != files.ErrInvalid {
			t.Errorf("%s: %v, %v, want ErrInvalid", what, e, err)
		}
	}
	_, err = mount.New(table{"a": unordered})
	is(t, err, files.ErrUnsupported)
}

// TestLongestWins: the longest matching directory has the name, files below it in
// another bucket can't be seen or changed, and a name that only has the directory as a
// prefix isn't in it.
func TestLongestWins(t *testing.T) {
	root, a, ab := mem.New(nil), mem.New(nil), mem.New(nil)
	put(t, root, "a", "a/hidden", "a/b/hidden", "ab", "a0", "z")
	put(t, a, "1", "b", "b/hidden", "bc")
	b := join(t, table{"": root, "a": a, "a/b/": ab})
	put(t, b, "a/b/2", "a/3", "a1")
	want := []string{"a", "a/1", "a/3", "a/b", "a/b/2", "a/bc", "a0", "a1", "ab", "z"}
	if got := names(t, b, "", nil); !slices.Equal(got, want) {
		t.Errorf("all: %q\nwant %q", got, want)
	}
	for _, name := range want {
		if info, err := b.Stat(t.Context(), name, nil); err != nil || info.Name != name {
			t.Errorf("Stat(%s) = %+v, %v", name, info, err)
		}
	}
	for m, want := range map[files.Bucket][]string{
		root: {"a", "a/b/hidden", "a/hidden", "a0", "a1", "ab", "z"},
		a:    {"1", "3", "b", "b/hidden", "bc"},
		ab:   {"2"},
	} {
		if got := names(t, m, "", nil); !slices.Equal(got, want) {
			t.Errorf("a member has %q, want %q", got, want)
		}
	}
	_, err := b.Get(t.Context(), "a/hidden", nil)
	is(t, err, files.ErrNotExist)
	if res, err := files.DeleteAll(t.Context(), b); err != nil || res.Deleted != int64(len(want)) {
		t.Errorf("DeleteAll = %+v, %v, want all listed names deleted", res, err)
	}
	if got := names(t, root, "", nil); !slices.Equal(got, []string{"a/b/hidden", "a/hidden"}) {
		t.Errorf("after DeleteAll the root bucket has %q", got)
	}
	if got := names(t, b, "", &files.ListOptions{Shallow: true}); len(got) != 0 {
		t.Errorf("after DeleteAll the listing has %q, want nothing", got)
	}
}

// TestNamesWithoutBucket: without a bucket at "" other names don't exist and can't be
// put.
func TestNamesWithoutBucket(t *testing.T) {
	b := join(t, table{"a/b": mem.New(nil)})
	_, err := files.PutString(t.Context(), b, "a/c", "x", nil)
	is(t, err, files.ErrUnsupported)
	_, err = b.Get(t.Context(), "c", nil)
	is(t, err, files.ErrNotExist)
	if err := b.Delete(t.Context(), "c", nil); err != nil {
		t.Error(err)
	}
	put(t, b, "a/b/c")
	if got := names(t, b, "",
		&files.ListOptions{Shallow: true}); !slices.Equal(got, []string{"a/"}) {
		t.Errorf("a shallow List has %q, want a/", got)
	}
	if b.Features().AnyName {
		t.Error("AnyName is claimed")
	}
}

// failing is a bucket whose calls all fail.
func failing(kind error) files.Bucket {
	return files.Wrap(mem.New(nil), files.Hooks{
		Around: func(context.Context, *files.Call, func(context.Context) error) error {
			return driver.Errorf(kind, "out of order")
		},
	})
}

// TestOutage: a bucket that fails doesn't look empty, doesn't affect the others, and no
// other bucket is used in its place.
func TestOutage(t *testing.T) {
	root := mem.New(nil)
	put(t, root, "a", "m/x", "z")
	b := join(t, table{"": root, "m": failing(files.ErrUnavailable)})
	_, err := b.Stat(t.Context(), "m/x", nil)
	is(t, err, files.ErrUnavailable)
	for _, shallow := range []bool{false, true} {
		var got []string
		var last error
		for e, err := range b.List(t.Context(), "", &files.ListOptions{Shallow: shallow}) {
			if last = err; err == nil {
				got = append(got, e.Name)
			}
		}
		if !slices.Equal(got, []string{"a", "z"}) {
			t.Errorf("the listing has %q", got)
		}
		is(t, last, files.ErrUnavailable)
		if last != nil && !strings.Contains(last.Error(), "m") {
			t.Errorf("the error %v doesn't name the bucket", last)
		}
	}
	err = files.Check(t.Context(), b)
	is(t, err, files.ErrUnavailable)
	if err != nil && !strings.Contains(err.Error(), `mounted at "m"`) {
		t.Errorf("Check: %v", err)
	}
	_, err = files.Copy(t.Context(), b, "copy", b, "m/x", nil)
	is(t, err, files.ErrUnavailable)
}

// TestReadOnlyMember: a read-only bucket gets no write, and removes nothing from the
// Features of the other.
func TestReadOnlyMember(t *testing.T) {
	fixed, root := mem.New(nil), mem.New(nil)
	put(t, fixed, "x")
	var writes atomic.Int64
	b := join(t, table{"": root, "fixed": files.ReadOnly(files.Wrap(fixed, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op.Writes() {
				writes.Add(1)
			}
			return next(ctx)
		},
	}))})
	f, want := b.Features(), root.Features()
	want.ForeignKeys = false
	if want.MaxName = f.MaxName; f != want {
		t.Errorf("features are %+v, want %+v", f, want)
	}
	_, err := files.PutString(t.Context(), b, "fixed/y", "y", nil)
	is(t, err, files.ErrPermission)
	is(t, b.Delete(t.Context(), "fixed/x", nil), files.ErrPermission)
	_, err = files.Copy(t.Context(), b, "fixed/y", b, "fixed/x", nil)
	is(t, err, files.ErrPermission)
	_, err = files.Move(t.Context(), b, "y", b, "fixed/x", nil)
	is(t, err, files.ErrPermission)
	if _, err = files.Copy(t.Context(), b, "y", b, "fixed/x", nil); err != nil {
		t.Error(err)
	}
	if n := writes.Load(); n != 0 {
		t.Errorf("the read-only bucket got %d writes", n)
	}
}

// watched counts a member's operations.
func watched(b files.Bucket, seen func(*files.Call)) files.Bucket {
	return files.Wrap(b, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			seen(c)
			return next(ctx)
		},
	})
}

// TestCopyInside: a copy inside one bucket is made by it, and a copy between two
// buckets passes through the program (C1).
func TestCopyInside(t *testing.T) {
	var mu sync.Mutex
	ops := map[files.Op]int{}
	count := func(c *files.Call) {
		mu.Lock()
		defer mu.Unlock()
		ops[c.Op]++
	}
	b := join(t, table{
		"":  watched(mem.New(nil), count),
		"m": watched(mem.New(nil), count),
	})
	put(t, b, "m/a")
	clear(ops)
	if _, err := files.Copy(t.Context(), b, "m/b", b, "m/a", nil); err != nil {
		t.Fatal(err)
	}
	if ops[files.OpCopy] != 1 || ops[files.OpGet]+ops[files.OpPut] != 0 {
		t.Errorf("inside: %v", ops)
	}
	sub, err := files.Sub(b, "m")
	if err != nil {
		t.Fatal(err)
	}
	clear(ops)
	if _, err := files.Copy(t.Context(), b, "m/c", sub, "a", nil); err != nil {
		t.Fatal(err)
	}
	if ops[files.OpCopy] != 1 || ops[files.OpGet]+ops[files.OpPut] != 0 {
		t.Errorf("from a sub-bucket of it: %v", ops)
	}
	for _, name := range []string{"c", "m/x/y"} {
		if _, err := files.Move(t.Context(), b, name, b, "m/b", nil); err != nil {
			t.Fatal(err)
		}
		if got, err := files.ReadString(t.Context(), b, name, nil); got != "of m/a" || err != nil {
			t.Errorf("%s has %q, %v, want the moved content", name, got, err)
		}
		put(t, b, "m/b")
		_, err := files.PutString(t.Context(), b, "m/b", "of m/a", nil)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestPutArrives: the bucket gets the content's size and can rewind it, and of many
// Puts with IfAbsent one succeeds.
func TestPutArrives(t *testing.T) {
	var sized, seekable atomic.Int64
	b := join(t, table{"m": watched(mem.New(nil), func(c *files.Call) {
		if c.Op != files.OpPut {
			return
		}
		if c.Put != nil && c.Put.Size != nil && *c.Put.Size == 3 {
			sized.Add(1)
		}
		if _, ok := c.Content.(io.Seeker); ok {
			seekable.Add(1)
		}
	})})
	size := int64(3)
	var wins atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			_, err := b.Put(t.Context(), "m/a", strings.NewReader(fmt.Sprint("ab", i)),
				&files.PutOptions{Size: &size, If: files.IfAbsent()})
			if err == nil {
				wins.Add(1)
			} else if !errors.Is(err, files.ErrExist) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 || sized.Load() != 8 || seekable.Load() != 8 {
		t.Errorf("%d Puts succeeded, want 1; %d had a size and %d could seek, want 8", wins.Load(),
			sized.Load(), seekable.Load())
	}
}

// TestOtherView: a copy between a wrapper that stores other bytes and the stored file
// itself is refused, with a mount as without.
func TestOtherView(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a")
	coded := files.Wrap(store, files.Hooks{Transform: &files.Transform{
		Put: func(_ context.Context, _ *files.Call, plain io.Reader, size int64,
			_ *files.PutOptions) (io.Reader, int64, error) {
			return plain, size, nil
		},
		Open: func(ctx context.Context, _ *files.Call, r files.Range,
			get func(context.Context, files.Range) (*files.Reader, error)) (files.Info,
			io.Reader, error) {
			b, err := get(ctx, r)
			if err != nil {
				return files.Info{}, nil, err
			}
			return b.Info(), b, nil
		},
		Info: func(_ *files.Call, i files.Info) (files.Info, error) { return i, nil },
	}})
	b := join(t, table{"m": coded})
	attrs := &files.CopyOptions{Attributes: &files.Attributes{ContentType: "text/x"}}
	_, err := files.Copy(t.Context(), store, "a", b, "m/a", attrs)
	is(t, err, files.ErrUnsupported)
	_, err = files.Move(t.Context(), b, "m/a", store, "a", nil)
	is(t, err, files.ErrUnsupported)
	if _, err := files.Copy(t.Context(), b, "m/b", store, "a", nil); err != nil {
		t.Error(err)
	}
	if got, err := files.ReadString(t.Context(), b, "m/b", nil); got != "of a" || err != nil {
		t.Errorf("the copy reads %q, %v, want \"of a\"", got, err)
	}
}

func TestLayers(t *testing.T) {
	got := files.Layers(join(t, table{"": mem.New(nil), "p/q": files.ReadOnly(mem.New(nil))}))
	want := `mount the root: mem; "p/q": readonly, mem`
	if len(got) != 1 || got[0] != want {
		t.Errorf("%q, want %q", got, want)
	}
}
