package local

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// Delete, DeleteMany and DeleteDir free a disk without room or without inodes, also in
// a process that has written nothing (D1).
func TestFullDiskIsFreed(t *testing.T) {
	kinds := []mounts.Kind{mounts.Ext4, mounts.Tmpfs, mounts.Overlay, mounts.Btrfs}
	if testing.Short() {
		kinds = kinds[:2]
	}
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			size, inodes := int64(12<<20), 300
			if kind == mounts.Btrfs {
				size, inodes = 128<<20, 0
			}
			opts := []mounts.Option{mounts.Size(size)}
			if inodes > 0 {
				opts = append(opts, mounts.Inodes(inodes))
			}
			dir := filepath.Join(mounts.New(t, kind, opts...), "bucket")
			freeDisk(t, dir, inodes)
		})
	}
}

func freeDisk(t *testing.T, dir string, inodes int) {
	check(t, os.Mkdir(dir, 0o777))
	writer := openBucket(t, dir, noSync)
	attrs := files.Attributes{Metadata: map[string]string{"k": strings.Repeat("v", 900)}}
	for i := range 40 {
		putIn(t, writer, fmt.Sprintf("d/%d/f", i), "content", &files.PutOptions{Attributes: attrs})
	}
	fill(t, dir)
	for i := range inodes {
		if os.WriteFile(filepath.Join(dir, fmt.Sprint("empty", i)), nil, 0o666) != nil {
			break
		}
	}
	if _, full := writer.Put(t.Context(), "more", io.LimitReader(zeros{}, 1<<20),
		nil); !errors.Is(full, syscall.ENOSPC) {
		t.Errorf("Put on the full disk = %v, want ENOSPC", full)
	}
	fresh := openBucket(t, dir, nil)
	check(t, writer.Delete(t.Context(), "d/0/f", nil), fresh.Delete(t.Context(), "d/1/f", nil))
	version := stat(t, fresh, "d/2/f").Version
	check(t, fresh.Delete(t.Context(), "d/2/f", &files.DeleteOptions{IfVersion: version}))
	res, err := files.DeleteMany(t.Context(), fresh, func(yield func(string) bool) {
		for i := 3; i < 20 && yield(fmt.Sprintf("d/%d/f", i)); i++ {
		}
	})
	check(t, err, res.Err())
	res, err = files.DeleteDir(t.Context(), fresh, "d")
	check(t, err, res.Err())
	check(t, os.Remove(filepath.Join(filepath.Dir(dir), "filler")))
	putIn(t, writer, "after", "content", &files.PutOptions{Attributes: attrs})
}

// fill writes to a file beside the bucket until the disk is full.
func fill(t *testing.T, dir string) {
	f, err := os.Create(filepath.Join(filepath.Dir(dir), "filler"))
	check(t, err)
	defer f.Close()
	for size := 1 << 20; size >= 512; size /= 2 {
		noise := []byte(strings.Repeat("0123456789abcdef", size/16))
		for {
			if _, err := f.Write(noise); err != nil {
				break
			}
		}
		f.Sync()
	}
}

// An unlink that needs room is tried again after the others (D3).
func TestDeleteManyMakesRoom(t *testing.T) {
	var unlinked int
	h := &hookFS{before: func(op, name string) error {
		if op == "unlink" && strings.HasPrefix(name, "low") && unlinked == 0 {
			return syscall.ENOSPC
		}
		if op == "unlink" {
			unlinked++
		}
		return nil
	}}
	dir := t.TempDir()
	writer := openBucket(t, dir, noSync)
	for _, name := range []string{"low1", "low2", "up"} {
		putIn(t, writer, name, "x", nil)
	}
	b := openHooked(t, dir, noSync, h)
	res, err := files.DeleteMany(t.Context(), b, func(yield func(string) bool) {
		_ = yield("low1") && yield("low2") && yield("up")
	})
	if err != nil || res.Deleted != 3 {
		t.Errorf("DeleteMany = %+v, %v, want 3 deleted", res, err)
	}
}
