package local

import (
	"errors"
	"io/fs"
	"slices"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// A file whose version can't be found is missing in a listing only if it is gone (L4).
// If permission is refused, it has the version that needs no content. Any other error is
// that of the listing, after the other files.
func TestWalkVersionFails(t *testing.T) {
	dir := memdir.New(t)
	for _, name := range []string{"a", "b", "c"} {
		write(t, dir, name, "")
	}
	for _, c := range []struct {
		cause  error
		listed bool
		fails  bool
	}{
		{cause: syscall.EIO, fails: true},
		{cause: fsys.ErrLocked, fails: true},
		{cause: syscall.EACCES, listed: true},
		{cause: fs.ErrNotExist},
		{cause: fsys.ErrNotFile},
		{cause: fsys.ErrNotDir},
		{cause: mapError(fsys.ErrNotFile)},
		{cause: mapError(fsys.ErrNotDir)},
	} {
		for _, req := range []driver.ListRequest{{}, {Foreign: true}, {Limit: 5}} {
			w := testWalker(linuxRules)
			version := w.version
			w.version = func(d fsys.Dir, base string, st fsys.Stat) (files.Version, error) {
				if base == "b" {
					return "", c.cause
				}
				return version(d, base, st)
			}
			var got []string
			var failed error
			for e, err := range w.list(t.Context(), openRoot(t, dir), req) {
				if failed = err; err == nil {
					got = append(got, e.Name)
				}
				if err == nil && e.Version == "" {
					t.Errorf("%+v: %s has no version if %v", req, e.Name, c.cause)
				}
			}
			want := []string{"a", "b", "c"}
			if !c.listed {
				want = []string{"a", "c"}
			}
			if c.cause == fsys.ErrLocked {
				want = want[:1] // an error that isn't the system's ends the listing
			}
			if !slices.Equal(got, want) || c.fails != errors.Is(failed, c.cause) ||
				!c.fails && failed != nil {
				t.Errorf("%+v: List yields %q and %v if the version of b fails with %v, want %q "+
					"and an error: %v", req, got, failed, c.cause, want, c.fails)
			}
		}
	}
}
