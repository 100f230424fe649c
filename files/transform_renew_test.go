package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// turning stores a key and then each byte turned by it, and requires that files with
// another key than its own are stored anew.
func turning(b files.Bucket, key byte) files.Bucket {
	type getter = func(context.Context, files.Range) (*files.Reader, error)
	info := func(_ *files.Call, i files.Info) (files.Info, error) {
		i.Digest = files.Digest{}
		if i.Size--; i.Size < 0 {
			return i, driver.Errorf(files.ErrCorrupt, "no key")
		}
		return i, nil
	}
	head := func(ctx context.Context, get getter) (byte, *files.Reader, error) {
		r, err := get(ctx, files.Range{})
		if err != nil {
			return 0, nil, err
		}
		k, err := r.ReadN(1)
		if err != nil {
			return 0, nil, err
		}
		return k[0], r, nil
	}
	return files.Wrap(b, files.Hooks{Transform: &files.Transform{
		Put: func(_ context.Context, _ *files.Call, plain io.Reader, _ int64,
			_ *files.PutOptions) (io.Reader, int64, error) {
			all, err := io.ReadAll(plain)
			for i := range all {
				all[i] ^= key
			}
			return bytes.NewReader(append([]byte{key}, all...)), -1, err
		},
		Info: info,
		Open: func(ctx context.Context, c *files.Call, r files.Range,
			get func(context.Context, files.Range) (*files.Reader, error)) (files.Info,
			io.Reader, error) {
			k, stored, err := head(ctx, get)
			if err != nil {
				return files.Info{}, nil, err
			}
			all, err := stored.ReadAll()
			if err != nil {
				return files.Info{}, nil, err
			}
			for i := range all {
				all[i] ^= k
			}
			i, err := info(c, stored.Info())
			off, n := r.Resolve(i.Size)
			return i, bytes.NewReader(all[off : off+n]), err
		},
		Renew: func(ctx context.Context, _ *files.Call,
			get func(context.Context, files.Range) (*files.Reader, error)) (bool, error) {
			k, _, err := head(ctx, get)
			if k == 9 {
				return false, driver.Errorf(files.ErrPermission, "not this key")
			}
			return k != key, err
		},
	}})
}

// TestTransformRenew: a copy of a file onto itself stores it anew if the wrapper
// requires that, also below other wrappers, and otherwise changes nothing.
func TestTransformRenew(t *testing.T) {
	store := mem.New(nil)
	put(t, turning(store, 1), "d/a", "abc")
	b := files.Wrap(turning(store, 2), files.Hooks{})
	sub, err := files.Sub(b, "d")
	if err != nil {
		t.Fatal(err)
	}
	stored := func() byte {
		c, err := files.ReadAll(ctx, store, "d/a", nil)
		if err != nil {
			t.Fatal(err)
		}
		return c[0]
	}
	has(t, sub, "a", "abc")
	_, err = files.Copy(ctx, sub, "a", sub, "a", &files.CopyOptions{If: files.IfVersion("x")})
	is(t, err, files.ErrPrecondition)
	if stored() != 1 {
		t.Error("a refused copy changes the file")
	}
	if _, err := files.Copy(ctx, sub, "a", sub, "a", nil); err != nil || stored() != 2 {
		t.Errorf("the copy is not stored anew: key %d, %v, want no error and 2", stored(), err)
	}
	has(t, sub, "a", "abc")
	before, _ := sub.Stat(ctx, "a", nil)
	if _, err := files.Copy(ctx, sub, "a", sub, "a", nil); err != nil {
		t.Error(err)
	}
	if after, _ := sub.Stat(ctx, "a", nil); after.Version != before.Version {
		t.Error("a file that is as it should be is stored anew")
	}
	put(t, turning(store, 9), "d/a", "abc")
	_, err = files.Copy(ctx, sub, "a", sub, "a", nil)
	is(t, err, files.ErrPermission)
}

// TestTransformEntryFails: an entry that a wrapper can't show is one error at the end
// of the listing (L9), also if Limit ends it, and no error with NamesOnly.
func TestTransformEntryFails(t *testing.T) {
	store := mem.New(nil)
	b := turning(store, 1)
	for _, n := range []string{"a", "c", "d"} {
		put(t, b, n, "x")
	}
	put(t, store, "b", "") // it has no key
	for _, c := range []struct {
		opts  files.ListOptions
		names []string
		fails bool
	}{
		{files.ListOptions{}, []string{"a", "c", "d"}, true},
		{files.ListOptions{Limit: 1}, []string{"a"}, false},
		{files.ListOptions{Limit: 2}, []string{"a", "c"}, true},
		{files.ListOptions{Limit: 3}, []string{"a", "c", "d"}, true},
		{files.ListOptions{StartAfter: "b"}, []string{"c", "d"}, false},
		{files.ListOptions{NamesOnly: true}, []string{"a", "b", "c", "d"}, false},
	} {
		var names []string
		var failed error
		for e, err := range b.List(ctx, "", &c.opts) {
			if failed != nil {
				t.Errorf("%+v: something follows the error", c.opts)
			}
			if failed = err; err == nil {
				names = append(names, e.Name)
			}
		}
		var e *files.Error
		if !slices.Equal(names, c.names) || c.fails != (failed != nil) ||
			c.fails && (!errors.As(failed, &e) || e.Name != "b") {
			t.Errorf("List with %+v = %q, %v, want %q", c.opts, names, failed, c.names)
		}
	}
}
