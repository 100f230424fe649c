//go:build unix

package transfer_test

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/iofs"
	"cloudfiles.dev/files/transfer"
)

// TestSpecialFiles: links are only followed with FollowLinks, loops end, and entries
// that aren't files are skipped by name and never opened.
func TestSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "real/file", "content", time.Time{})
	write(t, dir, "bad\x01name", "content", time.Time{})
	for name, target := range map[string]string{
		"link": "real/file", "dirlink": "real", "real/loop": "..", "dangling": "nowhere",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir) // a socket's path has at most about 100 bytes, so it is relative
	socket, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	dst := fine()
	plan := must(transfer.Sync(whole(dst), whole(fromFS(t, os.DirFS(dir), nil)), nil))
	want := []string{"bad\x01name", "dangling", "dirlink", "link", "pipe", "real/loop", "socket"}
	if got := skipped(t, plan); !slices.Equal(got, want) {
		t.Errorf("skipped are %q, want %q", got, want)
	}
	if res := apply(t, plan); res.Skipped != int64(len(want)) || res.Copied != 1 {
		t.Errorf("Result = %+v, want 1 copied and the rest skipped", res)
	}
	holds(t, whole(dst), "real/file=content")

	src := fromFS(t, os.DirFS(dir), &iofs.Options{FollowLinks: true})
	plan = must(transfer.Sync(whole(dst), whole(src), nil))
	want = []string{"bad\x01name", "dangling", "dirlink/loop", "pipe", "real/loop", "socket"}
	if got := skipped(t, plan); !slices.Equal(got, want) {
		t.Errorf("skipped are %q, want %q", got, want)
	}
	apply(t, plan)
	holds(t, whole(dst), "real/file=content", "link=content", "dirlink/file=content")
	if _, err := files.ReadString(t.Context(), src, "pipe",
		nil); files.KindOf(err) != files.ErrNotExist {
		t.Errorf("the pipe: %v", err)
	}
}
