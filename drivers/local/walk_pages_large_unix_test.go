//go:build unix

package local

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"cloudfiles.dev/files"
)

// TestPagesOfLargeFolders: a listing by pages of a folder that has more names than are
// sorted at once yields all of them (L1), also where the folder has just changed.
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
				t.Fatalf("the first is %q", first)
			}
			// The pages that are kept are of another state of the folder from here on.
			write(t, dir, fmt.Sprintf("d/new-%d", turn), "")
			check(t, os.Remove(filepath.Join(dir, "d", fmt.Sprintf("new-%d", turn))))
			count := 0
			for e, err := range b.List(t.Context(), "d", &o) {
				check(t, err)
				if count++; e.Size != 0 {
					t.Fatalf("%+v", e)
				}
			}
			want := names
			if o.StartAfter != "" {
				want -= 4
			}
			if count != want {
				t.Errorf("turn %d, %+v: %d names of %d", turn, o, count, want)
			}
		}
	}
}
