package local

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"cloudfiles.dev/files"
)

// A listing has Stat's version and size for a file that was put, and that another
// program wrote to, or removed the record from, without changing its time (L5).
func TestListedVersionOfDamage(t *testing.T) {
	ctx := context.Background()
	longer := func(path string) error {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteString(" and more")
		return err
	}
	ways := map[string]func(path string) error{
		"longer":         longer,
		"cut":            func(path string) error { return os.Truncate(path, 3) },
		"without record": func(path string) error { return unix.Removexattr(path, recordAttr) },
	}
	for name, damage := range ways {
		for _, attrs := range []files.Attributes{{}, someAttributes} {
			b, dir := newBucket(t, nil)
			needAttributes(t, dir)
			old := putIn(t, b, "a", "content", &files.PutOptions{Attributes: attrs})
			path := filepath.Join(dir, "a")
			st, err := os.Stat(path)
			ok(t, err)
			ok(t, damage(path), os.Chtimes(path, st.ModTime(), st.ModTime()))
			info := stat(t, b, "a")
			for e, err := range b.List(ctx, "", nil) {
				ok(t, err)
				if e != info.Entry {
					t.Errorf("%s: List yields %+v, Stat returns %+v, want %+v", name, e, info.Entry,
						info.Entry)
				}
			}
			if info.Size != old.Size && info.Version == old.Version {
				t.Errorf("%s: the version is still %s", name, info.Version)
			}
		}
	}
}
