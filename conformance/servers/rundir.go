package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// keptLogs is the number of starts whose logs are kept.
const keptLogs = 20

// room is how many bytes must be free in memory for a server's data.
const room = 4 << 30

// longVariable is set if the long tests run, which store gigabytes.
const longVariable = "CLOUDFILES_LONG"

// runBases returns the folders in which a server's data may be, the best one first: memory,
// since a server that waits for the disk makes its tests wait, and the temporary folder.
// The data is on the disk if TMPDIR is set, under the long tests, and if memory is scarce.
func runBases() []string {
	if os.Getenv("TMPDIR") == "" && os.Getenv(longVariable) == "" && hasRoom(shm, room) {
		return []string{shm, os.TempDir()}
	}
	return []string{os.TempDir()}
}

// newRunDir makes a temporary folder for a server's data, and removes the folders that
// killed processes of this program left. The caller calls release when it has removed the
// folder.
func newRunDir(ctx context.Context, cache, name string) (dir string, release func(), err error) {
	// Without this lock, a new folder could be removed before its own lock is taken.
	all, err := lock(ctx, filepath.Join(cache, "run.lock"))
	if err != nil {
		return "", nil, err
	}
	defer all.Unlock()
	const prefix = "cloudfiles-servers-"
	bases := runBases()
	var old []string
	for _, base := range []string{shm, os.TempDir()} { // an earlier start may have taken either
		if base == "" {
			continue
		}
		left, err := filepath.Glob(filepath.Join(base, prefix+"*"))
		if err != nil {
			return "", nil, err
		}
		old = append(old, left...)
	}
	for _, d := range old {
		// Without O_CREATE: the folder may be gone by now.
		l := flock.New(filepath.Join(d, "lock"), flock.SetFlag(os.O_RDWR))
		if ok, err := l.TryLock(); err != nil || !ok {
			continue // its process still runs, or it is another user's
		}
		l.Unlock()
		os.RemoveAll(d)
	}
	if dir, err = makeFirst(bases, prefix+name+"-"); err != nil {
		return "", nil, err
	}
	own, err := lock(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return dir, func() { own.Unlock() }, nil
}

// makeFirst makes a folder in the first of bases that lets it have files with attributes,
// as versitygw needs them; a tmpfs does since Linux 6.6. The last base is taken in any case.
func makeFirst(bases []string, pattern string) (string, error) {
	for i, base := range bases {
		dir, err := os.MkdirTemp(base, pattern)
		if i == len(bases)-1 || err == nil && hasXattr(dir) {
			return dir, err
		}
		if err == nil {
			os.Remove(dir)
		}
	}
	return "", os.ErrNotExist
}

// newLogDir makes a folder for the logs of one start, and removes the oldest ones.
func newLogDir(cache, name string) (string, error) {
	logs := filepath.Join(cache, "logs")
	if err := os.MkdirAll(logs, 0o777); err != nil {
		return "", err
	}
	old, err := os.ReadDir(logs)
	if err != nil {
		return "", err
	}
	// The names begin with the time, and ReadDir sorts them.
	for _, d := range old[:max(0, len(old)-keptLogs+1)] {
		os.RemoveAll(filepath.Join(logs, d.Name())) // another process may remove it, too
	}
	return os.MkdirTemp(logs,
		fmt.Sprintf("%s-%s-", time.Now().UTC().Format("20060102T150405"), name))
}
