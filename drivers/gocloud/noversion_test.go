package gocloud

import (
	"errors"
	"testing"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
)

// TestEmptyETag: a driver of Go CDK that returns no ETag has no versions, whatever
// Options.Features claim: a call that needs one is ErrUnsupported and changes nothing
// (P9).
func TestEmptyETag(t *testing.T) {
	ctx := t.Context()
	add := func(p []byte) ([]byte, error) { return append(p, 'x'), nil }
	for _, claims := range []*files.Features{nil, {Versions: true, VersionPerPut: true}} {
		f := newFake(t)
		f.attribute = func(a *driver.Attributes) { a.ETag = "" }
		b := New(blob.NewBucket(f), &Options{Features: claims, Own: true})
		defer b.Close()
		if _, err := files.PutString(ctx, b, "a", "old", nil); err != nil {
			t.Fatal(err)
		}
		for what, call := range map[string]func() error{
			"Move": func() error {
				_, err := files.Move(ctx, b, "to", b, "a", nil)
				return err
			},
			"Update": func() error {
				_, err := files.Update(ctx, b, "a", add, nil)
				return err
			},
			"UpdateAttributes": func() error {
				change := func(a *files.Attributes) error {
					a.CacheControl = "no-store"
					return nil
				}
				_, err := files.UpdateAttributes(ctx, b, "a", change, nil)
				return err
			},
			"Copy of a version": func() error {
				_, err := files.Copy(ctx, b, "to", b, "a", &files.CopyOptions{IfSource: "v1"})
				return err
			},
			"Put over what was read": func() error {
				info, err := b.Stat(ctx, "a", nil)
				if err != nil || info.Version != "" {
					t.Errorf("Stat: %q, %v, want %q and nil", info.Version, err, "")
				}
				o := &files.PutOptions{If: files.IfVersion(info.Version)}
				_, err = files.PutString(ctx, b, "a", "new", o)
				return err
			},
		} {
			if err := call(); !errors.Is(err, files.ErrUnsupported) {
				t.Errorf("%s without an ETag = %v, want ErrUnsupported", what, err)
			}
		}
		if got, err := files.ReadString(ctx, b, "a", nil); got != "old" || err != nil {
			t.Errorf("the file has %q, %v; want old", got, err)
		}
		if ok, err := files.Exists(ctx, b, "to"); ok || err != nil {
			t.Errorf("Exists(to) = %v, %v, want false and nil", ok, err)
		}
		if b.Features().Versions {
			t.Error("Features still claim versions")
		}
	}
}
