package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// errMissing is the error if a server isn't available on this machine: no network,
// another operating system, or a missing program.
var errMissing = errors.New("the server is missing")

// cacheDir returns the folder that keeps the programs, their locks, and the logs.
func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w: there is no folder to build it in: %w", errMissing, err)
	}
	dir := filepath.Join(base, "cloudfiles", "servers")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", fmt.Errorf("%w: there is no folder to build it in: %w", errMissing, err)
	}
	return dir, nil
}

// lock locks the file at path, until it is unlocked or this process ends.
func lock(ctx context.Context, path string) (*flock.Flock, error) {
	l := flock.New(path)
	if _, err := l.TryLockContext(ctx, 50*time.Millisecond); err != nil {
		return nil, fmt.Errorf("the lock %s: %w", path, err)
	}
	return l, nil
}

// install returns the folder of the server's program, and builds the program first if
// it is missing. If several processes call it at once, one of them builds; the folder
// appears whole or not at all. While it waits, it writes what it waits for to the log
// every few seconds.
func install(ctx context.Context, s *server, log io.Writer) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(strings.Join(s.stamp(), "\x00")))
	dir := filepath.Join(cache, fmt.Sprintf("%s-%s-%x", s.name, s.version(), sum[:4]))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	said := &tail{more: log}
	name := s.name + " " + s.version()
	wait := waitFor(said, sayEvery, "waiting for another process, which builds "+name)
	defer wait.end()
	l, err := lock(ctx, dir+".lock")
	if err != nil {
		return "", err
	}
	defer l.Unlock()
	if _, err := os.Stat(dir); err == nil { // by another process, while this one waited
		return dir, nil
	}
	const unfinished = ".unfinished-"
	// Only killed builds can have left these: this process has the lock.
	old, err := filepath.Glob(dir + unfinished + "*")
	if err != nil {
		return "", err
	}
	for _, d := range old {
		if err := os.RemoveAll(d); err != nil {
			return "", err
		}
	}
	tmp, err := os.MkdirTemp(cache, filepath.Base(dir)+unfinished)
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	fmt.Fprintf(said, "servers: building %s, once; it may take minutes\n", name)
	wait.now("building " + name)
	if err := s.build(ctx, tmp, said); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return "", fmt.Errorf("%w: %s %s can't be built: %w\n%s", errMissing, s.name, s.version(),
			err, said)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return "", err
	}
	return dir, nil
}
