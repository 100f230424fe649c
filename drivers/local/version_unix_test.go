//go:build unix

package local

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cloudfiles.dev/files"
)

// versionEverywhere returns the version of Stat, Get and a listing, which must be the
// same (L5).
func versionEverywhere(t *testing.T, b files.Bucket, name string) files.Version {
	t.Helper()
	_, info := fetch(t, b, name)
	if s := stat(t, b, name); s.Version != info.Version {
		t.Errorf("%s: Stat returns %s, Get %s, want %q", name, s.Version, info.Version,
			info.Version)
	}
	for e, err := range b.List(context.Background(), "", &files.ListOptions{Prefix: name}) {
		ok(t, err)
		if e.Name == name && (e.Version != info.Version || e.Size != info.Size ||
			!e.ModTime.Equal(info.ModTime)) {
			t.Errorf("%s: List yields %+v, Get returned %+v", name, e, info.Entry)
		}
	}
	return info.Version
}

// If a file that was put, or a file of another program, is replaced by other content of
// the same size and time, in any way that a tool may use, its version changes (V1).
func TestVersionOfEdits(t *testing.T) {
	write := func(path, content string, mtime time.Time) error {
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			return err
		}
		return os.Chtimes(path, mtime, mtime)
	}
	ways := []struct {
		name     string
		prepared bool // the other file exists before the first
		in       bool // the file is written to, which damages one with a record
		change   func(path, content string, mtime time.Time) error
	}{
		{"renamed over", false, false, func(path, content string, mtime time.Time) error {
			if err := write(path+".new", content, mtime); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}},
		{"prepared before", true, false, func(path, content string, mtime time.Time) error {
			if err := write(path+".old", content, mtime); err != nil {
				return err
			}
			return os.Rename(path+".old", path)
		}},
		{"removed and made again", false, false, func(path, content string, mtime time.Time) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return write(path, content, mtime)
		}},
		{"overwritten in place", false, true, write},
	}
	for _, foreign := range []bool{false, true} {
		for _, w := range ways {
			if w.in && !foreign {
				continue
			}
			b, dir := newBucket(t, nil)
			needAttributes(t, dir)
			path := filepath.Join(dir, "a.txt")
			seen := map[files.Version]string{}
			for i := range 40 {
				content := string(bytes.Repeat([]byte{'a' + byte(i%26)}, 1+i/26))
				content += string(bytes.Repeat([]byte{'.'}, 20-len(content)))
				if w.prepared {
					ok(t, os.WriteFile(path+".old", nil, 0o666))
				}
				if foreign {
					ok(t, write(path, content, time.Unix(1_700_000_000, int64(i%3)*123_456_700)))
				} else {
					putIn(t, b, "a.txt", content, nil)
				}
				v := versionEverywhere(t, b, "a.txt")
				if old, ok := seen[v]; ok && old != content {
					t.Fatalf("%s (foreign %v): %q has the version of %q: %s", w.name, foreign,
						content, old, v)
				}
				seen[v] = content
				other := "!" + content[1:]
				ok(t, w.change(path, other, stat(t, b, "a.txt").ModTime))
				now := versionEverywhere(t, b, "a.txt")
				if now == v {
					t.Fatalf("%s (foreign %v): the version is still %s", w.name, foreign, v)
				}
				if old, ok := seen[now]; ok && old != other {
					t.Fatalf("%s (foreign %v): %q has the version of %q: %s", w.name, foreign,
						other, old, now)
				}
				seen[now] = other
			}
		}
	}
}

// A file's time is when it was put, whatever time the old file has, and versions differ
// nevertheless. Times of other programs' files are returned unchanged.
func TestPutTimes(t *testing.T) {
	b, dir := newBucket(t, nil)
	path := filepath.Join(dir, "a.txt")
	for _, year := range []int{0, 1600, 1677, 1900, 1969, 1970, 2100, 2261, 2262, 2300, 2400} {
		for _, sec := range []int{0, 1} {
			at := time.Date(year, 7, 1, 12, 0, sec, 123_456_789, time.UTC)
			ok(t, os.WriteFile(path, []byte("theirs"), 0o666), os.Chtimes(path, at, at))
			fi, err := os.Stat(path)
			ok(t, err)
			versionEverywhere(t, b, "a.txt")
			if info := stat(t, b, "a.txt"); !info.ModTime.Equal(fi.ModTime()) {
				t.Errorf("a file of %v has the time %v, want %v as on disk", at, info.ModTime,
					fi.ModTime())
			}
			seen := map[files.Version]bool{stat(t, b, "a.txt").Version: true}
			for range 5 {
				before := time.Now()
				info := putIn(t, b, "a.txt", "oursss", nil)
				if d := info.ModTime.Sub(before); d < -time.Second || d > 2*time.Second {
					t.Errorf("Put over a file of %v returns the time %v, want now", at,
						info.ModTime)
				}
				if v := versionEverywhere(t, b, "a.txt"); v != info.Version || seen[v] {
					t.Errorf("Put over a file of %v returns version %s, then it is %s; seen %v", at,
						info.Version, v, seen)
				}
				seen[info.Version] = true
				if year > 2000 && sec == 1 { // the clock was set back
					ok(t, os.Chtimes(path, at, at))
					seen[versionEverywhere(t, b, "a.txt")] = true
				}
			}
		}
	}
}
