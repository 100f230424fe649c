package files_test

import (
	"context"
	"errors"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// copyBuckets are pairs of buckets between which copies work in every way: inside the
// store, by streaming, and through wrappers.
func copyBuckets(t *testing.T) map[string][2]files.Bucket {
	m, other, third := mem.New(nil), mem.New(nil), bare{b: mem.New(nil)}
	sub, err := files.Sub(m, "sub")
	if err != nil {
		t.Fatal(err)
	}
	logged := files.Wrap(m, files.Hooks{Done: func(context.Context, *files.Call, int64, error) {}})
	return map[string][2]files.Bucket{
		"one":        {m, m},
		"two":        {m, other},
		"wrapped":    {logged, m},
		"sub":        {m, sub},
		"sub out":    {sub, m},
		"third":      {third, third},
		"third, mem": {third, other},
		"mem, third": {other, third},
	}
}

func TestCopy(t *testing.T) {
	for what, bs := range copyBuckets(t) {
		t.Run(what, func(t *testing.T) {
			src, dst := bs[0], bs[1]
			attrs := files.Attributes{
				ContentType:     "x/y",
				ContentLanguage: "en",
				Metadata:        map[string]string{"k": "v"},
			}
			from, err := files.PutString(ctx, src, "from.txt", "text",
				&files.PutOptions{Attributes: attrs})
			if err != nil {
				t.Fatal(err)
			}
			info, err := files.Copy(ctx, dst, "d/to.html", src, "from.txt",
				&files.CopyOptions{FullInfo: true})
			if err != nil || info.Name != "d/to.html" || info.Size != 4 ||
				info.ContentType != "x/y" || info.Metadata["k"] != "v" ||
				info.ContentLanguage != "en" {
				t.Errorf("Copy = %+v, %v, want d/to.html with the source's attributes", info, err)
			}
			has(t, dst, "d/to.html", "text")
			// New attributes replace all the old ones; the type is found by the
			// target's name.
			info, err = files.Copy(ctx, dst, "d/to.html", src, "from.txt",
				&files.CopyOptions{Attributes: &files.Attributes{CacheControl: "no-store"}})
			if err != nil || info.ContentType != "text/html; charset=utf-8" ||
				len(info.Metadata) != 0 || info.CacheControl != "no-store" {
				t.Errorf("Copy with new attributes = %+v, %v, want only these", info, err)
			}
			for what, c := range map[string]struct {
				dst, src string
				o        files.CopyOptions
				want     error
			}{
				"missing source": {
					"d/to.html",
					"missing",
					files.CopyOptions{},
					files.ErrNotExist,
				},
				"taken": {
					"d/to.html",
					"from.txt",
					files.CopyOptions{If: files.IfAbsent()},
					files.ErrExist,
				},
				"stale target": {
					"d/to.html",
					"from.txt",
					files.CopyOptions{If: files.IfVersion("stale")},
					files.ErrPrecondition,
				},
				"no target": {
					"none",
					"from.txt",
					files.CopyOptions{If: files.IfVersion("stale")},
					files.ErrPrecondition,
				},
				"empty version": {
					"d/to.html",
					"from.txt",
					files.CopyOptions{If: files.IfVersion("")},
					files.ErrPrecondition,
				},
				"stale source": {
					"d/to.html",
					"from.txt",
					files.CopyOptions{IfSource: "stale"},
					files.ErrPrecondition,
				},
				"bad target": {
					"d//to",
					"from.txt",
					files.CopyOptions{},
					files.ErrInvalidName,
				},
				"bad source": {
					"d/to.html",
					"../from",
					files.CopyOptions{},
					files.ErrInvalidName,
				},
				"bad target, source": {
					"d//to",
					"missing",
					files.CopyOptions{},
					files.ErrInvalidName,
				},
				"bad attributes": {
					"d/to.html",
					"from.txt",
					files.CopyOptions{Attributes: &files.Attributes{ContentType: "\n"}},
					files.ErrInvalid,
				},
			} {
				_, err := files.Copy(ctx, dst, c.dst, src, c.src, &c.o)
				if is(t, err, c.want); !errors.Is(err, c.want) {
					t.Errorf("what = %v, want %v", what, c.want)
				}
				if e, ok := errors.AsType[*files.Error](err); ok && (e.Op != files.OpCopy ||
					e.Name != c.src+" to "+c.dst) {
					t.Errorf("%s: the error is %v, want one of copy with both names", what, err)
				}
			}
			has(t, dst, "d/to.html", "text")
			if _, err := files.Copy(ctx, dst, "d/to.html", src, "from.txt", &files.CopyOptions{
				IfSource: from.Version,
				If:       files.IfVersion(info.Version),
			}); err != nil {
				t.Error(err)
			}
			// Independent afterwards.
			put(t, src, "from.txt", "changed")
			has(t, dst, "d/to.html", "text")
		})
	}
}

// TestCopyBetweenLayersOfTheUncomparable: layers over buckets that can't be compared
// can be copied between, and a move that may be one of a file onto itself is refused.
func TestCopyBetweenLayersOfTheUncomparable(t *testing.T) {
	a, b := bare{b: mem.New(nil)}, bare{b: mem.New(nil)}
	put(t, a, "d/f", "text")
	sub, err := files.Sub(a, "d")
	if err != nil {
		t.Fatal(err)
	}
	for what, src := range map[string]files.Bucket{"wrapped": around(a, passing), "plain": a} {
		if _, err := files.Copy(ctx, around(b, passing), "d/f", src, "d/f", nil); err != nil {
			t.Errorf("Copy of a %s source: %v", what, err)
		}
		has(t, b, "d/f", "text")
		opts := &files.CopyOptions{MayLoseConcurrentPut: true}
		_, err := files.Move(ctx, sub, "f", src, "d/f", opts)
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: a move onto itself: %v, want ErrUnsupported", what, err)
		}
		has(t, a, "d/f", "text")
	}
	if _, err := files.Move(ctx, sub, "g", a, "d/f",
		&files.CopyOptions{MayLoseConcurrentPut: true}); err != nil {
		t.Errorf("a move to another name: %v", err)
	}
}

// TestCopySaysWhichSide: an error that either bucket may have says if it is the source's.
func TestCopySaysWhichSide(t *testing.T) {
	failing := func(op files.Op, err error) files.Bucket {
		b := bare{b: mem.New(nil)}
		put(t, b, "a", "text")
		return around(b, func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Op == op {
				return err
			}
			return next(ctx)
		})
	}
	denied, down := files.ErrPermission, driver.Errorf(files.ErrUnavailable, "no route")
	for _, c := range []struct {
		dst, src files.Bucket
		want     string
	}{
		{mem.New(nil), failing(files.OpGet, denied), "permission denied: the source can't be read"},
		{mem.New(nil), failing(files.OpGet, down),
			"temporarily unavailable: the source can't be read: no route"},
		{mem.New(nil), failing(files.OpGet, files.ErrNotExist), "file does not exist"},
		{failing(files.OpPut, denied), failing(files.OpMove, nil), "permission denied"},
		{failing(files.OpPut, down), failing(files.OpMove, nil),
			"temporarily unavailable: no route"},
	} {
		_, err := files.Copy(ctx, c.dst, "b", c.src, "a", nil)
		if want := "files: copy a to b: " + c.want; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestCopyOntoItself: Copy and Move recognize one file that is reached by the same
// bucket or by two (C1).
func TestCopyOntoItself(t *testing.T) {
	for _, b := range []files.Bucket{mem.New(nil), files.Wrap(mem.New(nil),
		files.Hooks{}), &bare{b: mem.New(nil)}, around(mem.New(nil), passing)} {
		sub, err := files.Sub(b, "d")
		if err != nil {
			t.Fatal(err)
		}
		before := put(t, b, "d/a.txt", "text")
		name := func(b files.Bucket) string {
			if b == sub {
				return "a.txt"
			}
			return "d/a.txt"
		}
		for _, w := range [][2]files.Bucket{{b, b}, {sub, sub}, {b, sub}, {sub, b}} {
			dst, src := name(w[0]), name(w[1])
			for _, f := range []func(context.Context, files.Bucket, string, files.Bucket, string,
				*files.CopyOptions) (files.Info, error){files.Copy, files.Move} {
				info, err := f(ctx, w[0], dst, w[1], src, nil)
				if err != nil || info.Version != before.Version || info.Name != dst {
					t.Errorf("%s to %s: %v, %v", src, dst, info, err)
				}
				_, err = f(ctx, w[0], dst, w[1], src, &files.CopyOptions{If: files.IfAbsent()})
				is(t, err, files.ErrExist)
				_, err = f(ctx, w[0], dst, w[1], src, &files.CopyOptions{IfSource: "stale"})
				is(t, err, files.ErrPrecondition)
				info, err = f(ctx, w[0], dst, w[1], src, &files.CopyOptions{
					Attributes: &files.Attributes{ContentType: "x/y"},
					If:         files.IfVersion(before.Version),
					IfSource:   before.Version,
				})
				if err != nil || info.ContentType != "x/y" {
					t.Errorf("%s to %s: %v, %v", src, dst, info, err)
				}
				if before, err = b.Stat(ctx, "d/a.txt",
					nil); err != nil || before.ContentType != "x/y" {
					t.Fatalf(`Stat = %v, %v, want no error and ContentType "x/y"`, before, err)
				}
				has(t, b, "d/a.txt", "text")
			}
		}
		_, err = files.Copy(ctx, b, "missing", b, "missing", nil)
		is(t, err, files.ErrNotExist)
		ro := files.ReadOnly(b)
		for _, name := range []string{"d/a.txt", "missing"} {
			_, err = files.Copy(ctx, ro, name, ro, name, nil)
			is(t, err, files.ErrPermission)
		}
		ro.Close()
		_, err = files.Copy(ctx, ro, "", ro, "", nil)
		is(t, err, files.ErrClosed)
	}
}

// TestCopyOntoItselfUnknown: with a bucket that can't be compared, Copy and Move don't
// recognize that source and target are one file, but nothing is lost.
func TestCopyOntoItselfUnknown(t *testing.T) {
	for _, c := range []struct {
		b    bare
		want error
	}{
		{bare{b: mem.New(&mem.Options{VersionPerPut: true})}, files.ErrPrecondition},
		// The copy has the version that was copied, so what is deleted could be the copy.
		{bare{b: mem.New(nil)}, files.ErrUnsupported},
	} {
		put(t, c.b, "a", "text")
		if _, err := files.Copy(ctx, c.b, "a", c.b, "a", nil); err != nil {
			t.Error(err)
		}
		_, err := files.Move(ctx, c.b, "a", c.b, "a", nil)
		is(t, err, c.want)
		has(t, c.b, "a", "text")
	}
}

func passing(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
	return next(ctx)
}

// TestCopyOntoItselfUnderAWriter: a copy with new attributes must not bring back
// content that is replaced meanwhile.
func TestCopyOntoItselfUnderAWriter(t *testing.T) {
	inner := mem.New(nil)
	put(t, inner, "a", "old")
	once := false
	b := around(&bare{b: inner},
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpPut && !once {
				once = true
				put(t, inner, "a", "new")
			}
			return next(ctx)
		})
	info, err := files.Copy(ctx, b, "a", b, "a",
		&files.CopyOptions{Attributes: &files.Attributes{ContentType: "x/y"}})
	if err != nil || info.ContentType != "x/y" {
		t.Errorf(`Copy = %v, %v, want no error and ContentType "x/y"`, info, err)
	}
	has(t, inner, "a", "new")
}

func TestMove(t *testing.T) {
	for what, bs := range copyBuckets(t) {
		t.Run(what, func(t *testing.T) {
			src, dst := bs[0], bs[1]
			put(t, src, "from", "text")
			put(t, dst, "to", "old")
			_, err := files.Move(ctx, dst, "to", src, "from",
				&files.CopyOptions{If: files.IfAbsent()})
			is(t, err, files.ErrExist)
			has(t, src, "from", "text")
			_, err = files.Move(ctx, dst, "a//b", src, "from", nil)
			is(t, err, files.ErrInvalidName)
			info, err := files.Move(ctx, dst, "to", src, "from", nil)
			if err != nil || info.Name != "to" {
				t.Errorf(`Move = %v, %v, want no error and Name "to"`, info, err)
			}
			has(t, dst, "to", "text")
			missing(t, src, "from")
			_, err = files.Move(ctx, dst, "to", src, "from", nil)
			is(t, err, files.ErrNotExist)
			has(t, dst, "to", "text")
		})
	}
}

// TestMoveUnderAWriter: Move doesn't delete a file that was put to the source after the
// copy.
func TestMoveUnderAWriter(t *testing.T) {
	inner := mem.New(nil)
	put(t, inner, "from", "old")
	src := around(inner,
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpDelete {
				put(t, inner, "from", "new")
			}
			return next(ctx)
		})
	dst := mem.New(nil)
	_, err := files.Move(ctx, dst, "to", src, "from", nil)
	is(t, err, files.ErrPrecondition)
	has(t, inner, "from", "new")
	has(t, dst, "to", "old")
	_, err = files.Move(ctx, dst, "to", fixed(func(f *files.Features) {
		f.DeleteIfVersion = false
	}), "from", nil)
	is(t, err, files.ErrUnsupported)
}
