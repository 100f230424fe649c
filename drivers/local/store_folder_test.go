package local

import (
	"path/filepath"
	"runtime"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/fsys"
)

// otherFolder is a store of another package that may be a folder.
type otherFolder struct {
	path string
	ok   bool
}

func (f otherFolder) FolderPath() (string, bool) { return f.path, f.ok }

// A bucket recognizes its own folder, and one that it is in, as another package's store,
// unless that isn't a folder or is gone.
func TestInsideOtherStores(t *testing.T) {
	root := memdir.New(t)
	write(t, root, "a/b/c/file", "")
	write(t, root, "beside/file", "")
	path := filepath.Join(root, "a", "b", "c")
	st, err := fsys.OS().StatRoot(path)
	ok(t, err)
	s := storeOf(fsys.OS(), st, path)
	for what, c := range map[string]struct {
		other  any
		dir    string
		inside bool
	}{
		"its own folder":       {otherFolder{path, true}, "", true},
		"the folder around it": {otherFolder{filepath.Dir(path), true}, "c/", true},
		"two levels up":        {otherFolder{filepath.Join(root, "a"), true}, "b/c/", true},
		"a folder beside it":   {otherFolder{filepath.Join(root, "beside"), true}, "", false},
		"a folder in it":       {otherFolder{filepath.Join(path, "none"), true}, "", false},
		"not a folder":         {otherFolder{path, false}, "", false},
		"not a folder around":  {otherFolder{filepath.Dir(path), false}, "", false},
		"another kind":         {"a text", "", false},
		"nothing":              {nil, "", false},
		"itself":               {s, "", true},
		"itself, renamed":      {&store{id: s.id, path: "none"}, "", true},
	} {
		if dir, inside := s.Inside(c.other); dir != c.dir || inside != c.inside {
			t.Errorf("Inside of %s = %q, %v, want %q, %v", what, dir, inside, c.dir, c.inside)
		}
		unnumbered := &store{sys: fsys.OS(), path: path} // a file system without inode numbers
		if dir, inside := unnumbered.Inside(c.other); inside && !c.inside {
			t.Errorf("Inside of %s = %q, true without inode numbers, want false", what, dir)
		}
	}
	if got, ok := s.FolderPath(); got != path || !ok {
		t.Errorf("FolderPath = %q, %v, want %q, true", got, ok, path)
	}
}

// A folder has one store, with the path by which it was opened last, while a bucket uses
// it. Then it is forgotten.
func TestOneStoreForAFolder(t *testing.T) {
	id := folder{1 << 60, 1}
	st := fsys.Stat{Dev: id.dev, Ino: id.ino}
	known := func() bool {
		stores.Lock()
		defer stores.Unlock()
		_, ok := stores.of[id]
		return ok
	}
	s := storeOf(fsys.OS(), st, "first")
	if again := storeOf(fsys.OS(), st, "second"); again != s {
		t.Error("the same folder has two stores")
	}
	if path, _ := s.FolderPath(); path != "second" {
		t.Errorf("FolderPath = %q, want the one that was opened last", path)
	}
	if storeOf(fsys.OS(), fsys.Stat{Dev: id.dev, Ino: 2}, "other") == s {
		t.Error("two folders have one store")
	}
	forgetStore(id) // as if an earlier store of the folder was freed just now
	if !known() {
		t.Error("a folder in use was forgotten")
	}
	runtime.KeepAlive(s)
	for turns := 0; known(); turns++ {
		if turns == 1000 {
			t.Fatal("a folder that nobody uses isn't forgotten")
		}
		runtime.GC()
	}
}
