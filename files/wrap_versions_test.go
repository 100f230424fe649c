package files_test

import (
	"context"
	"errors"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestMaskedVersions: a wrapper that doesn't claim versions accepts none, in any
// method, even if the bucket below would.
func TestMaskedVersions(t *testing.T) {
	ctx := context.Background()
	inner := mem.New(nil)
	info, err := files.PutString(ctx, inner, "a", "old", nil)
	if err != nil {
		t.Fatal(err)
	}
	b := files.Wrap(inner, files.Hooks{Features: func(f files.Features) files.Features {
		f.Versions = false
		return f
	}})
	f := b.Features()
	if f.VersionPerPut || f.PutReturnsVersion || f.IfVersion || f.DeleteIfVersion ||
		f.ReadConditions {
		t.Errorf("without Versions the wrapper claims %+v", f)
	}
	v := info.Version
	for what, do := range map[string]func() error{
		"Put": func() error {
			_, err := files.PutString(ctx, b, "a", "new", &files.PutOptions{If: files.IfVersion(v)})
			return err
		},
		"Get": func() error {
			r, err := b.Get(ctx, "a", &files.GetOptions{IfVersion: v})
			r.Close()
			return err
		},
		"Get of what is new": func() error {
			r, err := b.Get(ctx, "a", &files.GetOptions{IfNotVersion: v})
			r.Close()
			return err
		},
		"Delete": func() error {
			return b.Delete(ctx, "a", &files.DeleteOptions{IfVersion: v})
		},
		"Copy": func() error {
			_, err := files.Copy(ctx, b, "a", inner, "a",
				&files.CopyOptions{If: files.IfVersion(v)})
			return err
		},
		"Copy of a version": func() error {
			_, err := files.Copy(ctx, b, "b", b, "a", &files.CopyOptions{IfSource: v})
			return err
		},
		"Move": func() error {
			_, err := files.Move(ctx, b, "b", b, "a", nil)
			return err
		},
	} {
		if err := do(); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", what, err)
		}
		if now, err := inner.Stat(ctx, "a", nil); err != nil || now.Version != v {
			t.Fatalf("%s: the file is now %+v, %v", what, now, err)
		}
	}
}
