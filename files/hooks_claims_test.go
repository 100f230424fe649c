package files_test

import (
	"context"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestClaimsThatHooksTake: a hook takes from the Features what it can't do, and no more.
func TestClaimsThatHooksTake(t *testing.T) {
	all := claimsLess(mem.New(nil), func(f *files.Features) {
		for _, v := range reflect.ValueOf(f).Elem().Fields() {
			if v.Kind() == reflect.Bool {
				v.SetBool(true)
			}
		}
		f.ReadOnly = false
	})
	bypass := "ServerCopy SignContentType SignDelete SignGet SignHead SignIfAbsent SignPut " +
		"SignResponse SignSize"
	change := func(change func(f *files.Features)) func(files.Features) files.Features {
		return func(f files.Features) files.Features { change(&f); return f }
	}
	for what, c := range map[string]struct {
		hooks files.Hooks
		takes string
	}{
		"nothing":   {files.Hooks{}, ""},
		"Names":     {files.Hooks{Names: &files.NameMap{}}, "ForeignKeys"},
		"Body":      {files.Hooks{Body: same}, bypass},
		"Content":   {files.Hooks{Content: same}, bypass},
		"Observes":  {files.Hooks{Body: same, Content: same, Observes: true}, ""},
		"Around":    {files.Hooks{Around: passing}, ""},
		"Transform": {files.Hooks{Transform: &files.Transform{}}, bypass + " Digests ForeignKeys"},
		"Body that signs": {files.Hooks{Body: same, Features: change(func(f *files.Features) {
			f.SignGet, f.SignPut = true, true
		})}, "ServerCopy SignContentType SignDelete SignHead SignIfAbsent SignResponse SignSize"},
		"Versions": {
			files.Hooks{Features: change(func(f *files.Features) { f.Versions = false })},
			"Versions IfVersion DeleteIfVersion ReadConditions PutReturnsVersion VersionPerPut",
		},
	} {
		f := files.Wrap(all, c.hooks).Features()
		var takes []string
		for field, v := range reflect.ValueOf(f).Fields() {
			if v.Kind() == reflect.Bool && !v.Bool() && field.Name != "ReadOnly" {
				takes = append(takes, field.Name)
			}
		}
		want := strings.Fields(c.takes)
		slices.Sort(takes)
		slices.Sort(want)
		if !slices.Equal(takes, want) {
			t.Errorf("%s takes %q, want %q", what, takes, want)
		}
	}
}

// TestAsOfEachHook: As reaches the bucket below a wrapper unless one of its hooks changes
// what the caller sees, or the wrapper claims less in more than the length of names.
func TestAsOfEachHook(t *testing.T) {
	claim := func(change func(f *files.Features)) func(files.Features) files.Features {
		return func(f files.Features) files.Features { change(&f); return f }
	}
	for what, c := range map[string]struct {
		hooks   files.Hooks
		reaches bool
	}{
		"nothing": {files.Hooks{}, true},
		"Around":  {files.Hooks{Around: passing}, true},
		"OnClose": {files.Hooks{OnClose: func() error { return nil }}, true},
		"shorter names": {
			files.Hooks{Features: claim(func(f *files.Features) { f.MaxName = 9 })}, true,
		},
		"equal features": {files.Hooks{Features: claim(func(*files.Features) {})}, true},
		"Observes":       {files.Hooks{Body: same, Content: same, Observes: true}, true},
		"List": {files.Hooks{List: func(ctx context.Context, _ *files.Call, o files.ListOptions,
			list func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
		) iter.Seq2[files.Entry, error] {
			return list(ctx, o)
		}}, true},
		"Restrict":  {files.Hooks{Restrict: true}, false},
		"Names":     {files.Hooks{Names: &files.NameMap{}}, false},
		"Body":      {files.Hooks{Body: same}, false},
		"Content":   {files.Hooks{Content: same}, false},
		"Transform": {files.Hooks{Transform: &files.Transform{}}, false},
		"Entry": {
			files.Hooks{Entry: func(*files.Call, files.Entry) bool { return true }}, false,
		},
		"a limit": {
			files.Hooks{Features: claim(func(f *files.Features) { f.MaxSize = 9 })}, false,
		},
		"fewer features": {
			files.Hooks{Features: claim(func(f *files.Features) { f.IfAbsent = false })}, false,
		},
	} {
		// Nothing is left that a hook could take from these Features.
		below := claimsLess(mem.New(nil), func(f *files.Features) {
			f.ServerCopy, f.Digests, f.ForeignKeys = false, false, false
		})
		b := files.Wrap(below, c.hooks)
		if got := reachesBelow(b); got != c.reaches {
			t.Errorf("%s: As reaches the bucket below: %v, want %v", what, got, c.reaches)
		}
		if got := b.(driver.BucketAser).As((*files.Bucket)(nil)); got {
			t.Errorf("%s: As finds a bucket for a nil pointer", what)
		}
	}
	if b := files.Wrap(bare{b: mem.New(nil)}, files.Hooks{}); b.(driver.BucketAser).As(new(int)) {
		t.Error("As finds a number in a bucket that has no As")
	}
}

// TestCopyThatWouldBypass: a wrapper whose Body changes contents copies nothing inside the
// store from itself, even if it claims such copies.
func TestCopyThatWouldBypass(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	b := files.Wrap(store, files.Hooks{
		Body:     same,
		Features: func(f files.Features) files.Features { f.ServerCopy = true; return f },
	})
	_, err := b.(optional).CopyFrom(ctx, "b", b, "a", nil)
	is(t, err, files.ErrUnsupported)
	missing(t, store, "b")
}

// TestLocateNothing: a wrapper locates the file of a legal name in the bucket below, and
// no file for an illegal name or after Close.
func TestLocateNothing(t *testing.T) {
	store := mem.New(nil)
	for what, below := range map[string]files.Bucket{
		"a driver's": store,
		"another's":  bare{b: store},
	} {
		b, err := files.Sub(below, "d")
		if err != nil {
			t.Fatal(err)
		}
		l := b.(driver.BucketLocator)
		if at, key := l.Locate("a"); at == nil || key != "d/a" {
			t.Errorf("%s: Locate = %v, %q, want d/a", what, at, key)
		}
		if at, key := l.Locate("../a"); at != nil || key != "" {
			t.Errorf("%s: Locate of an illegal name = %v, %q, want nothing", what, at, key)
		}
		b.Close()
		if at, key := l.Locate("a"); at != nil || key != "" {
			t.Errorf("%s: Locate after Close = %v, %q, want nothing", what, at, key)
		}
	}
}

// readsItself is a bucket that reads content in steps of two bytes, as no driver does.
type readsItself struct{ files.Bucket }

func (r readsItself) Put(ctx context.Context, name string, content io.Reader,
	o *files.PutOptions) (files.Info, error) {
	var all strings.Builder
	p := make([]byte, 2)
	for {
		n, err := content.Read(p)
		all.Write(p[:n])
		if err == io.EOF {
			return files.PutString(ctx, r.Bucket, name, all.String(), o)
		}
		if err != nil {
			return files.Info{}, err
		}
	}
}

// TestLimitOfAnothersBucket: content of exactly the wrapper's largest size is stored, and
// one byte more is ErrTooLarge, also if the bucket below reads the content by itself.
func TestLimitOfAnothersBucket(t *testing.T) {
	for n, want := range []error{nil, nil, nil, nil, nil, files.ErrTooLarge, files.ErrTooLarge} {
		store := mem.New(nil)
		text := strings.Repeat("x", n)
		b := claimsLess(readsItself{store}, func(f *files.Features) { f.MaxSize = 4 })
		for what, content := range map[string]io.Reader{
			"a stream": struct{ io.Reader }{strings.NewReader(text)},
			"seekable": &rewound{strings.NewReader(text)},
			"memory":   strings.NewReader(text),
		} {
			if _, err := b.Put(ctx, "a", content, nil); want == nil && err != nil {
				t.Errorf("%d bytes, %s: %v, want no error", n, what, err)
			} else if want != nil {
				is(t, err, want)
				missing(t, store, "a")
			}
		}
	}
}
