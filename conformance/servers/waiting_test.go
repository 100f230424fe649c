package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lines hands on each line that is written, and none after the test has ended.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// TestWaiting: while a server is built, it is said again and again what is waited for,
// and also where another process builds it.
func TestWaiting(t *testing.T) {
	said := make(lines)
	w := waitFor(said, time.Millisecond, "building fake v1")
	for range 3 {
		if got := <-said; !strings.HasPrefix(got, "servers: building fake v1, ") ||
			!strings.HasSuffix(got, " s so far\n") {
			t.Errorf("said %q", got)
		}
	}
	w.now("waiting for another process, which builds fake v1")
	for got := range said { // the first may be from before
		if strings.HasPrefix(got, "servers: waiting for another process, which builds fake v1, ") {
			break
		}
	}
	go func() { // what is being written
		for range said {
		}
	}()
	w.end()
	close(said) // a later write panics
}

// TestInstallSays: a build is announced before it begins, since it takes minutes.
func TestInstallSays(t *testing.T) {
	ownCache(t)
	var log strings.Builder
	s := fakeServer(func(_ context.Context, dir string, _ io.Writer) error {
		if got := log.String(); !strings.Contains(got, "servers: building fake v1") {
			t.Errorf("before the build it said %q", got)
		}
		return os.WriteFile(filepath.Join(dir, "program"), []byte("x"), 0o666)
	})
	for range 2 {
		if _, err := install(t.Context(), s, &log); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "building"); n != 1 {
		t.Errorf("of one build it said %q", log.String())
	}
}
