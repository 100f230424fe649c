package mounts

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// Each kind is mounted, holds a file, has the size that was asked for, and is gone
// after the test.
func TestKinds(t *testing.T) {
	for _, kind := range Kinds {
		t.Run(string(kind), func(t *testing.T) {
			var dir string
			if !t.Run("mounted", func(t *testing.T) {
				dir = New(t, kind)
				holds(t, dir)
				var st unix.Statfs_t
				if err := unix.Statfs(dir, &st); err != nil {
					t.Fatal(err)
				}
				if size := int64(st.Blocks) * st.Bsize; size < 200<<20 || size > 640<<20 {
					t.Errorf("it has %d bytes", size)
				}
			}) || dir == "" {
				return
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("after the test: %v", err)
			}
			mounts, _ := os.ReadFile("/proc/self/mounts")
			if bytes.Contains(mounts, []byte(dir)) {
				t.Error("it is still mounted")
			}
		})
	}
}

func holds(t *testing.T, dir string) {
	t.Helper()
	name := filepath.Join(dir, "file")
	if err := os.WriteFile(name, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "text" {
		t.Fatalf("read %q, %v", got, err)
	}
}

func TestReadOnly(t *testing.T) {
	dir := New(t, Ext4, Size(16<<20))
	ReadOnly(t, dir)
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o755); !os.IsPermission(err) &&
		!bytes.Contains([]byte(err.Error()), []byte("read-only")) {
		t.Fatalf("Mkdir: %v", err)
	}
	Writable(t, dir)
	holds(t, dir)
}

// A limit of inodes and a size hold.
func TestLimits(t *testing.T) {
	for _, kind := range []Kind{Ext4, Tmpfs, Overlay, Bindfs} {
		t.Run(string(kind), func(t *testing.T) {
			dir := New(t, kind, Size(8<<20), Inodes(64))
			made := 0
			for ; made < 100; made++ {
				if os.Mkdir(filepath.Join(dir, string(rune('0'+made))), 0o755) != nil {
					break
				}
			}
			if made == 0 || made == 100 {
				t.Errorf("%d folders in 64 inodes", made)
			}
			os.Remove(filepath.Join(dir, "0"))
			if err := os.WriteFile(filepath.Join(dir, "0"), make([]byte, 9<<20),
				0o644); err == nil {
				t.Error("9 MiB in 8 MiB")
			}
		})
	}
}
