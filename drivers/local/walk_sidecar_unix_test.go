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

// TestSidecarOutOfSight: a sidecar that is being replaced while a listing looks at it,
// and isn't there for a moment, is not listed as a file (L7).
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
			t.Errorf("out of sight %d times: %q", n, got)
		}
		away.Store(0)
	}
}
