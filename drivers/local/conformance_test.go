package local

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/internal/suite"
)

// harness makes buckets in folders of their own.
func harness(opts *Options, sys func() fsys.FS) conformance.Harness {
	return harnessIn(func(t conformance.T) string { return t.TempDir() }, opts, sys)
}

// harnessIn is harness for folders that lie somewhere else.
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
			t.Fatalf("%v", err)
		}
	}
	return conformance.Harness{
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
			check(t, os.Chtimes(path, fi.ModTime(), fi.ModTime())) // else it is an edit
		},
		Append: func(t conformance.T, b files.Bucket, name string, content []byte) {
			path := filepath.Join(dirOf(b), filepath.FromSlash(name))
			check(t, appendTo(path, content))
		},
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
func TestConformanceOptions(t *testing.T) {
	if testing.Short() {
		t.Skip("long: the whole suite several times")
	}
	for name, opts := range map[string]*Options{
		"sync=none":      {NoSync: true},
		"sidecar=always": {AlwaysSidecar: true, NoSync: true},
		"metadata=skip":  {SkipMetadata: true, NoSync: true},
	} {
		t.Run(name, func(t *testing.T) { suite.Part(t, harness(opts, fsys.OS), "") })
	}
}

// TestConformanceFileSystems runs the suite on file systems that lack something.
func TestConformanceFileSystems(t *testing.T) {
	if testing.Short() {
		t.Skip("long: the whole suite several times")
	}
	hooked := func(h hookFS) func() fsys.FS {
		h.FS = fsys.OS()
		return func() fsys.FS { return &h }
	}
	for name, sys := range map[string]func() fsys.FS{
		"no attributes":                hooked(hookFS{noXattr: true}),
		"coarse times":                 hooked(hookFS{times: coarse}),
		"coarse times, no attributes":  hooked(hookFS{times: coarse, noXattr: true}),
		"another mount":                hooked(hookFS{mount: true}),
		"another mount, no attributes": hooked(hookFS{mount: true, noXattr: true}),
	} {
		t.Run(name, func(t *testing.T) { suite.Part(t, harness(&Options{NoSync: true}, sys), "") })
	}
}
