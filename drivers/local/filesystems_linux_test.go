//go:build linux && !osroot

package local

import (
	"os"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/drivers/local/internal/mounts"
)

// onMount is the harness with its buckets on a mounted file system.
func onMount(root string) conformance.Harness {
	h := harnessIn(func(t conformance.T) string {
		dir, err := os.MkdirTemp(root, "bucket")
		if err != nil {
			t.Fatalf("%v", err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		return dir
	}, &Options{NoSync: true}, fsys.OS)
	if os.Symlink("nowhere", root+"/link") != nil {
		h.Link = nil
	}
	os.Remove(root + "/link")
	return h
}

// TestConformanceMounted runs the suite on file systems that fold, serve times of a second, or
// lose a file from sight while it is replaced.
func TestConformanceMounted(t *testing.T) {
	for _, kind := range mounts.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			conformance.Run(t, onMount(mounts.New(t, kind, mounts.Size(2<<30))))
		})
	}
}
