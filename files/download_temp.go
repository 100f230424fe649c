package files

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A download is written to a file without a name if the system has such files (Linux),
// so that a program that is killed leaves nothing. Elsewhere, and shortly before it
// replaces another file, it has a temporary name and a lock, which ends with the
// process. The next download to the folder removes files that nobody has locked.

// downloadTemp is the file that a download is written to.
type downloadTemp struct {
	*os.File
	named string // the path if it has a name, or ""
}

// newDownloadTemp makes the file with the permission of an ordinary file, which it
// keeps.
func newDownloadTemp(dir string) (*downloadTemp, error) {
	sweepDownloads(dir)
	if f, ok := openUnnamed(dir); ok {
		return &downloadTemp{File: f}, nil
	}
	for tries := 0; ; tries++ {
		path := tempPath(dir)
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) && tries < 100 {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !(lockDownload(f) && isAt(f, path)) && tries < 100 { // taken for a leftover
			f.Close()
			continue
		}
		return &downloadTemp{File: f, named: path}, nil
	}
}

// isAt reports whether the file still has the name.
func isAt(f *os.File, path string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(mine, there)
}

func tempPath(dir string) string {
	return filepath.Join(dir, fmt.Sprintf(".download-%016x.tmp", rand.Uint64()))
}

// moveTo gives the file its final name and replaces the file that has it.
func (d *downloadTemp) moveTo(path string) error {
	if d.named == "" {
		err := linkUnnamed(d.File, path)
		if err == nil {
			return nil
		}
		lockDownload(d.File) // its next name is a temporary one
		temp := tempPath(filepath.Dir(path))
		if err := linkUnnamed(d.File, temp); err != nil {
			return err
		}
		d.named = temp
	} else if !renamesOpen {
		if err := d.Close(); err != nil {
			return err
		}
	}
	if err := os.Rename(d.named, path); err != nil {
		return err
	}
	d.named = ""
	return nil
}

// discard releases the file, and removes it if it still has its temporary name.
func (d *downloadTemp) discard() {
	if d.named != "" && renamesOpen { // before the lock ends
		os.Remove(d.named)
	}
	d.Close() // a second time is harmless
	if d.named != "" {
		os.Remove(d.named)
	}
}

// isDownloadTemp reports whether the name is one of tempPath's.
func isDownloadTemp(name string) bool {
	rest, ok := strings.CutPrefix(name, ".download-")
	random, tmp := strings.CutSuffix(rest, ".tmp")
	return ok && tmp && len(random) == 16 && strings.Trim(random, "0123456789abcdef") == ""
}

// sweeps has the folders that were searched, and how long that took.
var sweeps = struct {
	sync.Mutex
	last map[string]swept
}{last: map[string]swept{}}

type swept struct {
	ended time.Time
	took  time.Duration
}

// sweepDownloads removes what downloads of killed processes left in the folder.
// Searching a large folder must not cost more than the downloads: it takes at most a
// fiftieth of the time.
func sweepDownloads(dir string) {
	begun := time.Now()
	sweeps.Lock()
	last, known := sweeps.last[dir]
	sweeps.Unlock()
	if known && last.took > time.Millisecond && begun.Sub(last.ended) < 50*last.took {
		return
	}
	d, err := os.Open(dir)
	if err != nil {
		return // the download will report it
	}
	defer d.Close()
	for {
		names, err := d.Readdirnames(1000)
		for _, name := range names {
			if isDownloadTemp(name) {
				removeUnlocked(filepath.Join(dir, name))
			}
		}
		if err != nil || len(names) == 0 {
			break
		}
	}
	sweeps.Lock()
	defer sweeps.Unlock()
	if len(sweeps.last) >= 1000 {
		clear(sweeps.last)
	}
	now := time.Now()
	sweeps.last[dir] = swept{now, now.Sub(begun)}
}

// removeUnlocked removes a leftover that no process holds. Only a regular file is one.
func removeUnlocked(path string) {
	fi, err := os.Lstat(path)
	if err != nil || !fi.Mode().IsRegular() {
		return
	}
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	// SameFile is false of what could not be looked at.
	if now, _ := f.Stat(); !os.SameFile(fi, now) {
		return
	}
	if renamesOpen {
		if lockDownload(f) {
			os.Remove(path)
		}
		return
	}
	f.Close() // before the removal: Windows removes no file that is open
	os.Remove(path)
}
