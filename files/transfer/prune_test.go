package transfer_test

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// TestExcludedFoldersAreSkipped: a plan is the same, whether the buckets skip the folders
// in which a filter takes nothing, or list them, which they do below a layer: for random
// trees and random filters, on a disk, in memory, and on an fs.FS.
func TestExcludedFoldersAreSkipped(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	elem := func() string { return pick("a", "b", "ab", "a-b", "a.b", ".git", "node_modules") }
	path := func(most int) string {
		elems := []string{elem()}
		for range r.IntN(most) {
			elems = append(elems, elem())
		}
		return strings.Join(elems, "/")
	}
	file := func() string {
		if r.IntN(8) == 0 { // a leftover
			return path(3) + "/.download-0123456789abcdef.tmp"
		}
		return path(4)
	}
	pattern := func() string {
		elems := make([]string, 1+r.IntN(3))
		for i := range elems {
			elems[i] = pick(elem(), elem(), elem(), "*", "a*", "?", "**", "[!a]")
		}
		return pick("", "", "/") + strings.Join(elems, "/") + pick("", "", "/")
	}
	shorter := 0
	for round := range 150 {
		mem := fine()
		disk, dir := folder(t)
		other := fine()
		for range 40 {
			name := file()
			if round%2 == 0 {
				files.PutString(t.Context(), other, name, "old", nil) // or a folder has the name
			}
			if _, err := files.PutString(t.Context(), mem, name, "x", nil); err != nil {
				continue // a file has the name of a folder
			}
			files.PutString(t.Context(), disk, name, "x", nil)
		}
		os.WriteFile(filepath.Join(dir, "a", "raw\x01"), nil, 0o666) // if there is the folder
		options := &transfer.Options{
			Compare:        transfer.BySize,
			DeleteExcluded: r.IntN(4) == 0,
		}
		for range 1 + r.IntN(4) {
			options.Filter = append(options.Filter, pick("- ", "- ", "+ ")+pattern())
		}
		sub := pick("", "", "a", "a/b")
		for what, src := range map[string]files.Bucket{
			"memory": mem,
			"disk":   disk,
			"fs.FS":  fromFS(t, os.DirFS(dir), nil),
		} {
			all := func(b files.Bucket) files.Bucket { b, _ = counted(b); return b }
			sync := func(dst, src files.Bucket) []string {
				t.Helper()
				got, err := lines(t, must(transfer.Sync(in(dst, sub), in(src, sub), options)))
				if err != nil {
					got = append(got, err.Error())
				}
				return got
			}
			want, got := sync(all(other), all(src)), sync(other, src)
			if !slices.Equal(got, want) {
				t.Fatalf("round %d, %s, %q in %q: the plan is\n%s\nand without skipping\n%s", round,
					what, options.Filter, sub, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if len(want) > 0 {
				shorter++
			}
		}
	}
	if shorter < 100 {
		t.Errorf("%d plans have changes, want at least 100", shorter)
	}
}

// openedFS notes what is opened.
type openedFS struct {
	fs.FS
	mu     sync.Mutex
	opened []string
}

func (o *openedFS) Open(name string) (fs.File, error) {
	o.mu.Lock()
	o.opened = append(o.opened, name)
	o.mu.Unlock()
	return o.FS.Open(name)
}

// TestExcludedFolderNeedNotBeReadable: a folder in which a filter takes nothing is not
// opened, so it may be unreadable. A folder in which a file may be taken is.
func TestExcludedFolderNeedNotBeReadable(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/1", "a/locked/2", "a/locked/keep/3", "z"} {
		write(t, dir, name, "content of "+name, time.Now().Add(-time.Hour))
	}
	for filter, skipped := range map[string]bool{
		"- locked/":                    true,
		"- locked":                     true,
		"- **/locked/**":               true,
		"- /a/*/":                      true,
		"- a/locked/*":                 true,
		"+ /a/l*/3;+ /a/1;+ z":         false,
		"+ a/1;+ /z":                   true,
		"+ b/keep/3;- locked/":         true,
		"+ a/locked/keep/;- locked/":   false,
		"+ **/3;- locked/":             false,
		"- *.tmp":                      false,
		"- a/locked/*/":                false,
		"- lock;+ a/1;+ /z;- a/locked": true,
	} {
		opened := &openedFS{FS: lockedFS{os.DirFS(dir), "a/locked"}}
		src := fromFS(t, opened, nil)
		dst := fine()
		o := &transfer.Options{Filter: strings.Split(filter, ";")}
		_, err := must(transfer.Copy(whole(dst), whole(src), o)).Apply(t.Context())
		was := !slices.Contains(opened.opened, "a/locked")
		if was != skipped || (err == nil) != skipped {
			t.Errorf("%q: the folder was skipped: %v, %v, want %v", filter, was, err, skipped)
		}
		if skipped {
			holds(t, whole(dst), "a/1", "z")
		}
	}
}
