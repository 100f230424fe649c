package files_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestMaskedCopies: a wrapper copies inside the store, and lets others do so from it,
// unless the copy would have what the wrapper doesn't claim.
func TestMaskedCopies(t *testing.T) {
	for what, c := range map[string]struct {
		limit  int64 // of the bucket below
		change func(f *files.Features)
		inside bool
	}{
		"claims all":          {0, func(*files.Features) {}, true},
		"no IfAbsent":         {0, func(f *files.Features) { f.IfAbsent = false }, true},
		"no digests":          {0, func(f *files.Features) { f.Digests = false }, true},
		"no attributes":       {0, func(f *files.Features) { f.Attributes = false }, false},
		"no versions":         {0, func(f *files.Features) { f.Versions = false }, false},
		"no conditional read": {0, func(f *files.Features) { f.ReadConditions = false }, false},
		"no copy":             {0, func(f *files.Features) { f.ServerCopy = false }, false},
		"a limit":             {0, func(f *files.Features) { f.MaxSize = 100 }, false},
		"a smaller limit":     {101, func(f *files.Features) { f.MaxSize = 100 }, false},
		"the same limit":      {100, func(f *files.Features) { f.MaxSize = 100 }, true},
		"the limit below":     {100, func(*files.Features) {}, true},
		"a larger limit":      {100, func(f *files.Features) { f.MaxSize = 101 }, true},
		"one byte":            {0, func(f *files.Features) { f.MaxSize = 1 }, false},
		"one byte, as below":  {1, func(f *files.Features) { f.MaxSize = 1 }, true},
	} {
		t.Run(what, func(t *testing.T) {
			var ops []files.Op
			store := mem.New(&mem.Options{MaxSize: c.limit})
			put(t, store, "a", "x")
			b := claimsLess(files.Wrap(store, files.Hooks{
				Begin: func(ctx context.Context, call *files.Call) (context.Context, error) {
					ops = append(ops, call.Op)
					return ctx, nil
				},
			}), c.change)
			check := func(how string, dst files.Bucket) {
				t.Helper()
				if _, err := files.Copy(ctx, dst, how, b, "a", nil); err != nil {
					t.Errorf("a copy %s: %v", how, err)
				}
				has(t, store, how, "x")
				if read := slices.Contains(ops, files.OpGet); read == c.inside {
					t.Errorf("a copy %s calls %v, copied inside the store: want %v", how, ops,
						c.inside)
				}
				ops = nil
			}
			check("inside", b)
			check("from it", store)
		})
	}
}

// TestMaskedReadConditions: a wrapper that doesn't claim conditional reads refuses the
// condition on the source of a copy, also if the store could copy inside.
func TestMaskedReadConditions(t *testing.T) {
	store := mem.New(nil)
	version := put(t, store, "a", "text").Version
	o := &files.CopyOptions{IfSource: version}
	if _, err := files.Copy(ctx, store, "b", store, "a", o); err != nil {
		t.Fatal(err)
	}
	b := claimsLess(store, func(f *files.Features) { f.ReadConditions = false })
	if _, err := files.Copy(ctx, b, "c", b, "a", o); !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("Copy = %v, want ErrUnsupported", err)
	}
	missing(t, store, "c")
}

// TestCopyFromReadOnly: a read-only wrapper is the source of a copy inside the store.
func TestCopyFromReadOnly(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	gets := 0
	b := files.ReadOnly(files.Wrap(store, files.Hooks{
		Begin: func(ctx context.Context, c *files.Call) (context.Context, error) {
			if c.Op == files.OpGet {
				gets++
			}
			return ctx, nil
		},
	}))
	if _, err := files.Copy(ctx, store, "b", b, "a", nil); err != nil || gets != 0 {
		t.Errorf("Copy = %v after %d Gets, want no error and none", err, gets)
	}
	has(t, store, "b", "text")
}

// TestCopyOntoItselfOnConditions: a copy onto itself that would change nothing refuses a
// condition that the bucket doesn't claim, as a Put does.
func TestCopyOntoItselfOnConditions(t *testing.T) {
	store := mem.New(nil)
	version := put(t, store, "a", "text").Version
	for what, c := range map[string]struct {
		change       func(f *files.Features)
		absent, same error // of the conditions that the file is absent, or has its version
	}{
		"all": {func(*files.Features) {}, files.ErrExist, nil},
		"no IfVersion": {
			func(f *files.Features) { f.IfVersion = false }, files.ErrExist, files.ErrUnsupported,
		},
		"no IfAbsent": {
			func(f *files.Features) { f.IfAbsent = false }, files.ErrUnsupported, nil,
		},
		"neither": {
			func(f *files.Features) { f.IfVersion, f.IfAbsent = false, false },
			files.ErrUnsupported, files.ErrUnsupported,
		},
	} {
		b := claimsLess(store, func(f *files.Features) {
			f.ServerCopy = false
			c.change(f)
		})
		for cond, want := range map[files.Condition]error{
			files.IfAbsent():         c.absent,
			files.IfVersion(version): c.same,
			{}:                       nil,
		} {
			_, err := files.Copy(ctx, b, "a", b, "a", &files.CopyOptions{If: cond})
			if !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("%s: Copy with the condition %v = %v, want %v", what, cond, err, want)
			}
		}
	}
}

// TestMaskedCopy: a wrapper refuses the conditions and attributes of a copy that it
// doesn't claim, although the bucket below has them, and copies without them.
func TestMaskedCopy(t *testing.T) {
	attributes := &files.Attributes{CacheControl: "no-store"}
	for what, c := range map[string]struct {
		less    func(*files.Features)
		refused []files.CopyOptions
	}{
		"IfAbsent": {func(f *files.Features) { f.IfAbsent = false }, []files.CopyOptions{
			{If: files.IfAbsent()},
			{If: files.IfAbsent(), Attributes: attributes},
		}},
		"IfVersion": {func(f *files.Features) { f.IfVersion = false }, []files.CopyOptions{
			{If: files.IfVersion("v")},
			{If: files.IfVersion("v"), Attributes: attributes},
		}},
		"attributes": {func(f *files.Features) { f.Attributes = false }, []files.CopyOptions{
			{Attributes: attributes},
			{If: files.IfAbsent(), Attributes: attributes},
		}},
	} {
		store := mem.New(nil)
		put(t, store, "a", "text")
		b := claimsLess(store, c.less)
		for _, o := range c.refused {
			_, err := files.Copy(ctx, b, "b", b, "a", &o)
			is(t, err, files.ErrUnsupported)
			missing(t, store, "b")
		}
		plain := &files.Attributes{ContentType: "text/plain"}
		for _, o := range []files.CopyOptions{{}, {Attributes: plain}} {
			if _, err := files.Copy(ctx, b, "b", b, "a", &o); err != nil {
				t.Errorf("without %s: Copy(%+v) = %v, want no error", what, o, err)
			}
			has(t, store, "b", "text")
		}
	}
}
