package memdir

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/conformance/longtest"
)

// fake is a test that ends when its end is called.
type fake struct {
	*testing.T
	cleanups []func()
	failed   []string
}

func (f *fake) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }

func (f *fake) Errorf(format string, args ...any) {
	f.failed = append(f.failed, fmt.Sprintf(format, args...))
}

func (f *fake) end() {
	for i := len(f.cleanups) - 1; i >= 0; i-- {
		f.cleanups[i]()
	}
}

// base returns a new folder in memory for a test's parents.
func base(t *testing.T) string {
	if !hasRoom(shm, 64<<20) {
		t.Skip("no room in /dev/shm")
	}
	dir, err := os.MkdirTemp(shm, "memdir-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func names(t *testing.T, dir string) string {
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// TestInMemory: each test has a folder of its own, and nothing is left when all have ended.
func TestInMemory(t *testing.T) {
	base := base(t)
	one, two := &fake{T: t}, &fake{T: t}
	a, okA := inMemory(one, base, 1)
	b, okB := inMemory(two, base, 1)
	if !okA || !okB {
		t.Skip("no attributes on this tmpfs")
	}
	if a == b || filepath.Dir(a) != filepath.Dir(b) || filepath.Dir(filepath.Dir(a)) != base {
		t.Errorf("the folders are %s and %s", a, b)
	}
	if err := os.WriteFile(filepath.Join(a, "f"), []byte("x"), 0o666); err != nil {
		t.Error(err)
	}
	one.end()
	if _, err := os.Lstat(a); !os.IsNotExist(err) {
		t.Errorf("after the first test: %v", err)
	}
	if _, err := os.Lstat(b); err != nil {
		t.Errorf("while the second test runs: %v", err)
	}
	two.end()
	if left := names(t, base); left != "" {
		t.Errorf("after both tests there is %s", left)
	}
	if len(one.failed)+len(two.failed) > 0 {
		t.Errorf("it reported %q and %q", one.failed, two.failed)
	}
}

// TestFolderIsInMemoryWithRoomOnly: a folder is in memory only on a tmpfs with room.
func TestFolderIsInMemoryWithRoomOnly(t *testing.T) {
	for _, c := range []struct {
		base string
		free int64
	}{{base(t), 1 << 62}, {"/proc", 1}, {filepath.Join(t.TempDir(), "missing"), 0}} {
		if dir, ok := inMemory(t, c.base, c.free); ok {
			t.Errorf("in %s with %d bytes: %s", c.base, c.free, dir)
		}
	}
}

// TestNew: a test always gets a folder.
func TestNew(t *testing.T) {
	for _, long := range []string{"", "1"} {
		t.Setenv(longtest.Variable, long)
		if err := os.WriteFile(filepath.Join(New(t), "f"), nil, 0o666); err != nil {
			t.Error(err)
		}
	}
}

// TestAbandoned: what a killed process left is removed, and what another one uses is not.
func TestAbandoned(t *testing.T) {
	base := base(t)
	for _, name := range []string{"abandoned", "used"} {
		dir := filepath.Join(base, prefix+name)
		if err := os.MkdirAll(filepath.Join(dir, "folder"), 0o777); err != nil {
			t.Fatal(err)
		}
		lock, err := os.Create(filepath.Join(dir, lockName))
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Close()
		if name == "used" && !locked(lock) {
			t.Fatal("the lock can't be taken")
		}
	}
	f := &fake{T: t}
	if _, ok := inMemory(f, base, 1); !ok {
		t.Skip("no attributes on this tmpfs")
	}
	f.end()
	if left, want := names(t, base), prefix+"used"; left != want {
		t.Errorf("there is %s, want %s", left, want)
	}
}

// TestAtOnce: processes that begin and end at once remove none of the others' folders.
func TestAtOnce(t *testing.T) {
	base := base(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				removeAbandoned(base)
				p, err := newParent(base)
				if err != nil {
					continue // then the test has its folder on the disk
				}
				removeAbandoned(base)
				if _, err := os.Lstat(filepath.Join(p.dir, lockName)); err != nil {
					t.Errorf("while it is used: %v", err)
				}
				os.RemoveAll(p.dir)
				p.lock.Close()
			}
		})
	}
	all.Wait()
	if left := names(t, base); left != "" {
		t.Errorf("there is %s", left)
	}
}
