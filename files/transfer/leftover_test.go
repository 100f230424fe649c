package transfer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
)

// TestLeftovers: what an unfinished download has left in a folder is neither copied nor
// deleted, and names that only look like it are files.
func TestLeftovers(t *testing.T) {
	src, from := folder(t)
	dst, to := folder(t)
	big := fine()
	putBytes(t, big, "big", random(1, largeSize), nil)
	cut := readsOf(big)
	var left []string
	for _, dir := range []string{from, to} {
		cut.n.Store(0)
		cut.most.Store(largeSize / 2)
		_, err := resume.Download(t.Context(), cut, "big", filepath.Join(dir, "big"),
			&resume.DownloadOptions{Concurrency: 1})
		is(t, err, errCut)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		left = nil
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".resume-") {
				left = append(left, e.Name())
			}
		}
		if len(left) != 2 {
			t.Fatalf("the download has left %q", left)
		}
	}
	const temp = ".download-0123456789abcdef.tmp"
	put(t, src, "a", temp, "sub/"+temp, "x"+temp, ".resume-0123.part")
	plans(t, must(transfer.Sync(whole(dst), whole(src), nil)),
		"skip "+temp+" leftover", "copy .resume-0123.part missing",
		"skip "+left[0]+" leftover", "skip "+left[1]+" leftover",
		"copy a missing", "skip sub/"+temp+" leftover", "copy x"+temp+" missing")
	apply(t, must(transfer.Sync(whole(dst), whole(src), nil)))
	if err := os.Remove(filepath.Join(from, left[0])); err != nil {
		t.Fatal(err)
	}
	plans(t, must(transfer.Sync(whole(dst), whole(src), nil)),
		"skip "+temp+" leftover", "skip "+left[1]+" leftover", "skip sub/"+temp+" leftover")
	for _, name := range left {
		if _, err := os.Stat(filepath.Join(to, name)); err != nil {
			t.Error(err)
		}
	}
}
