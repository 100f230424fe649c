package local

import (
	"strconv"
	"testing"
)

// What a handle remembers of folders and names is bounded: when there is too much of it,
// it is forgotten.
func TestMemoryOfNamesIsBounded(t *testing.T) {
	var found foundDirs
	var durable dirSet
	var d spelledDir
	for what, c := range map[string]struct {
		most int
		add  func(name string)
		has  func() int
	}{
		"folders found": {
			maxDirSet,
			func(name string) { found.add(name, name, dirID{}) },
			func() int { return len(found.dirs) },
		},
		"durable folders": {
			maxDirSet,
			func(name string) { durable.add(name, dirID{}) },
			func() int { return len(durable.dirs) },
		},
		"names of a folder": {
			maxLocated,
			func(name string) { d.locatedAt(name, located{}) },
			func() int { return len(d.located) },
		},
	} {
		for i := range 3 * c.most {
			c.add(strconv.Itoa(i))
			if want := i%c.most + 1; c.has() != want {
				t.Fatalf("%s: %d are remembered after %d, want %d", what, c.has(), i+1, want)
			}
		}
	}
}
