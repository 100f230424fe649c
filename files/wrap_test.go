package files_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// operations calls every operation of a bucket once, on files that exist if they must,
// and returns their errors.
func operations(b files.Bucket) map[files.Op]error {
	errs := map[files.Op]error{}
	_, errs[files.OpPut] = files.PutString(ctx, b, "put", "new", nil)
	_, errs[files.OpStat] = b.Stat(ctx, "a", nil)
	r, err := b.Get(ctx, "a", nil)
	if errs[files.OpGet] = err; err == nil {
		_, errs[files.OpGet] = r.ReadAll()
		r.Close()
	}
	for _, err := range b.List(ctx, "", nil) {
		errs[files.OpList] = err
	}
	_, errs[files.OpCopy] = files.Copy(ctx, b, "copy", b, "a", nil)
	_, errs[files.OpMove] = files.Move(ctx, b, "moved", b, "a", nil)
	_, errs[files.OpUpdate] = files.Update(ctx, b, "b", appendX, nil)
	errs[files.OpDelete] = b.Delete(ctx, "b", nil)
	_, errs[files.OpDeleteMany] = files.DeleteMany(ctx, b, slices.Values([]string{"c", "d"}))
	errs[files.OpCheck] = files.Check(ctx, b)
	for op, method := range map[files.Op]string{
		files.OpSignGet:    "GET",
		files.OpSignPut:    "PUT",
		files.OpSignDelete: "DELETE",
	} {
		_, errs[op] = files.SignURL(ctx, b, "a", &files.SignOptions{Method: method})
	}
	return errs
}

// signing is a bucket that signs.
type signing struct{ files.Bucket }

func (s signing) SignURL(_ context.Context, name string,
	o *files.SignOptions) (files.SignedURL, error) {
	return files.SignedURL{Method: o.Method, URL: "https://host/" + name + "?sig=hidden"}, nil
}

func (s signing) Features() files.Features {
	f := s.Bucket.Features()
	f.SignGet, f.SignPut, f.SignDelete = true, true, true
	return f
}

// full is a bucket with the files that operations needs.
func full(t testing.TB) files.Bucket {
	b := mem.New(nil)
	for _, n := range []string{"a", "b", "c", "d"} {
		put(t, b, n, "text of "+n)
	}
	return signing{b}
}

func TestReadOnly(t *testing.T) {
	b := full(t)
	before := contents(t, b)
	ro := files.ReadOnly(b)
	for _, ro := range []files.Bucket{ro, files.Wrap(ro, files.Hooks{}), files.ReadOnly(ro)} {
		for op, err := range operations(ro) {
			if op.Writes() {
				if is(t, err, files.ErrPermission); !errors.Is(err, files.ErrUnsupported) {
					t.Errorf("%s: %v, want ErrUnsupported", op, err)
				}
			} else if err != nil {
				t.Errorf("%s of a read-only bucket: %v, want no error", op, err)
			}
		}
		if f := ro.Features(); !f.ReadOnly || f.SignPut || f.SignDelete || !f.SignGet ||
			f.ServerCopy || f.IfAbsent {
			t.Errorf("Features = %+v", f)
		}
		if _, ok := files.As[signing](ro); ok {
			t.Error("As bypasses the wrapper")
		}
	}
	if after := contents(t, b); !reflect.DeepEqual(before, after) {
		t.Errorf("%v became %v", before, after)
	}
	if _, err := files.Copy(ctx, b, "from-ro", ro, "a", nil); err != nil {
		t.Error(err)
	}
	_, err := files.Move(ctx, b, "moved", ro, "a", nil)
	is(t, err, files.ErrPermission)
	ro.Close()
	has(t, b, "a", "text of a")
}

func contents(t testing.TB, b files.Bucket) map[string]string {
	t.Helper()
	all := map[string]string{}
	for e, err := range b.List(ctx, "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name], err = files.ReadString(ctx, b, e.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestWrapSeesEverything: every operation passes through Around and ends in Done, with
// its Op.
func TestWrapSeesEverything(t *testing.T) {
	var around, done []string
	b := files.Wrap(full(t), files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			around = append(around, fmt.Sprint(c.Op, " ", c.Name, c.Names))
			return next(ctx)
		},
		Done: func(_ context.Context, c *files.Call, n int64, err error) {
			done = append(done, fmt.Sprint(c.Op, " ", c.Name, c.Names))
		},
	})
	for op, err := range operations(b) {
		if err != nil {
			t.Errorf("%s: %v, want no error", op, err)
		}
	}
	for _, want := range []string{
		"put put[]", "get a[]", "stat a[]", "list []", "put copy[]", "put b[]", "delete b[]",
		"delete many [c d]", "check []", "sign get a[]", "sign put a[]", "sign delete a[]",
	} {
		if !slices.Contains(around, want) || !slices.Contains(done, want) {
			t.Errorf("%s is missing in %q or in %q", want, around, done)
		}
	}
	if len(around) != len(done) {
		t.Errorf("%d begun, %d done, want %d", len(around), len(done), len(done))
	}
}

func TestWrapErrorsHaveTheCallersNames(t *testing.T) {
	sub, err := files.Sub(full(t), "hidden/tenant")
	if err != nil {
		t.Fatal(err)
	}
	logged := files.Wrap(sub, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			return next(ctx)
		},
	})
	for op, err := range operations(logged) {
		if err == nil {
			continue
		}
		if strings.Contains(err.Error(), "hidden") {
			t.Errorf("the error of %s shows what is hidden: %v", op, err)
		}
		if e, ok := errors.AsType[*files.Error](err); !ok || e.Name == "" {
			t.Errorf("the error of %s has no name: %#v", op, err)
		}
	}
	_, err = logged.Get(ctx, "missing", nil)
	if want := "files: get missing: file does not exist"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	for _, err := range logged.List(ctx, "", &files.ListOptions{Shallow: true, Prefix: "x/y"}) {
		if is(t, err, files.ErrInvalid); strings.Contains(err.Error(), "hidden") {
			t.Error(err)
		}
	}
}

// TestWrapAround: what a hook may do with next.
func TestWrapAround(t *testing.T) {
	b := mem.New(nil)
	tries := 0
	again := around(around(b,
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if tries++; tries%2 == 1 {
				return driver.Errorf(files.ErrUnavailable, "busy")
			}
			return next(ctx)
		}), func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
		if err := next(ctx); !errors.Is(err, files.ErrUnavailable) {
			return err
		}
		return next(ctx)
	})
	put(t, again, "a", "text")
	has(t, again, "a", "text")
	if info, err := again.Stat(ctx, "a", nil); err != nil || info.Size != 4 || info.Name != "a" {
		t.Errorf(`Stat = %v, %v, want no error, Size 4 and Name "a"`, info, err)
	}

	silent := around(b, func(context.Context, *files.Call, func(context.Context) error) error {
		return nil
	})
	_, err := silent.Get(ctx, "a", nil)
	is(t, err, files.ErrUnsupported)
	_, err = files.PutString(ctx, silent, "a", "x", nil)
	is(t, err, files.ErrUnsupported)

	// A hook that fails what had succeeded closes the body.
	after := around(b,
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			next(ctx)
			return errBroken
		})
	if r, err := after.Get(ctx, "a", nil); r != nil || !errors.Is(err, errBroken) {
		t.Errorf("Get = %v, %v, want nil and %v", r, err, errBroken)
	}
	b.Close() // doesn't wait for open bodies, but would leave the backend open

	// A hook that gives other options.
	b = mem.New(nil)
	typed := around(b,
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpPut {
				o := files.PutOptions{}
				if c.Put != nil {
					o = *c.Put
				}
				o.CacheControl = "no-store"
				c.Put = &o
			}
			return next(ctx)
		})
	if info := put(t, typed, "a", "x"); info.CacheControl != "no-store" {
		t.Errorf(`put = %v, want CacheControl "no-store"`, info)
	}
}

func TestWrapDone(t *testing.T) {
	var got []string
	b := files.Wrap(tree(t), files.Hooks{
		Done: func(_ context.Context, c *files.Call, n int64, err error) {
			got = append(got, fmt.Sprint(c.Op, n, files.KindName(files.KindOf(err))))
		},
	})
	expect := func(want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		got = nil
	}
	put(t, b, "new", "12345")
	expect("put5")
	r, err := b.Get(ctx, "new", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.ReadN(2)
	expect()
	r.Close()
	r.Close()
	expect("get2")
	b.Get(ctx, "nothing", nil)
	expect("get0NotExist")
	for range b.List(ctx, "d", nil) {
		break
	}
	expect("list1")
	for range b.List(ctx, "d", nil) {
	}
	expect("list8")
	b.Get(ctx, "a//b", nil) // is refused before a hook is called
	expect()
	files.PutString(ctx, b, "new", "x", &files.PutOptions{If: files.IfAbsent()})
	expect("put0Exist")
}

func TestWrapEntryAndLimit(t *testing.T) {
	b := files.Wrap(tree(t), files.Hooks{Entry: func(_ *files.Call, e files.Entry) bool {
		return !strings.Contains(e.Name, "a")
	}})
	wantList(t, b, "d", nil, "d/b", "d/c/z", "d/~", "d/é")
	wantList(t, b, "d", &files.ListOptions{Limit: 2}, "d/b", "d/c/z")
	wantList(t, b, "d", &files.ListOptions{Shallow: true, Limit: 2}, "d/b", "d/c/")
	if got := pages(t, b, "d", 3, nil); len(got) != 4 {
		t.Errorf("pages = %v, want len(got) 4", got)
	}
}

func TestWrapClose(t *testing.T) {
	inner := full(t)
	b := files.Wrap(inner, files.Hooks{})
	for range 2 {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	for op, err := range operations(b) {
		if !errors.Is(err, files.ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", op, err)
		}
	}
	ro := files.ReadOnly(inner)
	ro.Close()
	for op, err := range operations(ro) { // before it refuses to write (E2)
		if !errors.Is(err, files.ErrClosed) {
			t.Errorf("%s in a closed read-only bucket: %v, want ErrClosed", op, err)
		}
	}
	has(t, inner, "a", "text of a")
	owner := files.Wrap(inner, files.Hooks{CloseInner: true})
	owner.Close()
	_, err := inner.Stat(ctx, "a", nil)
	is(t, err, files.ErrClosed)
}

func TestAs(t *testing.T) {
	b := full(t)
	if s, ok := files.As[signing](b); !ok || s != b {
		t.Error("the bucket itself is not found")
	}
	logging := files.Wrap(b, files.Hooks{Done: func(context.Context, *files.Call, int64, error) {}})
	if inner, ok := files.As[files.Bucket](files.Wrap(logging,
		files.Hooks{})); !ok || inner == nil {
		t.Error("a wrapper that changes nothing stops As")
	}
	sub, _ := files.Sub(b, "d")
	if _, ok := files.As[signing](sub); ok {
		t.Error("As bypasses a sub-bucket")
	}
}
