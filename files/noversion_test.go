package files_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// blank is a backend that claims everything and reports no version, as a gateway
// without ETags does. It counts what is written.
type blank struct {
	driver.Backend
	writes int
}

func (b *blank) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	b.writes++
	info, err := b.Backend.Put(ctx, req)
	info.Version = ""
	return info, err
}

func (b *blank) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	req.IfVersion, req.IfNotVersion = "", "" // which such a store ignores
	o, err := b.Backend.Open(ctx, req)
	o.Info.Version = ""
	return o, err
}

func (b *blank) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	info, err := b.Backend.Stat(ctx, key)
	info.Version = ""
	return info, err
}

func (b *blank) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		for e, err := range b.Backend.List(ctx, req) {
			e.Version = ""
			if !yield(e, err) {
				return
			}
		}
	}
}

func (b *blank) Delete(ctx context.Context, key driver.Key, _ files.Version) error {
	b.writes++
	return b.Backend.Delete(ctx, key, "")
}

// claiming is a Bucket without a driver that claims features that it doesn't have.
type claiming struct{ files.Bucket }

func (c *claiming) Features() files.Features { return mem.New(nil).Features() }

// TestNoVersion: a call that needs a version and finds none is ErrUnsupported before
// anything is written, even if the bucket goes on claiming to have them (P9, C1).
func TestNoVersion(t *testing.T) {
	newText := func([]byte) ([]byte, error) { return []byte("new"), nil }
	change := func(a *files.Attributes) error { a.CacheControl = "x"; return nil }
	html := &files.Attributes{ContentType: "text/html"}
	for what, do := range map[string]func(b files.Bucket) error{
		"Update": func(b files.Bucket) error {
			_, err := files.Update(ctx, b, "a", newText, nil)
			return err
		},
		"UpdateJSON": func(b files.Bucket) error {
			_, err := files.UpdateJSON(ctx, b, "j", func(v *int) error { *v++; return nil }, nil)
			return err
		},
		"UpdateAttributes": func(b files.Bucket) error {
			_, err := files.UpdateAttributes(ctx, b, "a", change, nil)
			return err
		},
		"Move": func(b files.Bucket) error {
			_, err := files.Move(ctx, b, "to", b, "a", nil)
			return err
		},
		"Move elsewhere": func(b files.Bucket) error {
			_, err := files.Move(ctx, mem.New(nil), "to", b, "a", nil)
			return err
		},
		"Copy of a version": func(b files.Bucket) error {
			_, err := files.Copy(ctx, b, "to", b, "a", &files.CopyOptions{IfSource: "v1"})
			return err
		},
		"Copy onto a version": func(b files.Bucket) error {
			info, _ := b.Stat(ctx, "a", nil)
			_, err := files.Copy(ctx, b, "a", b, "j",
				&files.CopyOptions{If: files.IfVersion(info.Version)})
			return err
		},
		"Copy onto itself": func(b files.Bucket) error {
			_, err := files.Copy(ctx, b, "a", b, "a", &files.CopyOptions{Attributes: html})
			return err
		},
		"Copy onto itself on a condition": func(b files.Bucket) error {
			_, err := files.Copy(ctx, b, "a", b, "a", &files.CopyOptions{If: files.IfVersion("v")})
			return err
		},
		"Copy onto itself that renews": func(b files.Bucket) error {
			info := func(_ *files.Call, i files.Info) (files.Info, error) { return i, nil }
			b = files.Wrap(b, files.Hooks{Transform: &files.Transform{
				Info: info,
				Renew: func(context.Context, *files.Call,
					func(context.Context, files.Range) (*files.Reader, error)) (bool, error) {
					return true, nil
				},
			}})
			_, err := files.Copy(ctx, b, "a", b, "a", nil)
			return err
		},
		"Put over what was read": func(b files.Bucket) error {
			info, _ := b.Stat(ctx, "a", nil)
			_, err := files.PutString(ctx, b, "a", "new",
				&files.PutOptions{If: files.IfVersion(info.Version)})
			return err
		},
	} {
		for kind, wrap := range map[string]func(files.Bucket) files.Bucket{
			"a driver's bucket": func(b files.Bucket) files.Bucket { return b },
			"a wrapper": func(b files.Bucket) files.Bucket {
				return files.Wrap(b, files.Hooks{})
			},
			"one that claims on": func(b files.Bucket) files.Bucket { return &claiming{b} },
			"a wrapper of such one": func(b files.Bucket) files.Bucket {
				return files.Wrap(&claiming{b}, files.Hooks{})
			},
		} {
			back := &blank{Backend: driver.Unwrap(mem.New(nil))}
			below := driver.New(back)
			put(t, below, "a", "old")
			put(t, below, "j", "1")
			back.writes = 0
			if err := do(wrap(below)); !errors.Is(err, files.ErrUnsupported) {
				t.Errorf("%s in %s: %v, want ErrUnsupported", what, kind, err)
			}
			if back.writes != 0 {
				t.Errorf("%s in %s: %d writes, want 0", what, kind, back.writes)
			}
			has(t, below, "a", "old")
		}
	}
}

// TestCopyOntoItselfWithoutVersions: a bucket that claims no versions changes the
// attributes of a file by a copy onto itself, and a copy that changes nothing succeeds.
func TestCopyOntoItselfWithoutVersions(t *testing.T) {
	b := claimsLess(mem.New(nil), func(f *files.Features) {
		f.Versions, f.ServerCopy = false, false
	})
	put(t, b, "a", "text")
	if _, err := files.Copy(ctx, b, "a", b, "a", nil); err != nil {
		t.Errorf("Copy = %v, want no error", err)
	}
	html := &files.Attributes{ContentType: "text/html"}
	_, err := files.Copy(ctx, b, "a", b, "a", &files.CopyOptions{Attributes: html})
	if err != nil {
		t.Fatal(err)
	}
	info, err := b.Stat(ctx, "a", nil)
	if err != nil || info.ContentType != "text/html" {
		t.Errorf("Stat = %q, %v, want text/html", info.ContentType, err)
	}
	has(t, b, "a", "text")
}

// knowing is a bucket that knows each native option, and counts its Puts.
type knowing struct {
	files.Bucket
	puts int
}

func (*knowing) CheckNative(files.Op, []files.NativeOption) error { return nil }

func (k *knowing) Put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	k.puts++
	o := *opts
	o.Native = nil
	return k.Bucket.Put(ctx, name, content, &o)
}

// TestCopyOntoItselfWithNativeOptions: with a native option, a copy onto itself is a
// change, and without one it isn't.
func TestCopyOntoItselfWithNativeOptions(t *testing.T) {
	for n := range 3 {
		b := &knowing{Bucket: mem.New(nil)}
		put(t, b.Bucket, "a", "text")
		options := slices.Repeat([]files.NativeOption{unheardOf{}}, n)
		_, err := files.Copy(ctx, b, "a", b, "a", &files.CopyOptions{Native: options})
		if err != nil || b.puts != min(n, 1) {
			t.Errorf("Copy with %d options = %v and makes %d Puts, want %d", n, err, b.puts,
				min(n, 1))
		}
		has(t, b, "a", "text")
	}
}

// TestNoVersionInFeatures: once a bucket has returned a file without a version, its
// Features no longer claim versions.
func TestNoVersionInFeatures(t *testing.T) {
	for what, look := range map[string]func(b files.Bucket){
		"Stat": func(b files.Bucket) { b.Stat(ctx, "a", nil) },
		"Get":  func(b files.Bucket) { files.ReadAll(ctx, b, "a", nil) },
	} {
		below := driver.New(&blank{Backend: driver.Unwrap(mem.New(nil))})
		view := files.Wrap(below, files.Hooks{})
		put(t, below, "a", "x")
		look(below)
		for _, b := range []files.Bucket{below, view} {
			f := b.Features()
			if f.Versions || f.IfVersion || f.DeleteIfVersion || f.ReadConditions ||
				f.PutReturnsVersion ||
				!f.IfAbsent {
				t.Errorf("behind %s: %+v", what, f)
			}
			is(t, b.Delete(ctx, "a", &files.DeleteOptions{IfVersion: "v1"}), files.ErrUnsupported)
		}
		has(t, below, "a", "x")
	}
}

// breaking breaks each body after three bytes, and reports another version for what
// follows.
type breaking struct {
	driver.Backend
	version files.Version
	opened  int
}

func (b *breaking) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	req.IfVersion = "" // which is ignored
	o, err := b.Backend.Open(ctx, req)
	if b.opened++; b.opened > 1 || b.version == "" {
		o.Info.Version = b.version
	}
	if err == nil {
		o.Body = io.NopCloser(io.LimitReader(o.Body, 3))
	}
	return o, err
}

// TestNoVersionNoResume: a body that breaks is not resumed without a version, or with
// another version: it fails after the bytes that came (G5).
func TestNoVersionNoResume(t *testing.T) {
	for version, want := range map[files.Version]error{
		"":      files.ErrUnavailable,
		"other": files.ErrChanged,
	} {
		back := &breaking{Backend: driver.Unwrap(mem.New(nil)), version: version}
		b := driver.New(back)
		put(t, b, "a", "a longer text")
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.ReadAll()
		if string(p) != "a l" || err == nil {
			t.Errorf("read %q, %v", p, err)
		}
		if version != "" {
			is(t, err, want)
		}
		r.Close()
	}
}
