package local

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestSkippedFolderIsNotRead: a listing that skips a folder doesn't open it, neither for
// names nor for raw keys, so its error doesn't matter. Other folders are read.
func TestSkippedFolderIsNotRead(t *testing.T) {
	h := &hookFS{}
	dir := t.TempDir()
	b := openHooked(t, dir, noSync, h)
	for _, name := range []string{"a/1", "a/node_modules/x/y", "a/z", "node_modules.txt"} {
		putIn(t, b, name, "x", nil)
	}
	h.closed = filepath.Join(dir, "a", "node_modules")
	for _, foreign := range []bool{false, true} {
		opts := &files.ListOptions{Foreign: foreign}
		list := func(skip func(string) bool) (names []string, err error) {
			for e, err := range driver.ListSkipping(context.Background(), b, "a", opts, skip) {
				if err != nil {
					return names, err
				}
				names = append(names, e.Name)
			}
			return names, nil
		}
		var asked []string
		got, err := list(func(dir string) bool {
			asked = append(asked, dir)
			return strings.HasSuffix(dir, "/node_modules/")
		})
		slices.Sort(asked)
		if want := []string{"a/1", "a/z"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("foreign %v: %q, %v, want %q", foreign, got, err, want)
		}
		if want := []string{"a/node_modules/"}; !slices.Equal(slices.Compact(asked), want) {
			t.Errorf("foreign %v: asked for %q, want %q", foreign, asked, want)
		}
		if _, err := list(nil); files.KindOf(err) != files.ErrPermission {
			t.Errorf("foreign %v: the listing of everything: %v, want ErrPermission", foreign, err)
		}
	}
}
