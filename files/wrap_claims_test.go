package files_test

import (
	"context"
	"io"
	"iter"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// accepting is a bucket that can do everything, refuses nothing, and counts its calls.
type accepting struct {
	files.Bucket
	calls *int
}

func (a accepting) Features() files.Features {
	return files.Features{
		MaxName:         files.MaxName,
		Versions:        true,
		IfAbsent:        true,
		IfVersion:       true,
		DeleteIfVersion: true,
		ReadConditions:  true,
		Attributes:      true,
		Ordered:         true,
		ForeignKeys:     true,
		ServerCopy:      true,
		SignGet:         true,
		SignPut:         true,
	}
}

func (a accepting) Put(_ context.Context, _ string, r io.Reader,
	_ *files.PutOptions) (files.Info, error) {
	*a.calls++
	_, err := io.Copy(io.Discard, r)
	return files.Info{}, err
}

func (a accepting) Get(ctx context.Context, _ string, _ *files.GetOptions) (*files.Reader, error) {
	*a.calls++
	return a.Bucket.Get(ctx, "a", nil)
}

func (a accepting) Stat(context.Context, string, *files.StatOptions) (files.Info, error) {
	*a.calls++
	return files.Info{}, nil
}

func (a accepting) List(context.Context, string,
	*files.ListOptions) iter.Seq2[files.Entry, error] {
	*a.calls++
	return func(func(files.Entry, error) bool) {}
}

func (a accepting) Delete(context.Context, string, *files.DeleteOptions) error {
	*a.calls++
	return nil
}

func (a accepting) CopyFrom(context.Context, string, files.Bucket, string,
	*files.CopyOptions) (files.Info, error) {
	*a.calls++
	return files.Info{}, nil
}

func (a accepting) DeleteMany(_ context.Context, names []string) []error {
	*a.calls++
	return make([]error, len(names))
}

// TestWrapperRefusesByItself: a wrapper refuses what it doesn't claim, and what no bucket
// may take, before it calls the bucket below, which would take everything. With the claim
// the bucket below gets the call.
func TestWrapperRefusesByItself(t *testing.T) {
	type features = files.Features
	store := mem.New(nil)
	put(t, store, "a", "text")
	zero, ten := int64(0), int64(10)
	putting := func(o files.PutOptions) func(files.Bucket) error {
		return func(b files.Bucket) error {
			_, err := b.Put(ctx, "a", strings.NewReader(""), &o)
			return err
		}
	}
	copying := func(o files.CopyOptions) func(files.Bucket) error {
		return func(b files.Bucket) error {
			_, err := b.(optional).CopyFrom(ctx, "b", b, "a", &o)
			return err
		}
	}
	cached := files.Attributes{CacheControl: "no-store"}
	readOnly := func(f *features) { f.ReadOnly = true }
	noKeys := func(f *features) { f.ForeignKeys = false }
	small := func(f *features) { f.MaxSize = 9 }
	for what, c := range map[string]struct {
		less func(*features) // nil: it is refused whatever is claimed
		want error
		do   func(files.Bucket) error
	}{
		"Put": {readOnly, files.ErrPermission, putting(files.PutOptions{})},
		"Put if absent": {func(f *features) { f.IfAbsent = false }, files.ErrUnsupported,
			putting(files.PutOptions{If: files.IfAbsent(), Size: &zero})},
		"Put over a version": {func(f *features) { f.IfVersion = false }, files.ErrUnsupported,
			putting(files.PutOptions{If: files.IfVersion("v")})},
		"Put with attributes": {func(f *features) { f.Attributes = false }, files.ErrUnsupported,
			putting(files.PutOptions{Attributes: cached})},
		"Put of a declared size": {small, files.ErrTooLarge,
			putting(files.PutOptions{Size: &ten})},
		"Get of a version": {func(f *features) { f.ReadConditions = false }, files.ErrUnsupported,
			func(b files.Bucket) error {
				_, err := b.Get(ctx, "a", &files.GetOptions{IfVersion: "v"})
				return err
			}},
		"Get of another version": {func(f *features) { f.ReadConditions = false },
			files.ErrUnsupported, func(b files.Bucket) error {
				_, err := b.Get(ctx, "a", &files.GetOptions{IfNotVersion: "v"})
				return err
			}},
		"Get of a key": {noKeys, files.ErrUnsupported, func(b files.Bucket) error {
			_, err := b.Get(ctx, "", &files.GetOptions{Key: "/"})
			return err
		}},
		"Stat of a key": {noKeys, files.ErrUnsupported, func(b files.Bucket) error {
			_, err := b.Stat(ctx, "", &files.StatOptions{Key: "/"})
			return err
		}},
		"Delete of a key": {noKeys, files.ErrUnsupported, func(b files.Bucket) error {
			return b.Delete(ctx, "", &files.DeleteOptions{Key: "/"})
		}},
		"List of keys": {noKeys, files.ErrUnsupported, func(b files.Bucket) error {
			return listing(b, "", files.ListOptions{Foreign: true})
		}},
		"List of no directory": {nil, files.ErrInvalidName, func(b files.Bucket) error {
			return listing(b, "a//b", files.ListOptions{})
		}},
		"List with a slash": {nil, files.ErrInvalid, func(b files.Bucket) error {
			return listing(b, "", files.ListOptions{Shallow: true, Prefix: "a/"})
		}},
		"List with a negative limit": {nil, files.ErrInvalid, func(b files.Bucket) error {
			return listing(b, "", files.ListOptions{Limit: -1})
		}},
		"List of negative pages": {nil, files.ErrInvalid, func(b files.Bucket) error {
			return listing(b, "", files.ListOptions{PageSize: -1})
		}},
		"List in parallel": {nil, files.ErrInvalid, func(b files.Bucket) error {
			return listing(b, "", files.ListOptions{Parallel: -1})
		}},
		"Delete": {readOnly, files.ErrPermission, func(b files.Bucket) error {
			return b.Delete(ctx, "a", nil)
		}},
		"Delete of a version": {func(f *features) { f.DeleteIfVersion = false },
			files.ErrUnsupported, func(b files.Bucket) error {
				return b.Delete(ctx, "a", &files.DeleteOptions{IfVersion: "v"})
			}},
		"DeleteMany": {readOnly, files.ErrPermission, func(b files.Bucket) error {
			return b.(optional).DeleteMany(ctx, []string{"a"})[0]
		}},
		"CopyFrom": {readOnly, files.ErrPermission, copying(files.CopyOptions{})},
		"CopyFrom if absent": {func(f *features) { f.IfAbsent = false }, files.ErrUnsupported,
			copying(files.CopyOptions{If: files.IfAbsent()})},
		"CopyFrom with attributes": {func(f *features) { f.Attributes = false },
			files.ErrUnsupported, copying(files.CopyOptions{Attributes: &cached})},
		"CopyFrom without the ability": {func(f *features) { f.ServerCopy = false },
			files.ErrUnsupported, copying(files.CopyOptions{})},
		"an upload": {readOnly, files.ErrPermission, func(b files.Bucket) error {
			return b.(optional).WithUpload(ctx, "a", func(_ context.Context, b files.Bucket,
				_ string) error {
				*b.(accepting).calls++
				return nil
			})
		}},
	} {
		calls := 0
		below := accepting{store, &calls}
		if c.less != nil {
			if err := c.do(files.Wrap(below, files.Hooks{})); err != nil || calls == 0 {
				t.Errorf("%s: %v and %d calls with the claim", what, err, calls)
			}
			calls = 0
		} else {
			c.less = func(*features) {}
		}
		err := c.do(claimsLess(below, c.less))
		if is(t, err, c.want); calls != 0 {
			t.Errorf("%s: %v and %d calls without the claim, want none", what, err, calls)
		}
	}
}

// listing returns the error of a listing.
func listing(b files.Bucket, dir string, o files.ListOptions) error {
	for _, err := range b.List(ctx, dir, &o) {
		if err != nil {
			return err
		}
	}
	return nil
}
