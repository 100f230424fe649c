//go:build unix

package local

import (
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/local/internal/crashfs"
)

// A sidecar that is being replaced, and so is missing for a moment when a listing opens
// it, is not listed as a file (L7).
func TestSidecarOutOfSight(t *testing.T) {
	var away atomic.Int32
	sys := crashfs.Wrap(crashfs.Unsynced(), func(op *crashfs.Op, do func() error) error {
		if op.Kind == crashfs.OpenFile && strings.HasSuffix(op.Name,
			sidecarExt) && away.Add(-1) >= 0 {
			return fs.ErrNotExist
		}
		return do()
	})
	b, err := openOver(t.TempDir(), &Options{AlwaysSidecar: true}, sys)
	check(t, err)
	defer b.Close()
	putIn(t, b, "d/x", "content", nil)
	for n := range int32(12) {
		away.Store(n)
		var got []string
		for e, err := range b.List(t.Context(), "", nil) {
			check(t, err)
			got = append(got, e.Name)
		}
		if !slices.Equal(got, []string{"d/x"}) {
			t.Errorf("with the sidecar missing %d times, List yields %q, want d/x", n, got)
		}
		away.Store(0)
	}
}
