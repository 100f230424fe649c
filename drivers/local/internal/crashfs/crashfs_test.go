package crashfs

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// opened opens a new folder with the hook.
func opened(t *testing.T, hook Hook) (*FS, fsys.Dir) {
	t.Helper()
	sys := Wrap(fsys.OS(), hook)
	d, err := sys.OpenRoot(t.TempDir())
	must(t, err)
	t.Cleanup(func() { d.Close() })
	return sys, d
}

func write(t *testing.T, d fsys.Dir, name, content string, sync bool) {
	t.Helper()
	f, err := d.Create(name)
	must(t, err)
	_, err = f.Write([]byte(content))
	must(t, err)
	if sync {
		must(t, f.Sync())
	}
	must(t, f.Close())
}

func TestEveryKindIsNamed(t *testing.T) {
	var names []string
	for k := range kinds {
		if k.String() == "" || slices.Contains(names, k.String()) {
			t.Errorf("kind %d has the name %q, want a name of its own", k, k)
		}
		names = append(names, k.String())
	}
}

func TestFaulterFailsNthOperation(t *testing.T) {
	var f Faulter
	sys, d := opened(t, f.Hook)
	broken := errors.New("broken")
	f.FailAt(2, broken, Create, Mkdir)
	write(t, d, "a", "x", true)
	if err := d.Mkdir("b", 0o777); err != broken {
		t.Errorf("the second operation = %v, want broken", err)
	}
	must(t, d.Mkdir("b", 0o777))
	if n, k := f.Count(); n != 3 || k != Mkdir {
		t.Errorf("Count = %d, %v, want 3, Mkdir", n, k)
	}
	f.Fail(broken, Unlink)
	for range 2 {
		if err := d.Unlink("a"); err != broken {
			t.Errorf("Unlink = %v, want broken", err)
		}
	}
	f.Set(nil)
	must(t, d.Unlink("a"))
	if n := sys.Open(); n != 1 {
		t.Errorf("Open() = %d, want 1, the root", n)
	}
}

// A power failure leaves what the order of syncs allows, with every Survival.
func TestImageKeepsWhatWasSynced(t *testing.T) {
	tests := []struct {
		name    string
		do      func(t *testing.T, d fsys.Dir)
		nothing map[string]string // what is left if nothing unsynced survives
		never   []string          // contents that "f" never has
		always  []string          // one of these is in every image
	}{
		{
			"nothing synced",
			func(t *testing.T, d fsys.Dir) { write(t, d, "f", "new", false) },
			map[string]string{},
			nil,
			nil,
		},
		{
			"the file alone",
			func(t *testing.T, d fsys.Dir) { write(t, d, "f", "new", true) },
			map[string]string{},
			[]string{"", "\x00\x00\x00"},
			nil,
		},
		{
			"the folder alone",
			func(t *testing.T, d fsys.Dir) { write(t, d, "f", "new", false); must(t, d.Sync()) },
			map[string]string{"f": ""},
			nil,
			[]string{"f"},
		},
		{"replaced", func(t *testing.T, d fsys.Dir) {
			write(t, d, "f", "old", true)
			must(t, d.Sync())
			write(t, d, "t", "new", true)
			must(t, d.Rename("t", d, "f"))
		}, map[string]string{"f": "old"}, []string{"", "\x00\x00\x00"}, []string{"f"}},
		{"renamed in a folder", func(t *testing.T, d fsys.Dir) {
			write(t, d, "f", "old", true)
			must(t, d.Sync(), d.Rename("f", d, "g"))
		}, map[string]string{"f": "old"}, nil, []string{"f", "g"}},
		{"moved to another folder, which alone is synced", func(t *testing.T, d fsys.Dir) {
			write(t, d, "f", "old", true)
			must(t, d.Mkdir("d", 0o777), d.Sync())
			e, err := d.OpenDir("d")
			must(t, err, d.Rename("f", e, "g"), e.Sync(), e.Close())
		}, map[string]string{"f": "old", "d/g": "old"}, nil, []string{"d/g"}},
		{"moved to another folder, the first alone is synced", func(t *testing.T, d fsys.Dir) {
			write(t, d, "f", "old", true)
			must(t, d.Mkdir("d", 0o777), d.Sync())
			e, err := d.OpenDir("d")
			must(t, err, d.Rename("f", e, "g"), d.Sync(), e.Close())
		}, map[string]string{"d/g": "old"}, nil, []string{"d/g"}},
		{"a new folder without its parent's sync", func(t *testing.T, d fsys.Dir) {
			must(t, d.Mkdir("d", 0o777))
			e, err := d.OpenDir("d")
			must(t, err)
			write(t, e, "f", "new", true)
			must(t, e.Sync(), e.Close())
		}, map[string]string{}, nil, nil},
		{"removed with its folder", func(t *testing.T, d fsys.Dir) {
			must(t, d.Mkdir("d", 0o777))
			e, err := d.OpenDir("d")
			must(t, err)
			write(t, e, "g", "old", true)
			must(t, e.Sync(), d.Sync(), e.Unlink("g"), e.Close(), d.Rmdir("d"), d.Sync())
		}, map[string]string{}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r Recorder
			_, d := opened(t, r.Hook)
			tt.do(t, d)
			must(t, r.Err())
			if got := left(t, played(&r).Image(Nothing, nil)); !equal(got, tt.nothing) {
				t.Errorf("the image is %q, want %q", got, tt.nothing)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			for range 30 {
				for _, s := range Survivals[1:] {
					got := left(t, played(&r).Image(s, rng))
					if c, ok := got["f"]; ok && slices.Contains(tt.never, c) {
						t.Errorf("with %v unsynced, f is %q", s, c)
					}
					if tt.always != nil && !slices.ContainsFunc(tt.always, func(n string) bool {
						_, ok := got[n]
						return ok
					}) {
						t.Errorf("with %v unsynced, the image is %q, want one of %q", s, got,
							tt.always)
					}
				}
			}
		})
	}
}

// played returns the disk at the end of a recording.
func played(r *Recorder) *Disk {
	d := r.Disk()
	for ok := true; ok; {
		_, ok = d.Step()
	}
	return d
}

// left writes an image and reads its files.
func left(t *testing.T, im *Image) map[string]string {
	t.Helper()
	dir := t.TempDir()
	must(t, im.Write(dir))
	all := map[string]string{}
	for _, pattern := range []string{"*", "*/*"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		must(t, err)
		for _, p := range paths {
			if b, err := os.ReadFile(p); err == nil {
				rel, err := filepath.Rel(dir, p)
				must(t, err)
				all[filepath.ToSlash(rel)] = string(b)
			}
		}
	}
	return all
}

func equal(a, b map[string]string) bool {
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return len(a) == len(b)
}
