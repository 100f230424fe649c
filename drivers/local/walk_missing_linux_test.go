package local

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// Names that exist all the while are in every listing, while one of them is replaced in
// a loop (L4), also on file systems that skip such a name in a single reading.
// CLOUDFILES_LIST_SECONDS is for how long each is listed, by default 1.
func TestListWhileReplaced(t *testing.T) {
	seconds := 1.0
	if s := os.Getenv("CLOUDFILES_LIST_SECONDS"); s != "" {
		var err error
		if seconds, err = strconv.ParseFloat(s, 64); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []mounts.Kind{
		mounts.Btrfs, mounts.Tmpfs, mounts.XFS, mounts.Overlay, mounts.Ext4,
	} {
		t.Run(string(kind), func(t *testing.T) {
			size := int64(128 << 20)
			if kind == mounts.XFS {
				size = 300 << 20
			}
			root := mounts.New(t, kind, mounts.Size(size))
			sizes := []int{1, 100, 9000}
			if kind != mounts.Btrfs && kind != mounts.Overlay {
				sizes = sizes[:longtest.N(t, 2, 3)]
			}
			for _, n := range sizes {
				whole := time.Duration(seconds / 3 * float64(time.Second))
				listWhileReplaced(t, filepath.Join(root, fmt.Sprint(n)), n, whole)
			}
		})
	}
}

func listWhileReplaced(t *testing.T, dir string, n int, whole time.Duration) {
	for i := range n {
		write(t, dir, fmt.Sprintf("d/%05d", i), "")
	}
	b, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var done atomic.Bool
	var wg sync.WaitGroup
	defer wg.Wait()
	defer done.Store(true)
	wg.Go(func() {
		staged := filepath.Join(dir, "staged")
		for i := 0; !done.Load(); i++ {
			if err := os.WriteFile(staged, nil, 0o666); err != nil {
				t.Errorf("os.WriteFile = %v, want nil", err)
				return
			}
			if err := os.Rename(staged,
				filepath.Join(dir, "d", fmt.Sprintf("%05d", n/2))); err != nil {
				t.Errorf("os.Rename = %v, want nil", err)
				return
			}
		}
	})
	listings, missing := 0, 0
	for start := time.Now(); time.Since(start) < whole; listings++ {
		opts := []*files.ListOptions{
			{NamesOnly: true},
			nil,
			{Limit: n},
			{StartAfter: fmt.Sprintf("d/%05d", n/2-1), Limit: 1},
		}[listings%4]
		got := 0
		for e, err := range b.List(t.Context(), "d", opts) {
			if err != nil {
				t.Fatal(err)
			}
			if opts == nil || opts.Limit != 1 || e.Name == fmt.Sprintf("d/%05d", n/2) {
				got++
			}
		}
		if want := n; got != want && (opts == nil || opts.Limit != 1) || got == 0 {
			missing++
		}
		dirs := 0
		for range b.List(t.Context(), "", &files.ListOptions{Shallow: true, Limit: 1}) {
			dirs++
		}
		if dirs != 1 {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("with one of %d names replaced all the while, %d of %d listings lack a name, "+
			"want 0", n, missing, listings)
	}
	t.Logf("%d listings of %d names", listings, n)
}
