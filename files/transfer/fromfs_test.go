package transfer_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/iofs"
	"cloudfiles.dev/files/transfer"
)

// TestFromFS: a file system is a source in byte order, with times, modes and types, and
// the second plan is empty.
func TestFromFS(t *testing.T) {
	dir, old := t.TempDir(), time.Date(1969, 7, 20, 20, 17, 40, 5e8, time.UTC)
	var want []string
	for _, name := range names[:5] { // a folder can't have "a" beside "a/b"
		write(t, dir, name, "content of "+name, old)
		want = append(want, name)
	}
	src := fromFS(t, os.DirFS(dir), &iofs.Options{StoreModes: true})
	for _, o := range []*transfer.Options{nil, {Compare: transfer.ByStoredTime}} {
		dst := fine()
		plan := must(transfer.Sync(whole(dst), whole(src), o))
		apply(t, plan)
		holds(t, whole(dst), want...)
		plans(t, plan)
		info, err := dst.Stat(t.Context(), "a0", nil)
		if err != nil || !strings.HasPrefix(info.Metadata["mode"], "100") {
			t.Errorf("Stat = %+v, %v, want a mode that begins with 100", info, err)
		}
		if o != nil && info.Metadata["mtime"] != "-14182939.5" {
			t.Errorf("mtime is %q", info.Metadata["mtime"])
		}
	}
	plans(t, must(transfer.Copy(whole(fine()), in(src, "a"), nil)),
		"copy b missing", "copy c/d missing")
	for start, first := range map[string]string{"": "a-b", "a-b": "a.b/c", "a.b/c": "a/b",
		"a/b": "a/c/d", "a/c": "a/c/d", "a/c/d": "a0", "a0": ""} {
		got := ""
		for e, err := range src.List(t.Context(), "", &files.ListOptions{StartAfter: start}) {
			if err != nil {
				t.Fatal(err)
			}
			got = e.Name
			break
		}
		if got != first {
			t.Errorf("after %q the listing has %q, want %q", start, got, first)
		}
	}
	if _, err := files.PutString(t.Context(), src, "x", "x",
		nil); !errors.Is(err, files.ErrPermission) {
		t.Errorf("Put: %v", err)
	}
	gone := fromFS(t, os.DirFS(filepath.Join(dir, "gone")), nil)
	dst := fine()
	put(t, dst, "kept")
	res, err := must(transfer.Sync(whole(dst), whole(gone),
		&transfer.Options{AllowEmptySource: true})).Apply(t.Context())
	is(t, err, files.ErrNoBucket)
	holds(t, whole(dst), "kept")
	if strings.Contains(err.Error(), dir) || res.Deleted != 0 {
		t.Errorf("Apply = %v, %+v, want no path and nothing deleted", err, res)
	}
}

// TestDistantYears: times in distant years don't overflow, and the second plan is empty.
func TestDistantYears(t *testing.T) {
	tree := fstest.MapFS{}
	for _, year := range []int{1600, 1665, 1969, 2038, 2300} {
		tree[time.Date(year, 1, 1, 0, 0, 0, 1, time.UTC).Format("2006")] = &fstest.MapFile{
			Data:    []byte("x"),
			ModTime: time.Date(year, 1, 1, 0, 0, 0, 1, time.UTC),
		}
	}
	for _, compare := range []transfer.Compare{transfer.ByStoredTime, transfer.ByContent} {
		dst := fine()
		plan := must(transfer.Sync(whole(dst), whole(fromFS(t, tree, nil)),
			&transfer.Options{Compare: compare}))
		apply(t, plan)
		plans(t, plan)
	}
	// By default digests decide about a file with a time in the future. There are none
	// here, so the stored time decides.
	for _, o := range []*transfer.Options{nil, {StoreTime: true}} {
		dst := fine()
		plan := must(transfer.Sync(whole(dst), whole(fromFS(t, tree, nil)), o))
		apply(t, plan)
		plans(t, plan)
	}
}

// TestChangedWhileRead: a file that changes while it is read is an error, and the
// target keeps the old file.
func TestChangedWhileRead(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a", "first", time.Unix(1, 0))
	write(t, dir, "b", "fine", time.Unix(1, 0))
	dst := fine()
	put(t, dst, "a=the old file")
	src := fromFS(t, changing{os.DirFS(dir), dir}, nil)
	res, err := must(transfer.Copy(whole(dst), whole(src), nil)).Apply(t.Context())
	is(t, err, files.ErrChanged)
	if res.Failed != 1 || res.Copied != 1 || res.Retries != 1 || !strings.Contains(err.Error(),
		"a") {
		t.Errorf("Apply = %+v, %v, want 1 failed, 1 copied and 1 retry", res, err)
	}
	holds(t, whole(dst), "a=the old file", "b=fine")
}

// changing is a file system whose file "a" changes whenever it is opened.
type changing struct {
	fs.FS
	dir string
}

func (c changing) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	if err != nil || name != "a" {
		return f, err
	}
	return changingFile{f, filepath.Join(c.dir, name)}, nil
}

type changingFile struct {
	fs.File
	path string
}

func (c changingFile) Read(p []byte) (int, error) {
	at := time.Now().Add(time.Hour)
	if err := os.Chtimes(c.path, at, at); err != nil {
		return 0, err
	}
	return c.File.Read(p)
}

func skipped(t *testing.T, p *transfer.Plan) []string {
	t.Helper()
	var all []string
	for c, err := range p.Changes(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Action == transfer.ActionSkip {
			all = append(all, c.Source.Key)
		}
	}
	slices.Sort(all)
	return all
}
