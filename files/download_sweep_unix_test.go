//go:build linux || darwin

package files_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// leaveDownload makes what a killed download leaves, and returns its path.
func leaveDownload(t *testing.T, dir string, n int) string {
	t.Helper()
	path := filepath.Join(dir, fmt.Sprintf(".download-%016x.tmp", n))
	if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func isThere(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Lstat(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return err == nil
}

// TestDownloadSweepsLargeFolder: a download removes every leftover, wherever it is among
// the files of a large folder, and no other file.
func TestDownloadSweepsLargeFolder(t *testing.T) {
	dir := t.TempDir()
	const many = 2500
	for i := range many {
		path := filepath.Join(dir, fmt.Sprint("file", i))
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if i%40 == 0 {
			leaveDownload(t, dir, i)
		}
	}
	b := mem.New(nil)
	put(t, b, "a", "text")
	if _, err := files.DownloadFile(ctx, b, "a", filepath.Join(dir, "target"), nil); err != nil {
		t.Fatal(err)
	}
	names := folder(t, dir)
	for _, name := range names {
		if strings.HasPrefix(name, ".download-") {
			t.Errorf("%s is left", name)
		}
	}
	if len(names) != many+1 {
		t.Errorf("the folder has %d files, want %d", len(names), many+1)
	}
}

// TestDownloadSweepsAgain: a leftover is removed also if it appears after a download to
// the same folder, and though that download had many to remove.
func TestDownloadSweepsAgain(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	for _, before := range []int{0, 500} {
		dir := t.TempDir()
		for i := range before {
			leaveDownload(t, dir, i)
		}
		left := ""
		for begun := time.Now(); ; {
			_, err := files.DownloadFile(ctx, b, "a", filepath.Join(dir, "target"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if left == "" {
				left = leaveDownload(t, dir, 1)
			} else if !isThere(t, left) {
				break
			} else if time.Since(begun) > time.Minute {
				t.Fatal("the leftover is still there after a minute of downloads")
			}
		}
	}
}

// TestDownloadKeepsOtherFiles: a download removes no file whose name only looks like that
// of a leftover.
func TestDownloadKeepsOtherFiles(t *testing.T) {
	dir := t.TempDir()
	left := leaveDownload(t, dir, 1)
	const random = "0123456789abcdef"
	var kept []string
	for _, name := range []string{
		".download-" + random,
		random + ".tmp",
		random,
		"x.download-" + random + ".tmp",
		".download-" + random + ".tmp.x",
		".download-" + random + "0.tmp",
		".download-" + random[1:] + ".tmp",
		".download-" + random[1:] + "g.tmp",
		".download-" + strings.ToUpper(random) + ".tmp",
		".download-.tmp",
		".download-",
		".tmp",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, path)
	}
	b := mem.New(nil)
	put(t, b, "a", "text")
	if _, err := files.DownloadFile(ctx, b, "a", filepath.Join(dir, "target"), nil); err != nil {
		t.Fatal(err)
	}
	for _, path := range kept {
		if !isThere(t, path) {
			t.Errorf("%s is removed", path)
		}
	}
	if isThere(t, left) {
		t.Error("the leftover is still there")
	}
}

// TestDownloadSweepsRarely: a folder that takes long to search isn't searched by each
// download. Another folder is.
func TestDownloadSweepsRarely(t *testing.T) {
	m := mem.New(nil)
	put(t, m, "a", "text")
	b := files.Wrap(m, files.Hooks{ // so that nothing takes long but the search
		Body: func(context.Context, *files.Call, io.Reader) io.Reader {
			return &broken{"te", errBroken}
		},
	})
	download := func(dir string) {
		_, err := files.DownloadFile(ctx, b, "a", filepath.Join(dir, "target"), nil)
		is(t, err, errBroken)
	}
	// A pause of the whole program may be long enough for another search.
	for range 20 {
		dir, other := t.TempDir(), t.TempDir()
		var first string
		for i := range 500 {
			first = leaveDownload(t, dir, i)
		}
		leftOther := leaveDownload(t, other, 1)
		download(dir)
		if isThere(t, first) {
			t.Fatal("the first download removed nothing")
		}
		left := leaveDownload(t, dir, 1)
		download(dir)
		kept := isThere(t, left)
		download(other)
		if isThere(t, leftOther) {
			t.Fatal("a download to another folder removed nothing")
		}
		if kept {
			return
		}
	}
	t.Error("each download searched the large folder")
}
