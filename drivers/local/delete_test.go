package local

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/files"
)

// A delete removes the file's own sidecar, also one that is left over without its file,
// and nothing else that has the sidecar's name.
func TestDeleteLeavesOtherFiles(t *testing.T) {
	const sidecar = "a" + sidecarExt
	for _, opts := range []*Options{{}, {NoSync: true}} {
		for _, c := range []struct {
			what  string
			own   bool // there is a sidecar before
			make  func(t *testing.T, b files.Bucket, dir string)
			stays bool
		}{
			{"the sidecar", true, func(t *testing.T, b files.Bucket, _ string) {
				putIn(t, b, "a", "text", &files.PutOptions{Attributes: someAttributes})
			}, false},
			{"a sidecar alone", true, func(t *testing.T, b files.Bucket, dir string) {
				putIn(t, b, "a", "text", &files.PutOptions{Attributes: someAttributes})
				ok(t, os.Remove(filepath.Join(dir, "a")))
			}, false},
			{"nothing", false, func(t *testing.T, b files.Bucket, _ string) {
				putIn(t, b, "a", "text", nil)
			}, false},
			{"another program's file", false, func(t *testing.T, b files.Bucket, dir string) {
				putIn(t, b, "a", "text", nil)
				write(t, dir, sidecar, "text of another program")
			}, true},
			{"an empty file", false, func(t *testing.T, b files.Bucket, dir string) {
				putIn(t, b, "a", "text", nil)
				write(t, dir, sidecar, "")
			}, true},
			{"another program's file alone", false, func(_ *testing.T, _ files.Bucket, dir string) {
				write(t, dir, sidecar, "text of another program")
			}, true},
			{"a folder", false, func(t *testing.T, b files.Bucket, dir string) {
				putIn(t, b, "a", "text", nil)
				ok(t, os.Mkdir(filepath.Join(dir, sidecar), 0o777))
			}, true},
		} {
			t.Run(fmt.Sprintf("%s/NoSync=%v", c.what, opts.NoSync), func(t *testing.T) {
				dir := memdir.New(t)
				o := *opts
				o.AlwaysSidecar = c.own
				b := openBucket(t, dir, &o)
				c.make(t, b, dir)
				_, err := os.Lstat(filepath.Join(dir, sidecar))
				if (c.own || c.stays) != (err == nil) {
					t.Errorf("before Delete, Lstat(%s) = %v", sidecar, err)
				}
				ok(t, b.Delete(t.Context(), "a", nil))
				_, err = os.Lstat(filepath.Join(dir, sidecar))
				if c.stays != (err == nil) {
					t.Errorf("after Delete, Lstat(%s) = %v, want that it stays: %v", sidecar, err,
						c.stays)
				}
				if _, err := os.Lstat(filepath.Join(dir, "a")); !os.IsNotExist(err) {
					t.Errorf("after Delete, Lstat(a) = %v, want not exist", err)
				}
			})
		}
	}
}
