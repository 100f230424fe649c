package local

import (
	"errors"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/files"
)

// A file whose name is that of another one's sidecar is found beside the sidecar, by
// every condition and by Delete (N4, P5).
func TestFileBesideSidecarOfItsName(t *testing.T) {
	for _, always := range []bool{false, true} {
		b := openBucket(t, memdir.New(t), &Options{NoSync: true, AlwaysSidecar: always})
		put := func(name string, cond files.Condition) (files.Info, error) {
			return files.PutString(t.Context(), b, name, name, &files.PutOptions{
				Attributes: someAttributes,
				If:         cond,
			})
		}
		_, err := put("f", files.Condition{})
		ok(t, err)
		first, err := put("f.attrs", files.IfAbsent())
		ok(t, err)
		if _, err := put("f.attrs", files.IfAbsent()); !errors.Is(err, files.ErrExist) {
			t.Errorf("Put(IfAbsent) over f.attrs = %v, want ErrExist", err)
		}
		second, err := put("f.attrs", files.IfVersion(first.Version))
		ok(t, err)
		if _, err := put("f.attrs", files.IfVersion(first.Version)); !errors.Is(err,
			files.ErrPrecondition) {
			t.Errorf("Put with an old version = %v, want ErrPrecondition", err)
		}
		if s, info := fetch(t, b, "f.attrs"); s != "f.attrs" || info.Version != second.Version {
			t.Errorf("f.attrs is %q of version %s, want version %s", s, info.Version,
				second.Version)
		}
		ok(t, b.Delete(t.Context(), "f.attrs", &files.DeleteOptions{IfVersion: second.Version}))
		if _, err := b.Stat(t.Context(), "f.attrs", nil); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("Stat of f.attrs after Delete = %v, want ErrNotExist", err)
		}
		if s, info := fetch(t, b, "f"); s != "f" || info.CacheControl !=
			someAttributes.CacheControl {
			t.Errorf("f is %q with Cache-Control %q, want %q", s, info.CacheControl,
				someAttributes.CacheControl)
		}
	}
}

// A Put removes what a crash left at another path of the file's name, so that no old
// content comes back, whichever path the new content has (N3, N4).
func TestPutRemovesOtherPath(t *testing.T) {
	for _, noSync := range []bool{false, true} {
		for below, want := range map[string][]string{
			"":          {"%cf-e-f%2Eattrs"},
			"f.attrs/x": {"%cf-l-%cf-e-f%2Eattrs", "%cf-e-f%2Eattrs/x"},
		} {
			dir := memdir.New(t)
			b := openBucket(t, dir, &Options{NoSync: noSync})
			putIn(t, b, "f.attrs", "old", nil)
			if below != "" {
				putIn(t, b, below, "below", nil)
			}
			write(t, dir, "f.attrs", "left")
			putIn(t, b, "f.attrs", "new", nil)
			wantDisk(t, dir, want...)
			if s, _ := fetch(t, b, "f.attrs"); s != "new" {
				t.Errorf("f.attrs is %q, want %q", s, "new")
			}
		}
	}
}
