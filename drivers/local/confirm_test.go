package local

import (
	"path/filepath"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// On FUSE a lookup may miss a file that exists. No call then misses the file, its
// attributes or its version, whichever entry was missed (X1, L4).
func TestMissedOnFUSE(t *testing.T) {
	dir := memdir.New(t)
	left, missed := 0, ""
	sys := crashfs.Wrap(&hookFS{
		FS:      fsys.OS(),
		fuse:    true,
		noXattr: true,
	}, func(op *crashfs.Op, do func() error) error {
		if (op.Kind == crashfs.Lstat || op.Kind == crashfs.OpenFile) && left > 0 &&
			filepath.Base(op.Name) == missed {
			left--
			return syscall.ENOENT
		}
		return do()
	})
	b := openOdd(t, sys, dir)
	want := putIn(t, b, "d/a", "content", &files.PutOptions{Attributes: someAttributes})
	for door, find := range map[string]func() (string, files.Version, error){
		"Stat": func() (string, files.Version, error) {
			info, err := b.Stat(t.Context(), "d/a", nil)
			return info.CacheControl, info.Version, err
		},
		"Get": func() (string, files.Version, error) {
			r, err := b.Get(t.Context(), "d/a", nil)
			if err != nil {
				return "", "", err
			}
			return r.Info().CacheControl, r.Info().Version, r.Close()
		},
		"Copy": func() (string, files.Version, error) {
			info, err := files.Copy(t.Context(), b, "copy", b, "d/a", nil)
			return info.CacheControl, want.Version, err
		},
		"List": func() (_ string, version files.Version, _ error) {
			for e, err := range b.List(t.Context(), "d/", nil) {
				if err != nil {
					return "", "", err
				}
				version = e.Version
			}
			return want.CacheControl, version, nil
		},
	} {
		for _, missed = range []string{"a", "a" + sidecarExt} {
			for times := 1; times <= 3; times++ {
				left = times
				open := sys.Open()
				control, version, err := find()
				if n := sys.Open(); n != open {
					t.Errorf("after %s, which missed %s %d times, %d folders and files are open, "+
						"want %d", door, missed, times, n, open)
				}
				if err != nil || control != want.CacheControl || version != want.Version {
					t.Errorf("%s returns Cache-Control %q, version %s and %v if %s is missed %d "+
						"times, want %q, %s and nil", door, control, version, err, missed, times,
						want.CacheControl, want.Version)
				}
			}
		}
	}
}
