package memdir

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSpread: the tests run once, in a temporary folder that is gone afterwards, and
// another Spread below it makes no further one.
func TestSpread(t *testing.T) {
	outer := t.TempDir()
	t.Setenv("TMPDIR", outer)
	var inside, below string
	got := Spread(func() int {
		inside = os.TempDir()
		if inside != outer {
			if !spreads(inside) || filepath.Dir(inside) != outer {
				t.Errorf("the tests' folder is %s, want one in %s that spreads", inside, outer)
			}
			if fi, err := os.Stat(inside); err != nil || fi.Mode().Perm() != 0o777 {
				t.Errorf("the tests' folder: %v, %v, want one that every user may use", fi, err)
			}
		}
		if err := os.WriteFile(filepath.Join(inside, "left"), nil, 0o666); err != nil {
			t.Error(err)
		}
		Spread(func() int { below = os.TempDir(); return 0 })
		return 7
	})
	if got != 7 {
		t.Errorf("Spread returns %d, want what the tests return, 7", got)
	}
	if inside != outer && below != inside {
		t.Errorf("a process that a test starts uses %s, want %s", below, inside)
	}
	if now := os.TempDir(); now != outer {
		t.Errorf("TMPDIR is %s afterwards, want %s", now, outer)
	}
	left, err := os.ReadDir(outer)
	for _, e := range left {
		if err != nil || e.IsDir() {
			t.Errorf("%s is left", e.Name())
		}
	}
}

// TestSpreadAcrossParts: on a file system that spreads, the folder says so, and a folder
// in it doesn't.
func TestSpreadAcrossParts(t *testing.T) {
	dir := t.TempDir()
	if !spread(dir) {
		t.Skip("the file system of the temporary folder, or this system, has no such flag")
	}
	inside := filepath.Join(dir, "inside")
	if err := os.Mkdir(inside, 0o777); err != nil {
		t.Fatal(err)
	}
	if !spreads(dir) || spreads(inside) {
		t.Errorf("the folder spreads: %v, the one in it: %v, want only the first", spreads(dir),
			spreads(inside))
	}
}
