package mounts

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// Each kind is mounted, holds a file, has the requested size, and is gone after the test.
func TestKindsAreMounted(t *testing.T) {
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
					t.Errorf("the file system has %d bytes, want 200 to 640 MiB", size)
				}
			}) || dir == "" {
				return
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("after the test, Stat = %v, want not exist", err)
			}
			mounts, _ := os.ReadFile("/proc/self/mounts")
			if bytes.Contains(mounts, []byte(dir)) {
				t.Error("after the test, the file system is still mounted")
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

func TestReadOnlyRefusesWrites(t *testing.T) {
	dir := New(t, Ext4, Size(16<<20))
	ReadOnly(t, dir)
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o755); !os.IsPermission(err) &&
		!bytes.Contains([]byte(err.Error()), []byte("read-only")) {
		t.Fatalf("Mkdir = %v, want a read-only file system", err)
	}
	Writable(t, dir)
	holds(t, dir)
}

// The limits of inodes and size hold.
func TestLimitsHold(t *testing.T) {
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
				t.Errorf("made %d folders with 64 inodes, want fewer than 64, but not 0", made)
			}
			os.Remove(filepath.Join(dir, "0"))
			if err := os.WriteFile(filepath.Join(dir, "0"), make([]byte, 9<<20),
				0o644); err == nil {
				t.Error("wrote 9 MiB to a file system of 8 MiB")
			}
		})
	}
}
