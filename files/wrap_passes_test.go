package files_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// signsPuts is a bucket that claims to sign uploads.
type signsPuts struct{ files.Bucket }

func (c signsPuts) Features() files.Features {
	f := c.Bucket.Features()
	f.SignPut = true
	return f
}

// passes are the three ways to the bucket below a wrapper that packages files/resume and
// files/signing use. Each calls fn with the bucket below and its name for "a".
var passes = map[string]func(ctx context.Context, b files.Bucket, name string,
	fn func(context.Context, files.Bucket, string) error) error{
	"WithUpload": func(ctx context.Context, b files.Bucket, name string,
		fn func(context.Context, files.Bucket, string) error) error {
		return b.(driver.BucketUploader).WithUpload(ctx, name, fn)
	},
	"WithUploads": func(ctx context.Context, b files.Bucket, name string,
		fn func(context.Context, files.Bucket, string) error) error {
		var list func(context.Context, files.Bucket, string, string) error
		if fn != nil {
			list = func(ctx context.Context, b files.Bucket, dir, _ string) error {
				return fn(ctx, b, dir)
			}
		}
		_, err := b.(driver.BucketUploader).WithUploads(ctx, name, "", list)
		return err
	},
	"WithSignPost": func(ctx context.Context, b files.Bucket, name string,
		fn func(context.Context, files.Bucket, string) error) error {
		return b.(driver.BucketPostSigner).WithSignPost(ctx, name, fn)
	},
}

var opOfPass = map[string]files.Op{
	"WithUpload":   files.OpUpload,
	"WithUploads":  files.OpUpload,
	"WithSignPost": files.OpSignPut,
}

// TestStepIsPassedInsideTheHooks: a wrapper passes a step to the bucket below, under
// its name there, inside the hooks, and the caller gets the error that fn or a hook
// returns.
func TestStepIsPassedInsideTheHooks(t *testing.T) {
	store := signsPuts{mem.New(nil)}
	for what, pass := range passes {
		var ops []files.Op
		var done []error
		sub, err := files.Sub(store, "d")
		if err != nil {
			t.Fatal(err)
		}
		hooked := files.Wrap(store, files.Hooks{
			Uploads: true,
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				ops = append(ops, c.Op)
				if c.Name == "refused" {
					return files.ErrPermission
				}
				return next(ctx)
			},
			Done: func(_ context.Context, _ *files.Call, _ int64, err error) {
				done = append(done, err)
			},
		})
		for _, c := range []struct {
			b     files.Bucket
			name  string
			fails error
			want  string
		}{
			{files.Wrap(store, files.Hooks{}), "a", nil, "a"},
			{sub, "a", nil, "d/a"},
			{hooked, "a", nil, "a"},
			{hooked, "a", files.ErrUnavailable, "a"},
			{hooked, "refused", files.ErrPermission, ""},
		} {
			got := ""
			err := pass(ctx, c.b, c.name, func(_ context.Context, below files.Bucket,
				name string) error {
				if got = name; below != files.Bucket(store) {
					t.Errorf("%s: passed %v", what, below)
				}
				return c.fails
			})
			if !errors.Is(err, c.fails) || c.fails == nil && err != nil || got != c.want {
				t.Errorf("%s: %v for the name %q, want %v for %q", what, err, got, c.fails, c.want)
			}
		}
		op := opOfPass[what]
		if !slices.Equal(ops, []files.Op{op, op, op}) || len(done) != 3 || done[0] != nil ||
			!errors.Is(done[1], files.ErrUnavailable) || !errors.Is(done[2], files.ErrPermission) {
			t.Errorf("%s: the hooks got %v, and then %v", what, ops, done)
		}
	}
}

// promptly is a bucket whose Put returns no version.
type promptly struct{ files.Bucket }

func (p promptly) Features() files.Features {
	f := p.Bucket.Features()
	f.PutReturnsVersion = false
	return f
}

// TestPassingWithoutVersions: a wrapper passes a step to a bucket whose Put returns no
// version, since it masks nothing.
func TestPassingWithoutVersions(t *testing.T) {
	b := files.Wrap(promptly{signsPuts{mem.New(nil)}}, files.Hooks{})
	for what, pass := range passes {
		passed := false
		err := pass(ctx, b, "a", func(context.Context, files.Bucket, string) error {
			passed = true
			return nil
		})
		if err != nil || !passed {
			t.Errorf("%s: %v, passed: %v, want nil and true", what, err, passed)
		}
	}
}

// TestPassingRefused: a step that would bypass a wrapper isn't passed.
func TestPassingRefused(t *testing.T) {
	store := signsPuts{mem.New(nil)}
	closed := files.Wrap(store, files.Hooks{})
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	claims := func(change func(f *files.Features)) files.Bucket {
		return files.Wrap(store, files.Hooks{Features: func(f files.Features) files.Features {
			change(&f)
			return f
		}})
	}
	smaller := claims(func(f *files.Features) { f.MaxSize = 5 })
	noAbsent := claims(func(f *files.Features) { f.IfAbsent = false })
	noVersion := claims(func(f *files.Features) { f.IfVersion = false })
	noAttributes := claims(func(f *files.Features) { f.Attributes = false })
	noDigests := claims(func(f *files.Features) { f.Digests = false })
	hooks := func(h files.Hooks) files.Bucket { return files.Wrap(store, h) }
	plain := hooks(files.Hooks{})
	asIs := func(_ context.Context, _ *files.Call, r io.Reader) io.Reader { return r }
	for what, pass := range passes {
		for how, c := range map[string]struct {
			ctx  context.Context
			b    files.Bucket
			want error
		}{
			"closed":       {ctx, closed, files.ErrClosed},
			"nil context":  {nil, plain, files.ErrInvalid},
			"read-only":    {ctx, files.ReadOnly(store), files.ErrPermission},
			"content":      {ctx, hooks(files.Hooks{Content: asIs}), files.ErrUnsupported},
			"smaller":      {ctx, smaller, files.ErrUnsupported},
			"no IfAbsent":  {ctx, noAbsent, files.ErrUnsupported},
			"no IfVersion": {ctx, noVersion, files.ErrUnsupported},
			"no digests":   {ctx, noDigests, files.ErrUnsupported},

			"no attributes": {ctx, noAttributes, files.ErrUnsupported},
		} {
			asked := false
			err := pass(c.ctx, c.b, "a", func(context.Context, files.Bucket, string) error {
				asked = true
				return nil
			})
			e, ok := errors.AsType[*files.Error](err)
			if asked || !errors.Is(err, c.want) || !ok || e.Op != opOfPass[what] || e.Name != "a" {
				t.Errorf("%s, %s: %v, passed: %v, want %v", what, how, err, asked, c.want)
			}
		}
		is(t, pass(ctx, plain, "a", nil), files.ErrInvalid)
	}
	pass := func(context.Context, files.Bucket, string) error { return nil }
	for _, what := range []string{"WithUpload", "WithSignPost"} {
		is(t, passes[what](ctx, plain, "a/", pass), files.ErrInvalidName)
	}
	hooked := around(store, func(ctx context.Context, _ *files.Call,
		next func(context.Context) error) error {
		return next(ctx)
	})
	is(t, passes["WithUpload"](ctx, hooked, "a", pass), files.ErrUnsupported)
	is(t, passes["WithUploads"](ctx, hooked, "a", pass), files.ErrUnsupported)
	unsigned := files.Wrap(store.Bucket, files.Hooks{})
	is(t, passes["WithSignPost"](ctx, unsigned, "a", pass), files.ErrUnsupported)
}

// TestUploadsOfDirectory: the bucket below lists its own directory and prefix, and out
// returns the wrapper's names of what it has.
func TestUploadsOfDirectory(t *testing.T) {
	sub, err := files.Sub(mem.New(nil), "d")
	if err != nil {
		t.Fatal(err)
	}
	hiding := files.Wrap(sub, files.Hooks{Entry: func(_ *files.Call, e files.Entry) bool {
		return !strings.HasSuffix(e.Name, ".hidden")
	}})
	var gotDir, gotPrefix string
	list := func(_ context.Context, _ files.Bucket, dir, prefix string) error {
		gotDir, gotPrefix = dir, prefix
		return nil
	}
	out, err := sub.(driver.BucketUploader).WithUploads(ctx, "x", "p", list)
	if err != nil || gotDir != "d/x" || gotPrefix != "p" {
		t.Fatalf("%v, listed %q and %q", err, gotDir, gotPrefix)
	}
	if name, ok := out("d/x/p1"); name != "x/p1" || !ok {
		t.Errorf("d/x/p1 is %q, %v", name, ok)
	}
	if name, ok := out("e/p1"); ok {
		t.Errorf("e/p1 is %q, want none", name)
	}
	out, err = hiding.(driver.BucketUploader).WithUploads(ctx, "x", "p", list)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"x/p": true, "x/p.hidden": false} {
		if got, ok := out(name); ok != want || ok && got != name {
			t.Errorf("%s is %q, %v, want it: %v", name, got, ok, want)
		}
	}
}
