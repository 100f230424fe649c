package main

import (
	"io"
	"os"
	"strings"
	"sync"
)

const (
	tailBytes = 4 << 10
	tailLines = 30
)

// tail is a Writer that keeps the end of its input, and writes everything to more.
type tail struct {
	more io.Writer
	mu   sync.Mutex
	end  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p...)
	if extra := len(t.end) - tailBytes; extra > 0 {
		t.end = append(t.end[:0], t.end[extra:]...)
	}
	return t.more.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return lastLines(string(t.end))
}

// lastLines returns the last lines of s, indented.
func lastLines(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return "    " + strings.Join(lines[max(0, len(lines)-tailLines):], "\n    ")
}

// tailOf returns the end of a file, or "" if it can't be read.
func tailOf(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if fi, err := f.Stat(); err == nil && fi.Size() > tailBytes {
		f.Seek(-tailBytes, io.SeekEnd)
	}
	end, _ := io.ReadAll(io.LimitReader(f, tailBytes))
	return string(end)
}
