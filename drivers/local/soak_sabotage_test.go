//go:build unix

package local

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// sabotage removes, truncates and chmods random entries of the control folder until the
// context ends, and then restores the modes of what is left. It returns how many times
// it did each.
func sabotage(ctx context.Context, dir string, rng *rand.Rand) (done map[string]int) {
	done = map[string]int{}
	modes := map[string]fs.FileMode{}
	restore := func() {
		for path, mode := range modes {
			os.Chmod(path, mode) // the entry is usually gone
		}
		clear(modes)
	}
	defer restore()
	for ctx.Err() == nil {
		time.Sleep(time.Duration(rng.IntN(4000)) * time.Microsecond)
		if rng.IntN(4) == 0 {
			restore()
		}
		path, info := something(filepath.Join(dir, controlDir), rng)
		if path == "" {
			continue
		}
		what, err := "", error(nil)
		switch k := rng.IntN(10); {
		case k < 3:
			what, err = "removed", os.RemoveAll(path)
		case k < 6 && info.Mode().IsRegular():
			what, err = "truncated", os.Truncate(path, rng.Int64N(info.Size()+1))
		default:
			what, err = "chmod", os.Chmod(path, []fs.FileMode{0, 0o444, 0o111, 0o777}[rng.IntN(4)])
			if _, ok := modes[path]; !ok && err == nil {
				modes[path] = info.Mode()
			}
		}
		if err == nil {
			done[what]++
		}
	}
	return done
}

// something picks an entry of a tree, sometimes its root.
func something(root string, rng *rand.Rand) (path string, info fs.FileInfo) {
	n := 0
	filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // it was removed meanwhile
		}
		n++
		if fi, err := d.Info(); err == nil && rng.IntN(n) == 0 {
			path, info = p, fi
		}
		return nil
	})
	return path, info
}
