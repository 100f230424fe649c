package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRunDir: a server's data is in memory if there is room, and otherwise in the temporary
// folder, also if TMPDIR or the long tests ask for that. What a killed process left is removed
// from both.
func TestRunDir(t *testing.T) {
	t.Setenv("TMPDIR", "")
	t.Setenv(longVariable, "")
	memory := os.TempDir()
	if hasRoom(shm, room) {
		dir, err := os.MkdirTemp(shm, "cloudfiles-servers-test-")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		if hasXattr(dir) {
			memory = shm
		}
	}
	own := t.TempDir()
	for what, c := range map[string]struct{ temp, long, want string }{
		"plain":              {"", "", memory},
		"with TMPDIR":        {own, "", own},
		"of the long tests":  {"", "1", os.TempDir()},
		"of both, in TMPDIR": {own, "1", own},
	} {
		t.Run(what, func(t *testing.T) {
			t.Setenv("TMPDIR", c.temp)
			t.Setenv(longVariable, c.long)
			var left []string
			bases := runBases()
			if memory == shm { // an earlier start may have had other variables
				bases = append(bases, shm)
			}
			for _, base := range bases {
				dir, err := os.MkdirTemp(base, "cloudfiles-servers-killed-")
				if err != nil {
					t.Fatal(err)
				}
				defer os.RemoveAll(dir)
				if err := os.WriteFile(filepath.Join(dir, "lock"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
				left = append(left, dir)
			}
			dir, release, err := newRunDir(t.Context(), t.TempDir(), "test")
			if err != nil {
				t.Fatal(err)
			}
			defer release()
			defer os.RemoveAll(dir)
			if got := filepath.Dir(dir); got != filepath.Clean(c.want) {
				t.Errorf("the data is in %s, want %s", got, c.want)
			}
			for _, d := range left {
				if _, err := os.Stat(d); err == nil {
					t.Errorf("%s is left", d)
				}
			}
		})
	}
}

// TestHasRoom: only a file system in memory with so much room will do.
func TestHasRoom(t *testing.T) {
	if hasRoom(shm, 1<<62) {
		t.Error("there is room for 4 EiB")
	}
	if hasRoom("/proc", 0) || hasRoom(filepath.Join(t.TempDir(), "missing"), 0) {
		t.Error("there is room in a folder that isn't in memory")
	}
}
