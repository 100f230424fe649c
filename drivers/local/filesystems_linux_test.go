//go:build linux && !osroot

package local

import (
	"os"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// onMount returns the harness with its buckets on a mounted file system.
func onMount(root string) conformance.Harness {
	h := harnessIn(func(t conformance.T) string {
		dir, err := os.MkdirTemp(root, "bucket")
		if err != nil {
			t.Fatalf("making the bucket's folder: %v", err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		return dir
	}, &Options{NoSync: true}, fsys.OS)
	// Some file systems can't remove a folder with an open file.
	h.Vanish = func(t conformance.T, b files.Bucket) {
		dir := h.Secrets(b)[0]
		if err := os.Rename(dir, dir+"-elsewhere"); err != nil {
			t.Fatalf("moving the bucket's folder away: %v", err)
		}
	}
	// Some have no holes, some don't hold these names, and none has room for more than
	// 4 GiB.
	h.Extend, h.Foreign, h.ForeignKeys = nil, nil, nil
	h.Limit = 3 * time.Minute // a shallow listing searches every folder through FUSE
	if os.Symlink("nowhere", root+"/link") != nil {
		h.Link = nil
	}
	os.Remove(root + "/link")
	return h
}

// mounted returns the kinds whose suite is short enough for every run: exFAT, which
// folds, has no attributes and times of a second, and may miss a file while it is
// replaced. CLOUDFILES_MOUNTS=all adds the others.
func mounted() []mounts.Kind {
	if os.Getenv("CLOUDFILES_MOUNTS") == "all" {
		return mounts.Kinds
	}
	return []mounts.Kind{mounts.ExfatFuse}
}

// TestConformanceMounted runs the suite on file systems other than the machine's.
func TestConformanceMounted(t *testing.T) {
	if os.Getenv("CLOUDFILES_MOUNTS") == "" {
		t.Skip("long: set CLOUDFILES_MOUNTS=1 for the whole suite on exFAT, =all on all kinds")
	}
	for _, kind := range mounted() {
		t.Run(string(kind), func(t *testing.T) {
			conformance.Run(t, onMount(mounts.New(t, kind, mounts.Size(2<<30))))
		})
	}
}

// TestMountedNames checks the naming rules on mounted exFAT, NTFS and others, and the
// resolution of their times.
func TestMountedNames(t *testing.T) {
	for _, kind := range []mounts.Kind{
		mounts.ExfatFuse, mounts.NTFS3G, mounts.Gocryptfs, mounts.Ext4Old,
	} {
		t.Run(string(kind), func(t *testing.T) {
			if kind == mounts.ExfatFuse {
				longtest.Only(t, "hundreds of files through FUSE")
			}
			var flags []mounts.Option
			if kind == mounts.NTFS3G {
				flags = append(flags, mounts.Flags("windows_names"))
			}
			dir := mounts.New(t, kind, flags...)
			open := func() files.Bucket {
				return openOdd(t, fsys.OS(), dir)
			}
			testNames(t, open)
			b := open()
			info, err := files.PutString(t.Context(), b, "a", "", nil)
			ok(t, err)
			res := b.Features().TimeResolution
			if m := stat(t, b, "a").ModTime; !m.Equal(m.Truncate(res)) || !m.Equal(info.ModTime) {
				t.Errorf("Stat returns the time %v, Put %v, want equal times truncated to %v", m,
					info.ModTime, res)
			}
			want := map[mounts.Kind]time.Duration{
				mounts.ExfatFuse: time.Second,
				mounts.NTFS3G:    100 * time.Nanosecond,
				mounts.Gocryptfs: time.Nanosecond,
				mounts.Ext4Old:   time.Second,
			}
			if res != want[kind] {
				t.Errorf("TimeResolution is %v, want %v", res, want[kind])
			}
		})
	}
}
