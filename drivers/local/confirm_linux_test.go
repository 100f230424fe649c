//go:build linux && !osroot

package local

import (
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// A file that is replaced all the while is there all the while, also where a program serves
// the file system (X1, L4).
func TestReplacedOnFUSE(t *testing.T) {
	for _, kind := range []mounts.Kind{mounts.Bindfs, mounts.NTFS3G, mounts.Mergerfs} {
		t.Run(string(kind), func(t *testing.T) {
			dir := mounts.New(t, kind)
			b := driver.New(openOdd(t, fsys.OS(), dir))
			c := driver.New(openOdd(t, fsys.OS(), dir))
			put := func() error {
				_, err := files.PutString(t.Context(), b, "a", "content", nil)
				return err
			}
			ok(t, put())
			var done atomic.Bool
			failed := make(chan error, 1)
			go func() {
				defer done.Store(true)
				for range 400 {
					if err := put(); err != nil {
						failed <- err
						return
					}
				}
			}()
			looks, lost := 0, 0
			for ; !done.Load(); looks++ {
				if _, err := c.Stat(t.Context(), "a", nil); err != nil {
					lost++
					t.Logf("Stat: %v", err)
				}
				if n := len(listed(t, c)); n != 1 {
					lost++
				}
			}
			select {
			case err := <-failed:
				t.Error(err)
			default:
			}
			if lost > 0 {
				t.Errorf("%d times missing in %d looks", lost, looks)
			}
		})
	}
}
