package local

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// busyDir reads in small pieces. It calls between after each piece, and onLstat before
// each Lstat, which several goroutines may call concurrently.
type busyDir struct {
	fsys.Dir
	between, onLstat func()
}

func (d *busyDir) OpenDir(path string) (fsys.Dir, error) {
	sub, err := d.Dir.OpenDir(path)
	return &busyDir{sub, d.between, d.onLstat}, err
}

func (d *busyDir) ReadDir(buf []byte, each func([]byte, fsys.Type)) (bool, error) {
	more, err := d.Dir.ReadDir(buf[:4096], each)
	d.between()
	return more, err
}

func (d *busyDir) Lstat(name string) (fsys.Stat, error) {
	d.onLstat()
	return d.Dir.Lstat(name)
}

// mover renames and replaces the files of a folder as the driver does.
type mover struct {
	t     *testing.T
	dir   string
	rnd   *rand.Rand
	names []string
	n     int
}

func (m *mover) rename(from, to string) {
	if err := os.Rename(filepath.Join(m.dir, from), filepath.Join(m.dir, to)); err != nil {
		m.t.Error(err)
	}
}

// step gives one file its other name, or the first one back, or replaces it, or makes
// or removes a file that the test doesn't expect.
func (m *mover) step() {
	name := m.names[m.rnd.IntN(len(m.names))]
	place, other := name, leafName(name)
	if fi, err := os.Lstat(filepath.Join(m.dir, place)); err != nil || fi.IsDir() {
		place, other = other, place
	}
	switch m.rnd.IntN(3) {
	case 0:
		m.n++
		staged := filepath.Join("..", fmt.Sprint("staged", m.n))
		if err := os.WriteFile(filepath.Join(m.dir, staged), nil, 0o666); err != nil {
			m.t.Error(err)
		}
		m.rename(staged, place)
	case 1:
		if other == name {
			if err := os.RemoveAll(filepath.Join(m.dir, name)); err != nil {
				m.t.Error(err)
			}
		}
		m.rename(place, other)
		if place == name {
			write(m.t, m.dir, name+"/below", "")
		}
	case 2:
		p := filepath.Join(m.dir, fmt.Sprint("churn", m.rnd.IntN(100)))
		if os.Remove(p) != nil {
			write(m.t, p, "", "")
		}
	}
}

// testFolders returns a folder on the usual file system and, if there is one, a folder
// in memory.
func testFolders(t *testing.T) []string {
	dirs := []string{t.TempDir()}
	if d, err := os.MkdirTemp("/dev/shm", "walk"); err == nil {
		t.Cleanup(func() { os.RemoveAll(d) })
		dirs = append(dirs, d)
	}
	return dirs
}

// Files that are replaced, and renamed to make room for a folder and back, between any
// two system calls of the listing, are yielded once each (L4).
func TestWalkWhileFilesMove(t *testing.T) {
	for _, parent := range testFolders(t) {
		dir := filepath.Join(parent, "bucket")
		m := &mover{t: t, dir: dir, rnd: rand.New(rand.NewPCG(3, 4))}
		for i := range 500 {
			m.names = append(m.names, fmt.Sprintf("steady-%03d", i))
			write(t, dir, m.names[i], "")
		}
		var mu sync.Mutex // of m, and the count
		lstats := 0
		step := func(called int) {
			mu.Lock()
			defer mu.Unlock()
			if lstats += called; called == 0 || lstats%40 == 0 {
				m.step()
			}
		}
		root := &busyDir{
			Dir:     openRoot(t, dir),
			between: func() { step(0) },
			onLstat: func() { step(1) },
		}
		for n := range 12 {
			got := map[string]int{}
			last := ""
			for e, err := range testWalker(linuxRules).list(t.Context(), root,
				driver.ListRequest{NamesOnly: n%4 == 3}) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Name <= last {
					t.Fatalf("%q comes after %q", e.Name, last)
				}
				last = e.Name
				got[e.Name]++
			}
			for _, name := range m.names {
				if got[name] != 1 {
					t.Fatalf("listing %d of %s yields %q %d times, want once", n, parent, name,
						got[name])
				}
			}
		}
	}
}

// Names that don't change are yielded once each, whatever goroutines do to other names,
// and without an error.
func TestWalkDuringChange(t *testing.T) {
	for _, dir := range testFolders(t) {
		var steady []string
		for i := range 300 {
			name := fmt.Sprintf("d%d/steady-%03d", i%3, i)
			steady = append(steady, name)
			write(t, dir, name, "")
		}
		done := make(chan struct{})
		var wg sync.WaitGroup
		for g := range 3 {
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(g), 1))
				for {
					select {
					case <-done:
						return
					default:
					}
					sub := filepath.Join(dir, fmt.Sprintf("d%d", rnd.IntN(4)))
					file := filepath.Join(sub, fmt.Sprintf("x%d-%d", g, rnd.IntN(50)))
					switch rnd.IntN(4) {
					case 0:
						os.MkdirAll(filepath.Join(file, "y"), 0o777)
					case 1:
						os.RemoveAll(file)
					default:
						os.MkdirAll(sub, 0o777)
						os.WriteFile(file, nil, 0o666)
					}
				}
			})
		}
		w, root := testWalker(linuxRules), &busyDir{openRoot(t, dir), func() {}, func() {}}
		for n := range 25 {
			req := driver.ListRequest{NamesOnly: n%2 == 0, Foreign: n%7 == 0}
			var got []string
			for e, err := range w.list(t.Context(), root, req) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, e.Name)
			}
			if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Fatalf("listing %d is out of order or repeats", n)
			}
			for _, name := range steady {
				if _, ok := slices.BinarySearch(got, name); !ok {
					t.Fatalf("listing %d lacks %q", n, name)
				}
			}
			dirs := collect(t, w, root, driver.ListRequest{Shallow: true})
			for _, d := range []string{"d0/", "d1/", "d2/"} {
				if !slices.Contains(dirs, d) {
					t.Fatalf("a shallow listing lacks %q: %q", d, dirs)
				}
			}
		}
		close(done)
		wg.Wait()
	}
}

// A file that is removed between the reading of its folder and its Lstat is ignored,
// and what replaces it counts only if it is a file.
func TestWalkVanished(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(dir string) error
		want   []string
	}{
		{"file deleted", func(d string) error { return os.Remove(d + "/b") }, []string{"a", "c/d"}},
		{
			"folder deleted",
			func(d string) error { return os.RemoveAll(d + "/c") },
			[]string{"a", "b"},
		},
		{
			"link instead",
			func(d string) error { os.Remove(d + "/b"); return os.Symlink("a", d+"/b") },
			[]string{"a", "c/d"},
		},
		{
			"file instead of folder",
			func(d string) error {
				os.RemoveAll(d + "/c")
				return os.WriteFile(d+"/c", nil, 0o666)
			},
			[]string{"a", "b"},
		},
		{
			"link instead of folder",
			func(d string) error { os.RemoveAll(d + "/c"); return os.Symlink("/", d+"/c") },
			[]string{"a", "b"},
		},
		{
			"moved aside",
			func(d string) error { return os.Rename(d+"/b", d+"/%cf-l-b") },
			[]string{"a", "b", "c/d"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, n := range []string{"a", "b", "c/d"} {
				write(t, dir, n, "")
			}
			var got []string
			for e, err := range testWalker(linuxRules).list(t.Context(), openRoot(t, dir),
				driver.ListRequest{}) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Name == "a" {
					if err := c.change(dir); err != nil {
						t.Fatal(err)
					}
				}
				got = append(got, e.Name)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// An entry of a folder takes 16 bytes and its name.
func TestWalkPeakPerEntry(t *testing.T) {
	f, want := &dirContent{}, filter{room: files.MaxName}
	for i := range 1000 {
		f.add(&want, fmt.Appendf(nil, "%04d", i*7919%1000), false, basePath)
	}
	f.sort()
	if len(f.names) != 4000 || len(f.items) != 1000 {
		t.Fatalf("1000 entries take %d bytes of names and %d items, want 4000 and 1000",
			len(f.names), len(f.items))
	}
	for i, it := range f.items {
		if string(f.text(it)) != fmt.Sprintf("%04d", i) {
			t.Fatalf("item %[2]d is %[1]q", f.text(it), i)
		}
	}
}
