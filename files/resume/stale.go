package resume

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"cloudfiles.dev/files/internal/flock"
)

// RemoveStale removes from a folder on disk what unfinished downloads have left, if
// they weren't resumed for the duration age. It leaves downloads in progress alone. It
// returns the number of bytes freed.
//
// Errors: that of reading the folder. If a file can't be removed, RemoveStale continues
// with the others, and returns the first error at the end.
func RemoveStale(dir string, age time.Duration) (int64, error) {
	entries, err := os.ReadDir(dir)
	var freed int64
	for _, e := range entries {
		part, state := isPartial(e.Name())
		if !part && !state || !e.Type().IsRegular() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if state {
			if _, lerr := os.Lstat(strings.TrimSuffix(path, ".state") + ".part"); lerr == nil {
				continue // is removed with its content
			}
		}
		n, rerr := removeStale(path, age)
		freed += n
		if err == nil {
			err = rerr
		}
	}
	return freed, err
}

// isPartial reports whether partialNames could have returned the name.
func isPartial(name string) (part, state bool) {
	rest, ok := strings.CutPrefix(name, ".resume-")
	stem, ext, _ := strings.Cut(rest, ".")
	if !ok || len(stem) != 32 || strings.Trim(stem, "0123456789abcdef") != "" {
		return false, false
	}
	return ext == "part", ext == "state"
}

func removeStale(path string, age time.Duration) (int64, error) {
	f, err := openOwn(path)
	if err != nil {
		return 0, nil // not a file of this package
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil || time.Since(fi.ModTime()) < age || !flock.Lock(f) || !isAt(f, path) {
		return 0, err
	}
	if stem, ok := strings.CutSuffix(path, ".part"); ok {
		os.Remove(stem + ".state")
	}
	return fi.Size(), os.Remove(path)
}
