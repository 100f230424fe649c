package local

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// harness returns a Harness that makes each bucket in a new folder.
func harness(opts *Options, sys func() fsys.FS) conformance.Harness {
	return harnessIn(func(t conformance.T) string { return t.TempDir() }, opts, sys)
}

// memoryHarness is harness with folders in memory, for a run of the suite in addition to
// TestConformance, which is on the disk.
func memoryHarness(opts *Options, sys func() fsys.FS) conformance.Harness {
	return harnessIn(func(t conformance.T) string { return memdir.New(t) }, opts, sys)
}

// harnessIn is harness with folders made by the function folder.
func harnessIn(
	folder func(conformance.T) string, opts *Options, sys func() fsys.FS,
) conformance.Harness {
	var folders sync.Map
	openOn := func(t conformance.T, dir string, sys fsys.FS) files.Bucket {
		backend, err := open(dir, opts, sys)
		if err != nil {
			t.Fatalf("open: %v", err)
		}
		b := driver.New(backend)
		folders.Store(b, dir)
		return b
	}
	open := func(t conformance.T, dir string) files.Bucket { return openOn(t, dir, sys()) }
	dirOf := func(b files.Bucket) string {
		dir, _ := folders.Load(b)
		return dir.(string)
	}
	check := func(t conformance.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("a step of the harness failed: %v", err)
		}
	}
	return conformance.Harness{
		Limit:  4 * time.Minute, // all cases that run at once share the disk
		New:    func(t conformance.T) files.Bucket { return open(t, folder(t)) },
		Second: func(t conformance.T, b files.Bucket) files.Bucket { return open(t, dirOf(b)) },
		Damage: func(t conformance.T, b files.Bucket, name string) {
			path := filepath.Join(dirOf(b), filepath.FromSlash(name))
			fi, err := os.Stat(path)
			check(t, err)
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			check(t, err)
			defer f.Close()
			var p [1]byte
			_, err = f.ReadAt(p[:], fi.Size()/2)
			check(t, err)
			p[0] ^= 0x10
			_, err = f.WriteAt(p[:], fi.Size()/2)
			check(t, err)
			check(t, os.Chtimes(path, fi.ModTime(), fi.ModTime())) // otherwise it is an edit
		},
		Append: func(t conformance.T, b files.Bucket, name string, content []byte) {
			path := filepath.Join(dirOf(b), filepath.FromSlash(name))
			check(t, appendTo(path, content))
		},
		Extend: func(t conformance.T, b files.Bucket, name string, size int64) {
			path := filepath.Join(dirOf(b), filepath.FromSlash(name))
			check(t, os.Truncate(path, size))
		},
		Foreign: func(t conformance.T, b files.Bucket, key, content string) {
			path := filepath.Join(dirOf(b), filepath.FromSlash(key))
			check(t, os.MkdirAll(filepath.Dir(path), 0o777))
			check(t, os.WriteFile(path, []byte(content), 0o666))
		},
		ForeignKeys: []string{"t\nab", "d/bell\a", "d/inv\xffalid", "new/\x7f"},
		Root: func(t conformance.T, b files.Bucket, dir string) files.Bucket {
			return openOn(t, filepath.Join(dirOf(b), filepath.FromSlash(dir)), sys())
		},
		Unreadable: func(t conformance.T, b files.Bucket, dir string) files.Bucket {
			closed := filepath.Join(dirOf(b), filepath.FromSlash(dir))
			return openOn(t, dirOf(b), &hookFS{FS: sys(), closed: closed})
		},
		Leftovers: func(t conformance.T, b files.Bucket) int {
			n := 0
			filepath.WalkDir(filepath.Join(dirOf(b), ".cloudfiles.attrs"),
				func(path string, d fs.DirEntry, err error) error {
					if err == nil && !d.IsDir() &&
						strings.HasPrefix(filepath.Base(filepath.Dir(path)),
							"s-") && d.Name() != "alive.attrs" {
						n++
					}
					return nil
				})
			return n
		},
		Vanish: func(t conformance.T, b files.Bucket) { check(t, os.RemoveAll(dirOf(b))) },
		Link: func(t conformance.T, b files.Bucket, name string) {
			path := filepath.Join(dirOf(b), filepath.FromSlash(name))
			target := filepath.Join(t.TempDir(), "outside")
			check(t, os.WriteFile(target, []byte("outside"), 0o666))
			check(t, os.MkdirAll(filepath.Dir(path), 0o777))
			check(t, os.Symlink(target, path))
		},
		URL: func(t conformance.T) string {
			return (&url.URL{Scheme: "file", Path: filepath.ToSlash(folder(t))}).String()
		},
		Secrets: func(b files.Bucket) []string { return []string{dirOf(b)} },
	}
}

func TestConformance(t *testing.T) { conformance.Run(t, harness(nil, fsys.OS)) }

// TestConformanceOptions runs the suite with each option that changes what is written.
// Without the long tests, it runs only the rules that the option can break. Staging
// without a sync and listings with sidecars depend on the kind of the file system, so
// they are on the disk; the driver writes less with metadata=skip, in the same way on
// each kind.
func TestConformanceOptions(t *testing.T) {
	if testing.Short() {
		t.Skip("long: the whole suite several times")
	}
	for name, c := range map[string]struct {
		harness func(*Options, func() fsys.FS) conformance.Harness
		opts    *Options
		cases   string
	}{
		"sync=none":      {harness, &Options{NoSync: true}, "^(P1|P4|P5|P8|P9|C|D)"},
		"sidecar=always": {harness, &Options{AlwaysSidecar: true, NoSync: true}, ""},
		"metadata=skip":  {memoryHarness, &Options{SkipMetadata: true, NoSync: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rerun.Part(t, c.harness(c.opts, fsys.OS), c.cases)
		})
	}
}

// TestConformanceFileSystems runs the suite on file systems that lack something.
// Without the long tests, it runs the rules that each lack can break, and most of them
// for two together.
//
// Whether attributes are refused and renames cross mounts is decided by hookFS, above the
// file system, so these are in memory. Times and listings are the file system's own: how
// a folder is read depends on its kind and on how fine its times are. So coarse times are
// also on the disk.
func TestConformanceFileSystems(t *testing.T) {
	if testing.Short() {
		t.Skip("long: the whole suite several times")
	}
	for name, c := range map[string]struct {
		hookFS
		cases string
	}{
		"no attributes":                {hookFS{noXattr: true}, "^(V|P5|P6|P7|G2|S|L5|C)"},
		"coarse times":                 {hookFS{times: coarse}, "^(V|P9|G8|S|L1|L5|D2)"},
		"coarse times, no attributes":  {hookFS{times: coarse, noXattr: true}, ""},
		"another mount":                {hookFS{mount: true}, "^(P1|P2|P8|P9|C|D)"},
		"another mount, no attributes": {hookFS{mount: true, noXattr: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.FS = fsys.OS()
			sys := func() fsys.FS { return &c.hookFS }
			make := memoryHarness
			if name == "coarse times" {
				make = harness
			}
			rerun.Part(t, make(&Options{NoSync: true}, sys), c.cases)
		})
	}
}
