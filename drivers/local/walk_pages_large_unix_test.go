//go:build unix

package local

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"cloudfiles.dev/files"
)

// A listing by pages of a folder with more names than are sorted at once yields all of
// them (L1), also if the folder has just changed.
func TestPagesOfLargeFolders(t *testing.T) {
	b, dir := newBucket(t, nil)
	const names = 2000
	for i := range names {
		write(t, dir, fmt.Sprintf("d/%06d", i), "")
	}
	for turn := range 4 {
		for _, o := range []files.ListOptions{
			{PageSize: 10},
			{Limit: names + 10, PageSize: 3},
			{PageSize: 10, Shallow: true},
			{PageSize: 1, StartAfter: "d/000003"},
		} {
			first := ""
			for e, err := range b.List(t.Context(), "d", &files.ListOptions{Limit: 1}) {
				check(t, err)
				first = e.Name
			}
			if first != "d/000000" {
				t.Fatalf("the first name is %q, want d/000000", first)
			}
			// From here on the kept pages are of an older state of the folder.
			write(t, dir, fmt.Sprintf("d/new-%d", turn), "")
			check(t, os.Remove(filepath.Join(dir, "d", fmt.Sprintf("new-%d", turn))))
			count := 0
			for e, err := range b.List(t.Context(), "d", &o) {
				check(t, err)
				if count++; e.Size != 0 {
					t.Fatalf("List yields %+v, want size 0", e)
				}
			}
			want := names
			if o.StartAfter != "" {
				want -= 4
			}
			if count != want {
				t.Errorf("turn %d, %+v: List yields %d names, want %d", turn, o, count, want)
			}
		}
	}
}
