package local

import (
	"errors"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/files"
)

// A file that can't be looked up doesn't hide the others: its error comes after
// everything else is listed, whatever its place in the folder.
func TestWalkFileRefused(t *testing.T) {
	dir := memdir.New(t)
	names := []string{"a", "b", "c", "d/x", "e"}
	for _, name := range names {
		write(t, dir, name, "")
	}
	var faulter crashfs.Faulter
	b := openOdd(t, crashfs.Wrap(crashfs.Unsynced(), faulter.Hook), dir)
	for _, refused := range []string{"a", "b", "c", "e"} {
		for _, cause := range []error{syscall.EACCES, syscall.EIO} {
			faulter.Set(func(op *crashfs.Op) error {
				if op.Kind == crashfs.Lstat && filepath.Base(op.Name) == refused {
					return cause
				}
				return nil
			})
			for _, foreign := range []bool{false, true} {
				var got []string
				var failed error
				for e, err := range b.List(t.Context(), "", &files.ListOptions{Foreign: foreign}) {
					if failed != nil {
						t.Errorf("%q comes after the error %v", e.Name, failed)
					}
					if failed = err; err == nil {
						got = append(got, e.Name)
					}
				}
				want := slices.DeleteFunc(slices.Clone(names), func(s string) bool {
					return s == refused
				})
				if !slices.Equal(got, want) || !errors.Is(failed, cause) {
					t.Errorf("without %s, List (foreign: %v) yields %q and %v, want %q and %v",
						refused, foreign, got, failed, want, cause)
				}
			}
		}
	}
}
