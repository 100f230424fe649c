package overlay_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/filestest"
	"cloudfiles.dev/files/overlay"
	"cloudfiles.dev/files/signing"
)

var white = &overlay.Options{Whiteouts: true}

func over(t *testing.T, o *overlay.Options, members ...files.Bucket) files.Bucket {
	t.Helper()
	b, err := overlay.New(members, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, b files.Bucket, name, content string) files.Info {
	t.Helper()
	info, err := files.PutString(t.Context(), b, name, content, nil)
	if err != nil {
		t.Fatal(err)
	}
	return info
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

// has checks the content of a file by every method; "" means no file.
func has(t *testing.T, b files.Bucket, name, want string) {
	t.Helper()
	got, err := files.ReadString(t.Context(), b, name, nil)
	info, serr := b.Stat(t.Context(), name, nil)
	exists, eerr := files.Exists(t.Context(), b, name)
	listed := false
	for e, err := range b.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Name == name {
			listed = true
			if e != info.Entry {
				t.Errorf("%s is listed as %+v, but Stat returns %+v", name, e, info.Entry)
			}
		}
	}
	there := want != ""
	if got != want || exists != there || listed != there || eerr != nil ||
		there != (err == nil) || there != (serr == nil) {
		t.Errorf("%s: %q, %v; %v; exists %v, listed %v; want %q", name, got, err, serr, exists,
			listed, want)
	}
	if !there {
		is(t, err, files.ErrNotExist)
		is(t, serr, files.ErrNotExist)
	}
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
	lacking := func(change func(*files.Features)) files.Bucket {
		return files.Wrap(mem.New(nil), files.Hooks{
			Features: func(f files.Features) files.Features {
				change(&f)
				return f
			},
		})
	}
	for what, members := range map[string][]files.Bucket{
		"nothing":             nil,
		"a nil bucket":        {b, nil},
		"a bucket twice":      {b, mem.New(nil), b},
		"a bucket and a part": {sub, b},
	} {
		if _, err := overlay.New(members, nil); files.KindOf(err) != files.ErrInvalid {
			t.Errorf("%s: %v, want ErrInvalid", what, err)
		}
	}
	unordered := lacking(func(f *files.Features) { f.Ordered = false })
	_, err = overlay.New([]files.Bucket{b, unordered}, nil)
	is(t, err, files.ErrUnsupported)
	plain := lacking(func(f *files.Features) { f.Attributes = false })
	_, err = overlay.New([]files.Bucket{plain, b}, white)
	is(t, err, files.ErrUnsupported)
	over(t, nil, plain, b)
}

// TestDeletedFileIsMasked: a deleted file is gone for every method, a file that is put again is
// there, and the lower members get no write.
func TestDeletedFileIsMasked(t *testing.T) {
	upper, lower := mem.New(nil), mem.New(nil)
	put(t, lower, "d/a", "lower")
	put(t, lower, "d/b", "lower b")
	var writes atomic.Int64
	b := over(t, white, upper, files.Wrap(lower, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op.Writes() {
				writes.Add(1)
			}
			return next(ctx)
		},
	}))
	has(t, b, "d/a", "lower")
	for range 2 {
		if err := b.Delete(t.Context(), "d/a", nil); err != nil {
			t.Fatal(err)
		}
		has(t, b, "d/a", "")
	}
	put(t, b, "d/a", "again")
	has(t, b, "d/a", "again")
	if err := b.Delete(t.Context(), "d/a", nil); err != nil {
		t.Fatal(err)
	}
	has(t, b, "d/a", "")
	_, err := files.PutString(t.Context(), b, "d/a", "third",
		&files.PutOptions{If: files.IfAbsent()})
	is(t, err, nil)
	has(t, b, "d/a", "third")
	_, err = files.PutString(t.Context(), b, "d/b", "x", &files.PutOptions{If: files.IfAbsent()})
	is(t, err, files.ErrExist)
	if res, err := files.DeleteDir(t.Context(), b, "d"); err != nil || res.Deleted != 2 {
		t.Errorf("DeleteDir = %+v, %v, want 2 deleted", res, err)
	}
	if got := names(t, b, "", &files.ListOptions{Shallow: true}); len(got) != 0 {
		t.Errorf("an empty directory is listed: %q", got)
	}
	has(t, lower, "d/a", "lower")
	if n := writes.Load(); n != 0 {
		t.Errorf("the lower member got %d writes", n)
	}
	_, err = files.PutString(t.Context(), b, "x", "x", &files.PutOptions{
		Attributes: files.Attributes{Metadata: map[string]string{"CloudFiles-Whiteout": "1"}},
	})
	is(t, err, files.ErrUnsupported)
}

// TestWithoutWhiteouts: a file that a lower member has can't be deleted.
func TestWithoutWhiteouts(t *testing.T) {
	upper, lower := mem.New(nil), mem.New(nil)
	put(t, lower, "a", "lower")
	b := over(t, nil, upper, lower)
	is(t, b.Delete(t.Context(), "a", nil), files.ErrUnsupported)
	has(t, b, "a", "lower")
	put(t, b, "a", "upper")
	is(t, b.Delete(t.Context(), "a", nil), files.ErrUnsupported)
	has(t, b, "a", "upper")
	put(t, b, "b", "upper")
	is(t, b.Delete(t.Context(), "b", nil), nil)
	has(t, b, "b", "")
	_, err := files.Move(t.Context(), b, "c", b, "a", nil)
	is(t, err, files.ErrUnsupported)
	has(t, b, "a", "upper")
}

// TestVersions: a version of one member never matches in another, even if the bytes and
// the members' versions are equal, and an update of a lower file goes to the first
// member alone.
func TestVersions(t *testing.T) {
	upper, lower := mem.New(nil), mem.New(nil)
	raw := put(t, lower, "a", "same")
	b := over(t, white, upper, lower)
	below, err := b.Stat(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if twin := put(t, upper, "a", "same"); twin.Version != raw.Version {
		t.Fatalf("the members' own versions differ: %q, %q", twin.Version, raw.Version)
	}
	for what, do := range map[string]func(v files.Version) error{
		"Get": func(v files.Version) error {
			r, err := b.Get(t.Context(), "a", &files.GetOptions{IfVersion: v})
			r.Close()
			return err
		},
		"Put": func(v files.Version) error {
			_, err := files.PutString(t.Context(), b, "a", "x",
				&files.PutOptions{If: files.IfVersion(v)})
			return err
		},
		"Delete": func(v files.Version) error {
			return b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: v})
		},
		"Copy": func(v files.Version) error {
			_, err := files.Copy(t.Context(), b, "c", b, "a", &files.CopyOptions{IfSource: v})
			return err
		},
		"Copy onto itself": func(v files.Version) error {
			_, err := files.Copy(t.Context(), b, "a", b, "a", &files.CopyOptions{
				If:         files.IfVersion(v),
				Attributes: &files.Attributes{ContentType: "text/x"},
			})
			return err
		},
	} {
		for _, v := range []files.Version{below.Version, raw.Version, "2." + raw.Version, "x"} {
			if err := do(v); !errors.Is(err, files.ErrPrecondition) {
				t.Errorf("%s of %q: %v, want ErrPrecondition", what, v, err)
			}
		}
	}
	r, err := b.Get(t.Context(), "a", &files.GetOptions{IfNotVersion: below.Version})
	is(t, err, nil)
	if r != nil && r.Info().Version == below.Version {
		t.Error("both members have one version")
	}
	r.Close()
	has(t, b, "a", "same")
}

// TestCopyUp: a change of a lower file puts the changed file into the first member.
func TestCopyUp(t *testing.T) {
	for _, lowerOptions := range []*mem.Options{nil, {VersionPerPut: true, CopyInfo: true}} {
		upper, lower := mem.New(nil), mem.New(lowerOptions)
		put(t, lower, "a", "content")
		put(t, lower, "b", "1")
		b := over(t, white, upper, lower)
		info, err := files.UpdateAttributes(t.Context(), b, "a", func(a *files.Attributes) error {
			a.Metadata = map[string]string{"k": "v"}
			return nil
		}, nil)
		if err != nil || info.Metadata["k"] != "v" || info.Size != 7 {
			t.Errorf("UpdateAttributes = %+v, %v", info, err)
		}
		has(t, b, "a", "content")
		has(t, upper, "a", "content")
		if below, err := lower.Stat(t.Context(), "a",
			nil); err != nil || below.Metadata["k"] != "" {
			t.Errorf("the lower file was changed: %+v, %v", below, err)
		}
		_, err = files.Update(t.Context(), b, "b", func(old []byte) ([]byte, error) {
			return append(old, '2'), nil
		}, nil)
		is(t, err, nil)
		has(t, b, "b", "12")
		has(t, lower, "b", "1")
		if _, err := files.Move(t.Context(), b, "c", b, "b", nil); err != nil {
			t.Error(err)
		}
		has(t, b, "b", "")
		has(t, b, "c", "12")
	}
}

// TestOutage: any failure of a member ends the call, so that an old file is not
// returned in place of a newer one.
func TestOutage(t *testing.T) {
	for _, kind := range []error{
		files.ErrUnavailable, files.ErrPermission, files.ErrNoBucket, files.ErrCorrupt,
	} {
		var on atomic.Bool
		upper, lower := mem.New(nil), mem.New(nil)
		put(t, lower, "a", "old")
		put(t, upper, "a", "new")
		b := over(t, white, files.Wrap(upper, files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if on.Load() {
					return driver.Errorf(kind, "down")
				}
				return next(ctx)
			},
		}), lower)
		has(t, b, "a", "new")
		on.Store(true)
		_, err := b.Get(t.Context(), "a", nil)
		is(t, err, kind)
		_, err = b.Stat(t.Context(), "a", nil)
		is(t, err, kind)
		is(t, b.Delete(t.Context(), "a", nil), kind)
		_, err = files.PutString(t.Context(), b, "a", "x", &files.PutOptions{If: files.IfAbsent()})
		is(t, err, kind)
		var last error
		for e, err := range b.List(t.Context(), "", nil) {
			if last = err; err == nil {
				t.Errorf("%s is listed", e.Name)
			}
		}
		is(t, last, kind)
		is(t, files.Check(t.Context(), b), kind)
	}
}

// TestLowerBucketVanished: a file is not taken as absent because the bucket of a lower
// member is missing, even if Stat can't tell: nothing is written or deleted (E3).
func TestLowerBucketVanished(t *testing.T) {
	var gone atomic.Bool
	upper, middle, lower := mem.New(nil), mem.New(nil), mem.New(nil)
	put(t, lower, "low", "1")
	put(t, middle, "a", "1")
	b := over(t, white, upper, files.Wrap(middle, files.Hooks{
		Features: func(f files.Features) files.Features {
			f.StatNoBucket = false
			return f
		},
		Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			switch {
			case !gone.Load():
				return next(ctx)
			case c.Op == files.OpStat: // a HEAD, whose response has no body
				return files.ErrNotExist
			}
			return files.ErrNoBucket
		},
	}), lower)
	a, err := b.Stat(t.Context(), "a", nil)
	is(t, err, nil)
	low, err := b.Stat(t.Context(), "low", nil)
	is(t, err, nil)
	gone.Store(true)
	for name, c := range map[string]files.Condition{
		"a":   files.IfAbsent(),
		"b":   files.IfVersion(a.Version),
		"low": files.IfVersion(low.Version),
	} {
		_, err = files.PutString(t.Context(), b, name, "x", &files.PutOptions{If: c})
		is(t, err, files.ErrNoBucket)
	}
	is(t, b.Delete(t.Context(), "a", nil), files.ErrNoBucket)
	is(t, b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: a.Version}), files.ErrNoBucket)
	if all := names(t, upper, "", nil); len(all) > 0 {
		t.Errorf("the first member has %q, want nothing", all)
	}
	gone.Store(false)
	_, err = files.PutString(t.Context(), b, "new", "x", &files.PutOptions{If: files.IfAbsent()})
	is(t, err, nil)
	_, err = files.PutString(t.Context(), b, "low", "x",
		&files.PutOptions{If: files.IfVersion(low.Version)})
	is(t, err, nil)
}

// TestReadThroughFeatures: a feature of reading is claimed if all members have it, and
// any other feature if the first member has it.
func TestReadThroughFeatures(t *testing.T) {
	upper := mem.New(nil)
	lower := files.ReadOnly(mem.New(nil))
	f, want := over(t, nil, upper, lower).Features(), upper.Features()
	want.ForeignKeys, want.SignGet, want.SignDelete = false, false, false
	want.SignHead, want.SignResponse, want.SignIfAbsent = false, false, false
	want.ServerCopy = false // the lower member has none
	if f != want {
		t.Errorf("%+v\nwant %+v", f, want)
	}
}

func TestLayers(t *testing.T) {
	got := files.Layers(over(t, nil, mem.New(nil), files.ReadOnly(mem.New(nil))))
	if len(got) != 1 || got[0] != "overlay mem; over readonly, mem" {
		t.Errorf("Layers = %q", got)
	}
}

// TestDeleteMany: names that no lower member has are deleted by one call of the first
// member (D3).
func TestDeleteMany(t *testing.T) {
	upper, lower := mem.New(nil), mem.New(nil)
	var mu sync.Mutex
	ops := map[files.Op]int{}
	b := over(t, white, files.Wrap(upper, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			mu.Lock()
			ops[c.Op]++
			mu.Unlock()
			return next(ctx)
		},
	}), lower)
	for _, name := range []string{"a", "b", "c", "d"} {
		put(t, b, name, "x")
	}
	put(t, lower, "b", "lower")
	res, err := files.DeleteMany(t.Context(), b, slices.Values([]string{"a", "b", "c", "b", "e"}))
	if err != nil || res.Deleted != 5 {
		t.Errorf("DeleteMany = %+v, %v, want 5 deleted", res, err)
	}
	if ops[files.OpDeleteMany] != 1 || ops[files.OpDelete] != 0 {
		t.Errorf("the requests are %v", ops)
	}
	if got := names(t, b, "", nil); !slices.Equal(got, []string{"d"}) {
		t.Errorf("the remaining files are %q", got)
	}
}

// TestForms: a form is one of the first member, and can't store a whiteout.
func TestForms(t *testing.T) {
	first := filestest.New(t, filestest.As(filestest.Strong))
	for _, whiteouts := range []bool{false, true} {
		b := over(t, &overlay.Options{Whiteouts: whiteouts}, first, mem.New(nil))
		o := &signing.PostOptions{MaxSize: 100}
		form, err := signing.SignPost(t.Context(), b, "a", o)
		if err != nil || form.Fields["key"] != "a" {
			t.Errorf("the form's key is %q, %v", form.Fields["key"], err)
		}
		o.Attributes.Metadata = map[string]string{overlay.WhiteoutKey: "1"}
		_, err = signing.SignPost(t.Context(), b, "a", o)
		if refused := errors.Is(err, files.ErrUnsupported); refused != whiteouts {
			t.Errorf("with whiteouts %v, a form with their key: %v", whiteouts, err)
		}
	}
}
