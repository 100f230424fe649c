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

// lines is a Writer that sends each line on the channel.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// TestWaiting checks that progress lines come again and again, that now changes their
// text, and that none comes after end.
func TestWaiting(t *testing.T) {
	said := make(lines)
	w := waitFor(said, time.Millisecond, "building fake v1")
	for range 3 {
		if got := <-said; !strings.HasPrefix(got, "servers: building fake v1, ") ||
			!strings.HasSuffix(got, " s so far\n") {
			t.Errorf("the line is %q, want progress of building fake v1", got)
		}
	}
	w.now("waiting for another process, which builds fake v1")
	for got := range said { // the first line may be older
		if strings.HasPrefix(got, "servers: waiting for another process, which builds fake v1, ") {
			break
		}
	}
	go func() { // reads a line that is being written
		for range said {
		}
	}()
	w.end()
	close(said) // a later write panics
}

// TestInstallSays checks that a build, which may take minutes, is announced in advance.
func TestInstallSays(t *testing.T) {
	ownCache(t)
	var log strings.Builder
	s := fakeServer(func(_ context.Context, dir string, _ io.Writer) error {
		if got := log.String(); !strings.Contains(got, "servers: building fake v1") {
			t.Errorf("before the build the log is %q, want an announcement", got)
		}
		return os.WriteFile(filepath.Join(dir, "program"), []byte("x"), 0o666)
	})
	for range 2 {
		if _, err := install(t.Context(), s, &log); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "building"); n != 1 {
		t.Errorf("the log of one build is %q, want one announcement", log.String())
	}
}
