package mem_test

import (
	"errors"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestCopyOfTheLargestSize: a copy may be as large as a Put.
func TestCopyOfTheLargestSize(t *testing.T) {
	from, to := mem.New(nil), mem.New(&mem.Options{MaxSize: 4})
	put(t, from, "a", "four")
	if _, err := files.Copy(t.Context(), to, "a", from, "a", nil); err != nil {
		t.Error(err)
	}
	if got := read(t, to, "a"); got != "four" {
		t.Errorf(`the copy contains %q, want "four"`, got)
	}
}

// TestCopyAboveOneByte: the smallest limit applies to a copy too.
func TestCopyAboveOneByte(t *testing.T) {
	from, to := mem.New(nil), mem.New(&mem.Options{MaxSize: 1})
	put(t, from, "a", "two")
	if _, err := files.Copy(t.Context(), to, "a", from, "a",
		nil); !errors.Is(err, files.ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
}

// TestVersionOfCopyBetweenKinds: a copy has the kind of version that its bucket makes,
// whichever kind its source has. Otherwise a Put of the same bytes would change the
// version where it must not, or not change it where it must.
func TestVersionOfCopyBetweenKinds(t *testing.T) {
	strong, weak := mem.New(&mem.Options{VersionPerPut: true}), mem.New(nil)
	copied := func(dst files.Bucket, to string, src files.Bucket) files.Version {
		t.Helper()
		info, err := files.Copy(t.Context(), dst, to, src, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if stat, err := dst.Stat(t.Context(), to, nil); err != nil || stat.Version != info.Version {
			t.Errorf("%q, %v; the copy reported %q", stat.Version, err, info.Version)
		}
		return info.Version
	}
	put(t, strong, "a", "bytes")
	if v := copied(weak, "b", strong); v != put(t, weak, "a", "bytes").Version {
		t.Errorf("the same bytes have another version than the copy's %q", v)
	}
	if a, b := copied(strong, "b", weak), copied(strong, "b", weak); a == b {
		t.Errorf("two copies have the version %q", a)
	}
}
