package files_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestUploadsOfEachHook: a wrapper with a hook that gets Calls supports no upload in parts,
// unless it says so and changes no contents, and one that claims less supports none.
func TestUploadsOfEachHook(t *testing.T) {
	coarse := func(f files.Features) files.Features { f.TimeResolution = time.Hour; return f }
	for what, c := range map[string]struct {
		hooks           files.Hooks
		without, saying bool // supported without saying so, and with
	}{
		"nothing": {files.Hooks{}, true, true},
		"Begin": {files.Hooks{Begin: func(ctx context.Context,
			_ *files.Call) (context.Context, error) {
			return ctx, nil
		}}, false, true},
		"Around": {files.Hooks{Around: passing}, false, true},
		"Done": {files.Hooks{
			Done: func(context.Context, *files.Call, int64, error) {},
		}, false, true},
		"Passed": {files.Hooks{
			Passed: func(context.Context, *files.Call, int64) {},
		}, false, true},
		"observed content": {files.Hooks{Content: same, Observes: true}, false, true},
		"observed body":    {files.Hooks{Body: same, Observes: true}, false, true},
		"Body":             {files.Hooks{Body: same}, false, true},
		"Content":          {files.Hooks{Content: same}, false, false},
		"Transform":        {files.Hooks{Transform: &files.Transform{}}, false, false},
		"OnClose":          {files.Hooks{OnClose: func() error { return nil }}, true, true},
		"coarser times":    {files.Hooks{Features: coarse}, false, false},
	} {
		for saying, want := range map[bool]bool{false: c.without, true: c.saying} {
			c.hooks.Uploads = saying
			b := files.Wrap(mem.New(nil), c.hooks).(optional)
			err := b.WithUpload(ctx, "a", func(context.Context, files.Bucket, string) error {
				return nil
			})
			if (err == nil) != want || err != nil && !errors.Is(err, files.ErrUnsupported) {
				t.Errorf("%s, saying so: %v: %v, want it supported: %v", what, saying, err, want)
			}
		}
	}
	form := files.Wrap(signsPuts{mem.New(nil)}, files.Hooks{Features: coarse}).(optional)
	if err := form.WithSignPost(ctx, "a", func(context.Context, files.Bucket, string) error {
		return nil
	}); err != nil {
		t.Errorf("a form with coarser times: %v, want no error", err)
	}
}

// TestMasksExactly: a wrapper that doesn't claim one thing hides that thing alone.
func TestMasksExactly(t *testing.T) {
	store := mem.New(nil)
	o := &files.PutOptions{}
	o.CacheControl = "no-store"
	if _, err := store.Put(ctx, "a", strings.NewReader("text"), o); err != nil {
		t.Fatal(err)
	}
	lacks := func(i files.Info) string {
		var all []string
		for what, there := range map[string]bool{
			"version":    i.Version != "",
			"digest":     !i.Digest.IsZero(),
			"attributes": i.CacheControl != "",
			"time":       !i.ModTime.Equal(i.ModTime.Truncate(1e6 * time.Hour)),
		} {
			if !there {
				all = append(all, what)
			}
		}
		return strings.Join(all, " ")
	}
	for want, change := range map[string]func(f *files.Features){
		"":           func(*files.Features) {},
		"version":    func(f *files.Features) { f.Versions = false },
		"digest":     func(f *files.Features) { f.Digests = false },
		"attributes": func(f *files.Features) { f.Attributes = false },
		"time":       func(f *files.Features) { f.TimeResolution = 1e6 * time.Hour },
	} {
		b := claimsLess(store, change)
		stat, err := b.Stat(ctx, "a", nil)
		if got := lacks(stat); err != nil || got != want {
			t.Errorf("Stat lacks %q, %v, want %q", got, err, want)
		}
		r, err := b.Get(ctx, "a", nil)
		if got := lacks(r.Info()); err != nil || got != want {
			t.Errorf("Get lacks %q, %v, want %q", got, err, want)
		}
		r.Close()
	}
	fails := around(store, func(context.Context, *files.Call,
		func(context.Context) error) error {
		return files.ErrPermission
	})
	_, err := claimsLess(fails, func(f *files.Features) { f.StatNoBucket = false }).
		Stat(ctx, "a", nil)
	is(t, err, files.ErrPermission)
}

// TestEachAttributeIsUpdated: a change of any one attribute is written, by UpdateAttributes
// and by Update with the same content.
func TestEachAttributeIsUpdated(t *testing.T) {
	for what, change := range map[string]func(a *files.Attributes){
		"type":        func(a *files.Attributes) { a.ContentType = "a/b" },
		"cache":       func(a *files.Attributes) { a.CacheControl = "no-cache" },
		"disposition": func(a *files.Attributes) { a.ContentDisposition = "inline" },
		"encoding":    func(a *files.Attributes) { a.ContentEncoding = "br" },
		"language":    func(a *files.Attributes) { a.ContentLanguage = "fr" },
		"metadata":    func(a *files.Attributes) { a.Metadata["k"] = "w" },
	} {
		b := mem.New(&mem.Options{VersionPerPut: true})
		full := files.Attributes{
			ContentType:        "x/y",
			CacheControl:       "no-store",
			ContentDisposition: "attachment",
			ContentEncoding:    "gzip",
			ContentLanguage:    "de",
			Metadata:           map[string]string{"k": "v"},
		}
		before, err := files.PutString(ctx, b, "a", "text", &files.PutOptions{Attributes: full})
		if err != nil {
			t.Fatal(err)
		}
		info, err := files.UpdateAttributes(ctx, b, "a", func(a *files.Attributes) error {
			change(a)
			return nil
		}, nil)
		if err != nil || info.Version == before.Version {
			t.Errorf("UpdateAttributes of the %s: %v, and nothing is written", what, err)
		}
		next, err := files.Update(ctx, b, "a", func(old []byte) ([]byte, error) {
			return old, nil
		}, &files.UpdateOptions{Attributes: &full})
		if err != nil || next.Version == info.Version {
			t.Errorf("Update of the %s: %v, and nothing is written", what, err)
		}
	}
}

// unclaimed is a bucket that could copy, and doesn't claim to.
type unclaimed struct{ accepting }

func (u unclaimed) Features() files.Features {
	f := u.accepting.Features()
	f.ServerCopy = false
	return f
}

// TestCopiesThatAreNotClaimed: a wrapper copies nothing inside the store if the bucket below
// doesn't claim that, can't, or if contents that are stored pass through a hook.
func TestCopiesThatAreNotClaimed(t *testing.T) {
	claim := func(f files.Features) files.Features { f.ServerCopy = true; return f }
	calls := 0
	able := accepting{mem.New(nil), &calls}
	for what, b := range map[string]files.Bucket{
		"not claimed": files.Wrap(unclaimed{able}, files.Hooks{}),
		"not able":    files.Wrap(bare{b: able}, files.Hooks{Features: claim}),
		"Content":     files.Wrap(able, files.Hooks{Features: claim, Content: same}),
		"Transform": files.Wrap(able, files.Hooks{
			Features:  claim,
			Transform: &files.Transform{},
		}),
	} {
		_, err := b.(optional).CopyFrom(ctx, "b", able, "a", nil)
		if is(t, err, files.ErrUnsupported); calls != 0 {
			t.Errorf("%s: %v after %d calls", what, err, calls)
		}
	}
	b := files.Wrap(able, files.Hooks{}).(optional)
	if _, err := b.CopyFrom(ctx, "b", able, "a", nil); err != nil || calls != 1 {
		t.Errorf("claimed: %v after %d calls, want one", err, calls)
	}
}

// TestDigestOfAnOpenedBody: a body that Around opened by itself is checked, unless the
// wrapper doesn't claim the digests that the bucket below has, and so may have other bytes.
func TestDigestOfAnOpenedBody(t *testing.T) {
	none := func(f files.Features) files.Features { f.Digests = false; return f }
	for what, c := range map[string]struct {
		below files.Bucket
		hooks files.Hooks
		want  error
	}{
		"claimed":   {mem.New(nil), files.Hooks{}, files.ErrCorrupt},
		"unclaimed": {mem.New(nil), files.Hooks{Features: none}, nil},
		"none below": {claimsLess(mem.New(nil), func(f *files.Features) {
			f.Digests = false
		}), files.Hooks{}, files.ErrCorrupt},
		"Transform": {mem.New(nil), files.Hooks{Transform: &files.Transform{}}, files.ErrCorrupt},
	} {
		c.hooks.Around = func(ctx context.Context, call *files.Call,
			_ func(context.Context) error) error {
			call.Opened = driver.NewReader(ctx, driver.ReaderConfig{
				Info: files.Info{
					Entry:  files.Entry{Name: "a", Size: 4},
					Digest: files.Digest{CRC32C: "00000000"},
				},
				Length: 4,
				Body:   io.NopCloser(strings.NewReader("text")),
				Verify: true,
			})
			return nil
		}
		r, err := files.Wrap(c.below, c.hooks).Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = r.ReadAll(); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
		r.Close()
	}
}

// TestDeadlineOfAListing: a deadline that Around sets, and doesn't cancel, ends a listing.
func TestDeadlineOfAListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made context.Context
		b := around(files.Wrap(tree(t), files.Hooks{
			Begin: func(ctx context.Context, _ *files.Call) (context.Context, error) {
				made = ctx
				return ctx, nil
			},
		}), func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			ctx, cancel := context.WithTimeout(ctx, time.Hour)
			context.AfterFunc(ctx, cancel)
			return next(ctx)
		})
		for range b.List(t.Context(), "", nil) {
			time.Sleep(2 * time.Hour)
			if err := made.Err(); err != context.DeadlineExceeded {
				t.Errorf("after the deadline: %v, want context.DeadlineExceeded", err)
			}
			break
		}
	})
}

// TestLimitOfHiddenNames: a wrapper that has no name for some files yields as many others as
// the limit allows.
func TestLimitOfHiddenNames(t *testing.T) {
	store := mem.New(nil)
	for _, name := range []string{"a", "b.x", "c", "d.x", "e.x"} {
		put(t, store, name, "text")
	}
	b := files.Wrap(store, files.Hooks{Names: &files.NameMap{
		Extra: 2,
		In:    func(name string) string { return name + ".x" },
		Out:   func(inner string) (string, bool) { return strings.CutSuffix(inner, ".x") },
	}})
	for limit, want := range []string{"b d e", "b", "b d", "b d e", "b d e"} {
		wantList(t, b, "", &files.ListOptions{Limit: limit}, strings.Fields(want)...)
	}
}

// TestSizesOfNamesOnly: a listing of names through a Transform has the plain sizes or none,
// also if the bucket below lists sizes nonetheless.
func TestSizesOfNamesOnly(t *testing.T) {
	puts := 0
	below := files.Wrap(mem.New(nil), files.Hooks{List: func(ctx context.Context,
		_ *files.Call, o files.ListOptions,
		list func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
	) iter.Seq2[files.Entry, error] {
		o.NamesOnly = false
		return list(ctx, o)
	}})
	b := files.Wrap(below, files.Hooks{Transform: stamped(&puts)})
	put(t, b, "a", "text")
	for _, namesOnly := range []bool{false, true} {
		for e, err := range b.List(ctx, "", &files.ListOptions{NamesOnly: namesOnly}) {
			if err != nil || e.Size != 4 {
				t.Errorf("NamesOnly %v: %+v, %v, want 4 bytes", namesOnly, e, err)
			}
		}
	}
}

// TestTransformOfContentInBytes: content that comes byte by byte is stored, and has a digest
// if the wrapper claims digests, also if the caller declared none.
func TestTransformOfContentInBytes(t *testing.T) {
	text := strings.Repeat("text ", 100)
	h := driver.NewHasher(files.Digest{})
	io.WriteString(h, text)
	puts := 0
	b := files.Wrap(mem.New(nil), files.Hooks{
		Transform: stamped(&puts),
		Features:  func(f files.Features) files.Features { f.Digests = true; return f },
	})
	info, err := b.Put(ctx, "a", readerFunc(func(p []byte) (int, error) {
		if text == "" {
			return 0, io.EOF
		}
		n := copy(p[:1], text)
		text = text[n:]
		return n, nil
	}), nil)
	if err != nil || info.Size != 500 || info.Digest.CRC32C != h.Sum().CRC32C {
		t.Errorf("Put = %+v, %v, want 500 bytes and %+v", info, err, h.Sum())
	}
}
