package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
)

// TestFullDiskEndsTransfers: on a disk that becomes full a sync ends soon with one clear
// error, deletes nothing, and leaves only whole files and no temporary one. When there is
// room the next run does the rest. A download that resumes keeps the old file.
func TestFullDiskEndsTransfers(t *testing.T) {
	for _, kind := range []mounts.Kind{mounts.Ext4, mounts.Tmpfs} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			disk := mounts.New(t, kind, mounts.Size(24<<20))
			dir := filepath.Join(disk, "bucket")
			check(t, os.Mkdir(dir, 0o777))
			src, dst := mem.New(nil), openBucket(t, dir, noSync)
			const count, size = 200, 32 << 10
			content := func(name string) string { return strings.Repeat(name, size/len(name)) }
			for i := range count {
				name := fmt.Sprintf("f%03d", i)
				putIn(t, src, name, content(name), nil)
			}
			putIn(t, src, "large", strings.Repeat("large ", 1<<20), nil)
			putIn(t, dst, "gone", "to be deleted", nil)
			fill(t, dir)
			// leave room for some of the files
			filler := filepath.Join(disk, "filler")
			st, err := os.Stat(filler)
			check(t, err)
			check(t, os.Truncate(filler, st.Size()-3<<20))

			target := filepath.Join(disk, "downloaded")
			check(t, os.WriteFile(target, []byte("old"), 0o666))
			_, err = resume.Download(t.Context(), src, "large", target, nil)
			wantFull(t, "a download", err)
			old, err := os.ReadFile(target)
			if check(t, err); string(old) != "old" {
				t.Errorf("after the download on the full disk the target is %q, want %q", old,
					"old")
			}
			if n, err := resume.RemoveStale(disk, 0); err != nil {
				t.Errorf("RemoveStale = %d, %v, want nil", n, err)
			}

			plan, err := transfer.Sync(transfer.Tree{Bucket: dst}, transfer.Tree{Bucket: src}, nil)
			check(t, err)
			res, err := plan.Apply(t.Context())
			wantFull(t, "a sync", err)
			if res.Copied == 0 || res.Copied >= count || res.Failed == 0 || res.Failed > 50 ||
				res.Deleted != 0 {
				t.Errorf("the sync on the full disk: %+v, want Copied more than 0, Copied less "+
					"than 200, Failed more than 0, Failed at most 50 and Deleted 0", res)
			}
			got := 0
			for e, err := range dst.List(t.Context(), "", nil) {
				check(t, err)
				if e.Name == "gone" {
					continue
				}
				got++
				text, err := files.ReadString(t.Context(), dst, e.Name, nil)
				if err != nil || text != content(e.Name) {
					t.Errorf("%s has %d bytes, %v", e.Name, len(text), err)
				}
			}
			if got != int(res.Copied) {
				t.Errorf("%d files are there, %d were reported, want %v", got, res.Copied,
					int(res.Copied))
			}
			staged, err := filepath.Glob(filepath.Join(dir, controlDir, "s-*", "*"))
			check(t, err)
			for _, path := range staged {
				if !strings.Contains(path, "alive") {
					t.Errorf("%s is left", path)
				}
			}
			check(t, os.Remove(filler))
			res, err = plan.Apply(t.Context())
			if err != nil || res.Equal != int64(got) || res.Copied != int64(count+1-got) ||
				res.Deleted != 1 {
				t.Errorf("the sync with room: %+v, %v, want Equal %v, Copied %v, Deleted 1 and nil",
					res, err, int64(got), int64(count+1-got))
			}
		})
	}
}

// wantFull checks that the error says that the disk is full.
func wantFull(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, files.ErrTooLarge) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%s on a full disk: %v, want ErrTooLarge and ENOSPC", what, err)
	}
}

// TestLargeFileNeedsItsSize: a large file is copied to a disk that has room for 1.2 times
// its size and no more, also if the copy was interrupted.
func TestLargeFileNeedsItsSize(t *testing.T) {
	const size = 15 << 20
	for _, kind := range []mounts.Kind{mounts.Ext4, mounts.Tmpfs} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			disk := mounts.New(t, kind, mounts.Size(32<<20))
			dir := filepath.Join(disk, "bucket")
			check(t, os.Mkdir(dir, 0o777))
			ctx, cancel := context.WithCancel(t.Context())
			var written atomic.Int64
			dst, err := openOver(dir, nil,
				crashfs.Wrap(fsys.OS(), countWrites(&written, size/2, cancel)))
			check(t, err)
			defer dst.Close()
			src := mem.New(nil)
			text := strings.Repeat("0123456789abcdef", size/16)
			putIn(t, src, "large", text, nil)
			putIn(t, dst, "small", "small", nil)
			fill(t, dir)
			filler := filepath.Join(disk, "filler")
			st, err := os.Stat(filler)
			check(t, err)
			check(t, os.Truncate(filler, st.Size()-size*12/10))

			opts := &transfer.Options{ResumeSize: 1 << 20}
			for _, ctx := range []context.Context{ctx, t.Context()} {
				plan, err := transfer.Copy(transfer.Tree{Bucket: dst}, transfer.Tree{Bucket: src},
					opts)
				check(t, err)
				res, err := plan.Apply(ctx)
				if err != nil && !errors.Is(err, context.Canceled) ||
					err == nil && res.Resumed == 0 {
					t.Fatalf("the copy: %+v, %v", res, err)
				}
			}
			if got, _ := fetch(t, dst, "large"); got != text {
				t.Errorf("the file has %d bytes, want %d", len(got), size)
			}
		})
	}
}
