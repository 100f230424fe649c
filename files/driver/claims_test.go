package driver_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// claims is a map backend that claims what features sets, and records the calls.
type claims struct {
	mapdriver.Handle
	features func(f *files.Features)
	asked    []string
	client   any // for As
}

func newClaims(features func(f *files.Features)) *claims {
	return &claims{
		Handle:   mapdriver.Handle{Backend: mapdriver.New()},
		features: features,
	}
}

func (c *claims) Features() files.Features {
	f := c.Handle.Features()
	c.features(&f)
	return f
}

func (c *claims) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	c.asked = append(c.asked, "Put")
	return c.Handle.Put(ctx, req)
}

func (c *claims) Delete(ctx context.Context, key driver.Key, ifVersion files.Version) error {
	c.asked = append(c.asked, "Delete")
	return c.Handle.Delete(ctx, key, ifVersion)
}

func (c *claims) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	c.asked = append(c.asked, "Copy")
	if of, ok := from.(*claims); ok {
		from = of.Handle
	}
	return c.Handle.Copy(ctx, from, req)
}

func (c *claims) As(target any) bool {
	p, ok := target.(*string)
	if ok {
		*p, ok = c.client.(string)
	}
	return ok
}

// TestUnclaimedIsRefused: what the backend doesn't claim is ErrUnsupported, and the
// backend isn't asked for it.
func TestUnclaimedIsRefused(t *testing.T) {
	type bucket = files.Bucket
	put := func(b bucket, cond files.Condition) error {
		_, err := b.Put(t.Context(), "a.txt", strings.NewReader("x"), &files.PutOptions{If: cond})
		return err
	}
	copied := func(b bucket, o *files.CopyOptions) error {
		_, err := b.(driver.BucketCopier).CopyFrom(t.Context(), "b", b, "a", o)
		return err
	}
	cold := &files.CopyOptions{Attributes: &files.Attributes{
		ContentType:  "x/y",
		CacheControl: "no-store",
	}}
	for what, c := range map[string]struct {
		without func(f *files.Features)
		call    func(b bucket) error
	}{
		"Put if absent": {
			func(f *files.Features) { f.IfAbsent = false },
			func(b bucket) error { return put(b, files.IfAbsent()) },
		},
		"Put of a version": {
			func(f *files.Features) { f.IfVersion = false },
			func(b bucket) error { return put(b, files.IfVersion("17")) },
		},
		"Put of no version": {
			func(f *files.Features) { f.IfVersion = false },
			func(b bucket) error { return put(b, files.IfVersion("")) },
		},
		"Delete of a version": {
			func(f *files.Features) { f.DeleteIfVersion = false },
			func(b bucket) error {
				return b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: "17"})
			},
		},
		"Delete by key": {
			func(f *files.Features) { f.ForeignKeys = false },
			func(b bucket) error {
				return b.Delete(t.Context(), "", &files.DeleteOptions{Key: "a//b"})
			},
		},
		"Copy in the store": {
			func(f *files.Features) { f.ServerCopy = false },
			func(b bucket) error { return copied(b, nil) },
		},
		"Copy if absent": {
			func(f *files.Features) { f.IfAbsent = false },
			func(b bucket) error { return copied(b, &files.CopyOptions{If: files.IfAbsent()}) },
		},
		"Copy with attributes": {
			func(f *files.Features) { f.Attributes = false },
			func(b bucket) error { return copied(b, cold) },
		},
	} {
		back := newClaims(c.without)
		if err := c.call(driver.New(back)); !errors.Is(err, files.ErrUnsupported) ||
			len(back.asked) > 0 {
			t.Errorf("%s: %v, the backend was asked: %v, want ErrUnsupported", what, err,
				back.asked)
		}
		full := newClaims(func(f *files.Features) { f.ForeignKeys = true })
		if c.call(driver.New(full)); len(full.asked) != 1 && what != "Put of no version" {
			t.Errorf("%s, claimed: the backend was asked: %v, want once", what, full.asked)
		}
	}
}

// TestPutOfNoVersion: IfVersion("") is refused with an error that is both kinds, and the
// backend never gets it.
func TestPutOfNoVersion(t *testing.T) {
	back := newClaims(func(*files.Features) {})
	_, err := driver.New(back).Put(t.Context(), "a", strings.NewReader("x"),
		&files.PutOptions{If: files.IfVersion("")})
	if !errors.Is(err, files.ErrUnsupported) || !errors.Is(err, files.ErrPrecondition) ||
		len(back.asked) > 0 {
		t.Errorf("%v, the backend was asked: %v", err, back.asked)
	}
}

// TestSmallestMaxSize: a bucket whose files have at most one byte refuses a declared size
// of two before it reads anything, and a stream of two (P11).
func TestSmallestMaxSize(t *testing.T) {
	back := newClaims(func(f *files.Features) { f.MaxSize = 1 })
	b := driver.New(back)
	defer b.Close()
	one, two := int64(1), int64(2)
	content := strings.NewReader("ab")
	_, err := b.Put(t.Context(), "a", struct{ io.Reader }{content}, &files.PutOptions{Size: &two})
	if !errors.Is(err, files.ErrTooLarge) || content.Len() != 2 || back.asked != nil {
		t.Errorf("two bytes: %v, %d bytes are left, the backend was asked: %v, want "+
			"ErrTooLarge at once", err, content.Len(), back.asked)
	}
	_, err = b.Put(t.Context(), "a", struct{ io.Reader }{content}, nil)
	if !errors.Is(err, files.ErrTooLarge) {
		t.Errorf("a stream of two bytes: %v, want ErrTooLarge", err)
	}
	for _, o := range []*files.PutOptions{nil, {Size: &one}} {
		if _, err := b.Put(t.Context(), "a", strings.NewReader("a"), o); err != nil {
			t.Errorf("one byte: %v, want no error", err)
		}
	}
}

// TestSmallestMaxUnknownSize: only content of no declared size has the limit for it (P11).
func TestSmallestMaxUnknownSize(t *testing.T) {
	b := driver.New(newClaims(func(f *files.Features) { f.MaxSize, f.MaxUnknownSize = 10, 1 }))
	defer b.Close()
	one, two := struct{ io.Reader }{strings.NewReader("a")}, struct{ io.Reader }{
		strings.NewReader("ab"),
	}
	if _, err := b.Put(t.Context(), "a", two, nil); !errors.Is(err, files.ErrTooLarge) {
		t.Errorf("a stream of two bytes: %v, want ErrTooLarge", err)
	}
	if _, err := b.Put(t.Context(), "a", one, nil); err != nil {
		t.Errorf("a stream of one byte: %v, want no error", err)
	}
	if _, err := files.PutString(t.Context(), b, "a", "ab", nil); err != nil {
		t.Errorf("two bytes of a known size: %v, want no error", err)
	}
}

// TestInfoOfAFile: what Get and Stat return is named after the request and is a file,
// whatever the backend says.
func TestInfoOfAFile(t *testing.T) {
	b := driver.New(misnaming{mapdriver.New()})
	defer b.Close()
	if _, err := files.PutString(t.Context(), b, "f", "content", nil); err != nil {
		t.Fatal(err)
	}
	stat, serr := b.Stat(t.Context(), "f", nil)
	r, gerr := b.Get(t.Context(), "f", nil)
	if gerr != nil || serr != nil {
		t.Fatalf("Get: %v, Stat: %v", gerr, serr)
	}
	defer r.Close()
	for what, info := range map[string]files.Info{"Stat": stat, "Get": r.Info()} {
		if info.Name != "f" || info.Key != "" || info.IsDir || info.Size != 7 {
			t.Errorf("%s: %+v, want the file f", what, info)
		}
	}
}

// misnaming is a backend that gives every file another name.
type misnaming struct{ *mapdriver.Backend }

func (b misnaming) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	o, err := b.Backend.Open(ctx, req)
	o.Info.Name, o.Info.Key, o.Info.IsDir = "other", "key", true
	return o, err
}

func (b misnaming) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	info, err := b.Backend.Stat(ctx, key)
	info.Name, info.Key, info.IsDir = "other", "key", true
	return info, err
}

// TestRawKeys: an object outside the naming rule has its key in place of a name, in the
// Info of Get and Stat.
func TestRawKeys(t *testing.T) {
	back := newClaims(func(f *files.Features) { f.ForeignKeys = true })
	b := driver.New(back)
	if _, err := files.PutString(t.Context(), b, "a", "content", nil); err != nil {
		t.Fatal(err)
	}
	// the backend doesn't distinguish keys from names
	stat, serr := b.Stat(t.Context(), "", &files.StatOptions{Key: "a"})
	r, gerr := b.Get(t.Context(), "", &files.GetOptions{Key: "a"})
	if gerr != nil || serr != nil {
		t.Fatalf("by the raw key: Get: %v, Stat: %v", gerr, serr)
	}
	defer r.Close()
	for what, info := range map[string]files.Info{"Stat": stat, "Get": r.Info()} {
		if info.Name != "" || info.Key != "a" || info.Size != 7 || info.IsDir {
			t.Errorf("%s: %+v, want the key a and no name", what, info)
		}
	}
	if got, err := r.ReadString(); got != "content" || err != nil {
		t.Errorf(`the body is %q, %v, want "content"`, got, err)
	}
	if err := b.Delete(t.Context(), "", &files.DeleteOptions{Key: "a"}); err != nil {
		t.Error(err)
	}
	if ok, err := files.Exists(t.Context(), b, "a"); ok || err != nil {
		t.Errorf("after Delete by key: %v, %v", ok, err)
	}
}

// TestAsOfBackend: As asks the backend, if it has anything to give.
func TestAsOfBackend(t *testing.T) {
	back := newClaims(func(*files.Features) {})
	b := driver.New(back).(driver.BucketAser)
	got := ""
	if b.As(&got) || b.As(new(int)) {
		t.Error("As has found a client, want none")
	}
	back.client = "client"
	if !b.As(&got) || got != "client" {
		t.Errorf("As set %q, want the client", got)
	}
	if driver.New(mapdriver.New()).(driver.BucketAser).As(&got) {
		t.Error("As has found a client of a backend without one")
	}
	if driver.Unwrap(struct{ files.Bucket }{driver.New(back)}) != nil {
		t.Error("Unwrap has found the backend of a bucket that New didn't make")
	}
}

// TestCheckNativeOfBucket: options can be checked in advance, until the bucket is closed.
func TestCheckNativeOfBucket(t *testing.T) {
	b := driver.New(&classes{Backend: mapdriver.New()})
	check := func(o files.NativeOption) error {
		return b.(driver.BucketNativeChecker).CheckNative(files.OpPut, []files.NativeOption{o})
	}
	if err := check(class("cold")); err != nil {
		t.Error(err)
	}
	if err := check(class("")); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("a bad value: %v, want ErrInvalid", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := check(class("cold")); !errors.Is(err, files.ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
}

// sourceWrapper is a bucket that lets copies read from the one below in its own way.
type sourceWrapper struct {
	files.Bucket
	with func(fn func() error) error
}

func (s sourceWrapper) WithCopySource(ctx context.Context, name string,
	fn func(context.Context, files.Bucket, string) error) error {
	return s.with(func() error { return fn(ctx, s.Bucket, name) })
}

// TestCopySourceAtOnce: a wrapper of the source may try several times at once: one copy
// is made. One that doesn't try has copied nothing, and doesn't say that it has.
func TestCopySourceAtOnce(t *testing.T) {
	back := newClaims(func(*files.Features) {})
	b := driver.New(back)
	if _, err := files.PutString(t.Context(), b, "a", "content", nil); err != nil {
		t.Fatal(err)
	}
	copyThrough := func(with func(fn func() error) error) (files.Info, error) {
		back.asked = nil
		return b.(driver.BucketCopier).CopyFrom(t.Context(), "b", sourceWrapper{b, with}, "a", nil)
	}
	info, err := copyThrough(func(fn func() error) error {
		errs := make(chan error)
		for range 3 {
			go func() { errs <- fn() }()
		}
		lost := 0
		for range 3 {
			if err := <-errs; errors.Is(err, files.ErrClosed) {
				lost++
			}
		}
		if lost != 2 {
			t.Errorf("%d tries have lost, want 2", lost)
		}
		return nil
	})
	if err != nil || info.Size != 7 || len(back.asked) != 1 {
		t.Errorf("%+v, %v, %d copies were made", info, err, len(back.asked))
	}
	if info, err := copyThrough(func(func() error) error { return nil }); !errors.Is(err,
		files.ErrUnsupported) || len(back.asked) > 0 {
		t.Errorf("no try: %+v, %v, want ErrUnsupported", info, err)
	}
	info, err = copyThrough(func(fn func() error) error {
		fn()
		return files.ErrPermission
	})
	if !errors.Is(err, files.ErrPermission) || info.Name != "" {
		t.Errorf("refused after the copy: %+v, %v, want ErrPermission", info, err)
	}
}
