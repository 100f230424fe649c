package local

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

func appendTo(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(content)
	return err
}

// A log of another program, which has no record, and a log that was put can be read
// while they grow. Any other change is detected (G4).
func TestGrowingFileIsRead(t *testing.T) {
	b, dir := newBucket(t, nil)
	path := filepath.Join(dir, "log")
	text := strings.Repeat("a line\n", 100_000)
	for what, make := range map[string]func(){
		"a file of others": func() { write(t, dir, "log", text) },
		"a file that was put": func() {
			opts := &files.PutOptions{Attributes: files.Attributes{CacheControl: "no-store"}}
			putIn(t, b, "log", text, opts)
		},
	} {
		for _, c := range []struct {
			change string
			do     func() error
			want   error
		}{
			{"appended", func() error { return appendTo(path, []byte("more")) }, nil},
			{"replaced", func() error { putIn(t, b, "log", "other", nil); return nil }, nil},
			{"removed", func() error { return os.Remove(path) }, nil},
			{"cut", func() error { return os.Truncate(path, 50_000) }, files.ErrChanged},
			{"emptied", func() error { return os.Truncate(path, 0) }, files.ErrChanged},
			{"overwritten", func() error {
				f, err := os.OpenFile(path, os.O_WRONLY, 0)
				if err != nil {
					return err
				}
				defer f.Close()
				_, err = f.WriteAt([]byte("X"), int64(len(text))-10)
				return err
			}, files.ErrChanged},
		} {
			make()
			// Read it in both ways: through a buffer, and from file to file.
			r := grown(t, b)
			s := grown(t, b)
			if err := c.do(); err != nil {
				t.Fatal(err)
			}
			var buf bytes.Buffer
			_, err := io.Copy(&buf, r)
			target, cerr := os.Create(filepath.Join(t.TempDir(), "copy"))
			if cerr != nil {
				t.Fatal(cerr)
			}
			_, ferr := s.WriteTo(target)
			got, rerr := os.ReadFile(target.Name())
			target.Close()
			if !errors.Is(err, c.want) || !errors.Is(ferr, c.want) || rerr != nil {
				t.Errorf("%s, %s: %v and %v, want %v", what, c.change, err, ferr, c.want)
			}
			if c.want == nil && (buf.String() != text || string(got) != text) {
				t.Errorf("%s, %s: %d and %d bytes, want %d", what, c.change, buf.Len(), len(got),
					len(text))
			}
		}
	}
}

func grown(t *testing.T, b files.Bucket) *files.Reader {
	t.Helper()
	r, err := b.Get(t.Context(), "log", &files.GetOptions{Growing: true, SkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// The digest covers the content at the opening, and is checked although the file has
// grown since (G6).
func TestGrowingIsVerified(t *testing.T) {
	b, dir := newBucket(t, nil)
	putIn(t, b, "log", "some lines\n", nil)
	r, err := b.Get(t.Context(), "log", &files.GetOptions{Growing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	write(t, dir, "log", "same lines\nand more\n")
	if got, err := r.ReadAll(); !errors.Is(err, files.ErrCorrupt) {
		t.Errorf("ReadAll = %q, %v, want ErrCorrupt", got, err)
	}
}
