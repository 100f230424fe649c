package files_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// lyingFS lists the given entries in every directory; every other name opens a file.
type lyingFS struct{ entries []fs.DirEntry }

func (l lyingFS) Open(name string) (fs.File, error) {
	return fstest.MapFS{"f": {Data: []byte("x")}}.Open("f")
}

func (l lyingFS) Stat(string) (fs.FileInfo, error)      { return lie{name: ".", dir: true}, nil }
func (l lyingFS) ReadDir(string) ([]fs.DirEntry, error) { return l.entries, nil }

type lie struct {
	name string
	dir  bool
}

func (l lie) Name() string               { return l.name }
func (l lie) IsDir() bool                { return l.dir }
func (l lie) Size() int64                { return 1 }
func (l lie) ModTime() time.Time         { return time.Time{} }
func (l lie) Sys() any                   { return nil }
func (l lie) Type() fs.FileMode          { return l.Mode().Type() }
func (l lie) Info() (fs.FileInfo, error) { return l, nil }
func (l lie) Mode() fs.FileMode {
	if l.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

// TestPutFSLies: PutFS refuses a listing that has entries from elsewhere, has one name
// twice or never ends. The error names the entry, and nothing of that directory is
// stored.
func TestPutFSLies(t *testing.T) {
	file := func(name string) fs.DirEntry { return lie{name: name} }
	dir := func(name string) fs.DirEntry { return lie{name: name, dir: true} }
	for what, c := range map[string]struct {
		entries []fs.DirEntry
		named   string
	}{
		"a file of an absolute path": {[]fs.DirEntry{file("good"), file("/abs")}, "/abs"},
		"a directory of one":         {[]fs.DirEntry{file("good"), dir("/abs")}, "/abs"},
		"the parent":                 {[]fs.DirEntry{file("good"), dir("..")}, ".."},
		"a file that is the parent":  {[]fs.DirEntry{file("good"), file("..")}, ".."},
		"itself":                     {[]fs.DirEntry{file("good"), dir(".")}, "."},
		"nothing":                    {[]fs.DirEntry{file("good"), dir("")}, ""},
		"a file of no name":          {[]fs.DirEntry{file("good"), file("")}, ""},
		"two elements":               {[]fs.DirEntry{file("good"), file("a/b")}, "a/b"},
		"two, above":                 {[]fs.DirEntry{file("good"), dir("a/../..")}, "a/../.."},
		"one file twice":             {[]fs.DirEntry{file("a"), file("good"), file("a")}, "a"},
		"a file and a directory":     {[]fs.DirEntry{file("a"), file("good"), dir("a")}, "a"},
		"nil":                        {[]fs.DirEntry{file("good"), nil}, ""},
		"an endless depth":           {[]fs.DirEntry{dir("a")}, "a/a/a/a"},
		"a cycle of two":             {[]fs.DirEntry{dir("a"), dir("b")}, "a/a/a/a"},
	} {
		for _, under := range []string{"", "dir"} {
			b := mem.New(nil)
			res, err := files.PutFS(ctx, b, under, lyingFS{c.entries}, nil)
			is(t, err, files.ErrInvalidName)
			e, ok := errors.AsType[*files.Error](err)
			if !ok || !strings.Contains(e.Name+" "+e.Detail, c.named) ||
				!strings.HasPrefix(e.Name, under) {
				t.Errorf("%s: %v doesn't name %q below %q", what, err, c.named, under)
			}
			if res.Files != 0 || len(contents(t, b)) != 0 {
				t.Errorf("%s: %+v is stored", what, res)
			}
		}
	}
}

// TestPutFSLeftovers: PutFS doesn't store files that a killed DownloadFile left in a
// folder.
func TestPutFSLeftovers(t *testing.T) {
	b := mem.New(nil)
	res, err := files.PutFS(ctx, b, "", fstest.MapFS{
		"a":                                {Data: []byte("x")},
		"d/.download-0123456789abcdef.tmp": {Data: []byte("half")},
		".download-notes.tmp":              {Data: []byte("mine")},
	}, nil)
	if err != nil || res.Files != 2 || res.Skipped != 1 {
		t.Errorf("PutFS = %+v, %v, want no error, Files 2 and Skipped 1", res, err)
	}
	has(t, b, ".download-notes.tmp", "mine")
}
