package crashfs

import (
	"fmt"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// Image is what is on the disk after a power failure.
type Image struct {
	entries map[int]map[string]int
	files   map[int]fileState
	dirs    map[int]bool
}

// Survival is what survives of changes that were not synced.
type Survival int

const (
	Nothing    Survival = iota // nothing of directories and files
	Everything                 // everything of directories, anything of files
	Some                       // some of directories, anything of files
	survivals
)

// Survivals lists every Survival.
var Survivals = []Survival{Nothing, Everything, Some}

func (s Survival) String() string { return [survivals]string{"nothing", "everything", "some"}[s] }

// Image returns what is on the disk if the power fails now.
func (d *Disk) Image(s Survival, rng *rand.Rand) *Image {
	im := &Image{entries: map[int]map[string]int{}, files: map[int]fileState{}, dirs: d.dirs}
	for dir, entries := range d.now {
		im.entries[dir] = maps.Clone(entries)
	}
	if s != Nothing {
		taken := map[*part]bool{}
		for _, p := range d.parts {
			if s == Everything || rng.IntN(2) == 0 {
				im.take(p, taken)
			}
		}
	}
	for n, f := range d.files {
		im.files[n] = f.image(s, rng)
	}
	return im
}

func (im *Image) take(p *part, taken map[*part]bool) {
	if p.done || taken[p] {
		return
	}
	taken[p] = true
	for _, q := range p.needs {
		im.take(q, taken)
	}
	apply(im.entries, p.entry)
	if p.with != nil {
		im.take(p.with, taken)
	}
}

// image returns a state that the file may have: what was synced, or a part of what came
// later. Size, time and attributes are metadata, and may be on the disk without the
// content.
func (f *diskFile) image(s Survival, rng *rand.Rand) fileState {
	var old fileState
	if f.synced != nil {
		old = *f.synced
	} else {
		old.modTime = f.now.modTime
	}
	if s == Nothing || f.synced != nil && f.same() {
		return old
	}
	now := f.now
	switch rng.IntN(5) {
	case 0:
		return old
	case 1: // the size without the data
		now.content = strings.Repeat("\x00", len(now.content))
	case 2: // some of the data
		now.content = now.content[:len(now.content)/2]
	case 3:
		now.xattrs = old.xattrs
	}
	return now
}

func (f *diskFile) same() bool {
	return f.synced.content == f.now.content && f.synced.modTime == f.now.modTime &&
		maps.Equal(f.synced.xattrs, f.now.xattrs)
}

var seed = maphash.MakeSeed()

// Sum returns a hash of the image: equal images have equal sums.
func (im *Image) Sum() uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	im.walk(root, "", func(path string, n int) {
		if im.dirs[n] {
			fmt.Fprintf(&h, "%q/\n", path)
			return
		}
		f := im.files[n]
		fmt.Fprintf(&h, "%q %d %d %q\n", path, n, f.modTime, f.content)
		for _, k := range slices.Sorted(maps.Keys(f.xattrs)) {
			fmt.Fprintf(&h, "%q=%q\n", k, f.xattrs[k])
		}
	})
	return h.Sum64()
}

// walk calls f for every entry that can be reached, in order, directories before what
// they contain.
func (im *Image) walk(dir int, path string, f func(path string, n int)) {
	entries := im.entries[dir]
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		p, n := filepath.Join(path, name), entries[name]
		f(p, n)
		if im.dirs[n] {
			im.walk(n, p, f)
		}
	}
}

// Write writes the image to an empty folder, with the files' times and attributes. A
// file with two names gets both.
func (im *Image) Write(dir string) (err error) {
	first := map[int]string{}
	im.walk(root, "", func(path string, n int) {
		at := filepath.Join(dir, path)
		switch {
		case err != nil:
		case im.dirs[n]:
			err = os.Mkdir(at, 0o777)
		case first[n] != "":
			err = os.Link(first[n], at)
		default:
			first[n] = at
			err = im.files[n].write(at)
		}
	})
	return err
}

func (s fileState) write(path string) error {
	d, err := fsys.OS().OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	f, err := d.Create(filepath.Base(path))
	if err != nil {
		return err
	}
	defer f.Close()
	if len(s.content) > 0 {
		if _, err := f.Write([]byte(s.content)); err != nil {
			return err
		}
	}
	for name, value := range s.xattrs {
		if err := f.Setxattr(name, []byte(value)); err != nil {
			return err
		}
	}
	return f.SetModTime(s.modTime)
}
