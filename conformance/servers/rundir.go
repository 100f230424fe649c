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
	old, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	if err != nil {
		return "", nil, err
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
	if dir, err = os.MkdirTemp("", prefix+name+"-"); err != nil {
		return "", nil, err
	}
	own, err := lock(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return dir, func() { own.Unlock() }, nil
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
