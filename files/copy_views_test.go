package files_test

import (
	"context"
	"errors"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestCopyOtherView: a copy or move between two names that stand for one stored file, one
// of which stores it in another form, is refused, and the file stays as it is.
func TestCopyOtherView(t *testing.T) {
	store := mem.New(nil)
	puts := 0
	view := files.Wrap(store, files.Hooks{Transform: stamped(&puts)})
	put(t, view, "a", "text")
	for what, f := range map[string]func(context.Context, files.Bucket, string, files.Bucket,
		string, *files.CopyOptions) (files.Info, error){"copy": files.Copy, "move": files.Move} {
		for _, c := range [][2]files.Bucket{{store, view}, {view, store}} {
			_, err := f(ctx, c[0], "a", c[1], "a", nil)
			if is(t, err, files.ErrUnsupported); t.Failed() {
				t.Fatalf("%s between the view and the store isn't ErrUnsupported", what)
			}
			has(t, view, "a", "text")
			has(t, store, "a", "#text")
		}
	}
}

// TestCopyRefusesNative: an option that the target doesn't know is refused before
// anything is read, after a bad name, and after a bucket that is closed (E2).
func TestCopyRefusesNative(t *testing.T) {
	src, dst := mem.New(nil), mem.New(nil)
	closed := mem.New(nil)
	closed.Close()
	put(t, src, "a", "text")
	looking := files.Wrap(src, files.Hooks{
		Begin: func(ctx context.Context, c *files.Call) (context.Context, error) {
			t.Errorf("%s of the source is called", c.Op)
			return ctx, nil
		},
	})
	opts := &files.CopyOptions{Native: []files.NativeOption{unheardOf{}}}
	for what, f := range map[string]func(context.Context, files.Bucket, string, files.Bucket,
		string, *files.CopyOptions) (files.Info, error){"copy": files.Copy, "move": files.Move} {
		for _, c := range []struct {
			dst  files.Bucket
			name string
			src  files.Bucket
			want error
		}{
			{dst, "b", looking, files.ErrUnsupported},
			{struct{ files.Bucket }{dst}, "b", looking, files.ErrUnsupported},
			{files.Wrap(dst, files.Hooks{}), "b", looking, files.ErrUnsupported},
			{dst, "b/", looking, files.ErrInvalidName},
			{closed, "b", looking, files.ErrClosed},
			{dst, "b", closed, files.ErrClosed},
		} {
			_, err := f(ctx, c.dst, c.name, c.src, "a", opts)
			if is(t, err, c.want); t.Failed() {
				t.Fatal(what)
			}
		}
	}
	missing(t, dst, "b")
	has(t, src, "a", "text")
}

// TestMoveWithoutVersions: if the source can't delete a certain version, which the caller
// has allowed, the file that is moved is deleted, and one that was put meanwhile is kept
// if the source shows that it is another.
func TestMoveWithoutVersions(t *testing.T) {
	allow := &files.CopyOptions{MayLoseConcurrentPut: true}
	for _, concurrent := range []bool{false, true} {
		store := mem.New(&mem.Options{VersionPerPut: true})
		src := claimsLess(store, func(f *files.Features) { f.DeleteIfVersion = false })
		put(t, src, "a", "text")
		dst := around(mem.New(nil), func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			err := next(ctx)
			if (c.Op == files.OpPut || c.Op == files.OpCopy) && err == nil && concurrent {
				put(t, store, "a", "new")
			}
			return err
		})
		_, err := files.Move(ctx, dst, "b", src, "a", nil)
		is(t, err, files.ErrUnsupported)
		missing(t, dst, "b")
		_, err = files.Move(ctx, dst, "b", src, "a", allow)
		has(t, dst, "b", "text")
		if !concurrent {
			if err != nil {
				t.Error(err)
			}
			missing(t, store, "a")
			continue
		}
		is(t, err, files.ErrPrecondition)
		has(t, store, "a", "new")
	}
	store := mem.New(nil)
	info := put(t, store, "a", "text")
	_, err := files.Move(ctx, store, "b", store, "a/", nil)
	is(t, err, files.ErrInvalidName)
	_, err = files.Move(ctx, mem.New(nil), "b", store, "a",
		&files.CopyOptions{IfSource: info.Version + "x"})
	is(t, err, files.ErrPrecondition)
	has(t, store, "a", "text")
}

// TestUpdateAttributesGivesUp: if the response to a write was lost, the outcome stays
// uncertain, unless the file shows that it was carried out or wasn't.
func TestUpdateAttributesGivesUp(t *testing.T) {
	odd := errors.New("odd")
	for what, c := range map[string]struct {
		happens bool // the first write
		then    func(store files.Bucket)
		fails   error // what later calls return
		want    error
	}{
		"carried out":     {happens: true},
		"not carried out": {},
		"changed since": {
			then: func(b files.Bucket) { put(t, b, "a", "another") },
			want: files.ErrUncertain,
		},
		"fails since": {fails: odd, want: files.ErrUncertain},
		"always lost": {fails: files.ErrUncertain, want: files.ErrUncertain},
	} {
		store := mem.New(&mem.Options{VersionPerPut: true})
		put(t, store, "a", "text")
		writes := 0
		b := around(store, func(ctx context.Context, call *files.Call,
			next func(context.Context) error) error {
			write := call.Op == files.OpCopy || call.Op == files.OpPut
			if writes > 0 && c.fails != nil && (write || c.fails == odd) {
				return c.fails
			}
			if !write || writes > 0 {
				return next(ctx)
			}
			writes++
			if c.happens {
				if err := next(ctx); err != nil {
					return err
				}
			}
			if c.then != nil {
				c.then(store)
			}
			return driver.Errorf(files.ErrUncertain, "the response was lost")
		})
		info, err := files.UpdateAttributes(ctx, b, "a", func(a *files.Attributes) error {
			a.CacheControl = "no-store"
			return nil
		}, &files.UpdateOptions{Attempts: 3})
		if c.want != nil {
			if is(t, err, c.want); t.Failed() {
				t.Fatal(what)
			}
			continue
		}
		stat, serr := store.Stat(ctx, "a", nil)
		if err != nil || serr != nil || stat.CacheControl != "no-store" ||
			info.Version != stat.Version {
			t.Errorf("%s: %+v, %v; stored: %+v, %v", what, info, err, stat, serr)
		}
	}
	store := mem.New(nil)
	put(t, store, "a", "text")
	keep := func(*files.Attributes) error { return nil }
	for _, bad := range []files.UpdateOptions{
		{Attempts: -1},
		{MaxBytes: 1 << 20},
		{Attributes: &files.Attributes{}},
	} {
		_, err := files.UpdateAttributes(ctx, store, "a", keep, &bad)
		is(t, err, files.ErrInvalid)
	}
	_, err := files.UpdateAttributes(ctx, store, "a/", keep, nil)
	is(t, err, files.ErrInvalidName)
	_, err = files.UpdateAttributes(ctx, files.ReadOnly(store), "a", keep, nil)
	is(t, err, files.ErrPermission)
}
