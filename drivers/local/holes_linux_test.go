package local

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"cloudfiles.dev/files"
	"golang.org/x/sys/unix"
)

// A copy takes as much room on the disk as its source, also if it is made through memory.
func TestCopyKeepsHoles(t *testing.T) {
	const size = 300 << 20
	for _, memory := range []bool{false, true} {
		dir := t.TempDir()
		hooks := &hookFS{}
		if memory {
			hooks.before = func(op, name string) error {
				if op == "clone" || op == "copyrange" {
					return unix.EINVAL
				}
				return nil
			}
		}
		b := openHooked(t, dir, nil, hooks)
		f, err := os.Create(filepath.Join(dir, "a"))
		ok(t, err)
		for _, off := range []int64{0, 100<<20 + 4096, 200 << 20} {
			_, err := f.WriteAt(bytes.Repeat([]byte("data"), 1024), off)
			ok(t, err)
		}
		ok(t, f.Truncate(size), f.Close())
		_, err = files.Copy(t.Context(), b, "b", b, "a", nil)
		ok(t, err)
		var was, is unix.Stat_t
		ok(t, unix.Stat(filepath.Join(dir, "a"), &was), unix.Stat(filepath.Join(dir, "b"), &is))
		if is.Size != size || is.Blocks*512 > was.Blocks*512+4<<20 {
			t.Errorf("through memory %v: the copy has %d bytes and takes %d, the file takes %d, "+
				"want %v and at most %v", memory, is.Size, is.Blocks*512, was.Blocks*512, size,
				was.Blocks*512+4<<20)
		}
		for _, off := range []int64{0, 4096, 100<<20 + 4096, 200 << 20, size - 4096} {
			want, got := make([]byte, 4096), make([]byte, 4096)
			for name, p := range map[string][]byte{"a": want, "b": got} {
				f, err := os.Open(filepath.Join(dir, name))
				ok(t, err)
				_, err = f.ReadAt(p, off)
				ok(t, err, f.Close())
			}
			if !bytes.Equal(want, got) {
				t.Errorf("through memory %v: the copy differs at %d", memory, off)
			}
		}
	}
}
