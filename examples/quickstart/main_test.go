package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
)

// source is a small tree to store.
func source(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"README.md": "# hi\n",
		"a/b.txt":   strings.Repeat("chunk by chunk\n", 500),
		".hidden/x": "x",
	} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRun(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "kept")
	for _, url := range []string{
		"", "mem://", "file://" + filepath.ToSlash(kept) + "?create_dir=1",
	} {
		t.Run(url, func(t *testing.T) {
			var out strings.Builder
			if err := run(t.Context(), &out, url, source(t), false); err != nil {
				t.Fatalf("run: %v; it printed:\n%s", err, &out)
			}
			for _, want := range []string{
				"tree/README.md", "2 files, 7505 bytes", "7500 bytes in 8 chunks", "tree/a/\n",
				"file does not exist", "file is not of the expected version",
				"counter.txt is gone",
			} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is missing in\n%s", want, &out)
				}
			}
			if strings.Contains(out.String(), "hidden") {
				t.Error("a hidden folder was stored")
			}
		})
	}
	b, err := files.Open(t.Context(), "file://"+filepath.ToSlash(kept))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for e, err := range b.List(t.Context(), "", nil) {
		t.Errorf("left over: %+v, %v", e, err)
	}
}

func TestRunFails(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name, url, src string
		ctx            context.Context
		want           error
	}{
		{"unknown scheme", "s4://x", ".", t.Context(), errOpen},
		{"missing folder", "file:///does/not/exist", ".", t.Context(), files.ErrNoBucket},
		{"missing source", "mem://", "does/not/exist", t.Context(), os.ErrNotExist},
		{"cancelled", "mem://", ".", cancelled, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			if err := run(c.ctx, &out, c.url, c.src, false); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// Strangers may have chosen the names in a folder, so they are escaped for the
// terminal.
func TestRunOddNames(t *testing.T) {
	src := source(t)
	odd := "a\u202etxt.exe\u009b2J"
	if err := os.WriteFile(filepath.Join(src, odd), []byte(strings.Repeat("x", 10_000)),
		0o666); err != nil {
		longtest.Lacks(t, "the file system doesn't hold such a name: %v", err)
	}
	var out strings.Builder
	if err := run(t.Context(), &out, "mem://", src, false); err != nil {
		t.Fatalf("run: %v; it printed:\n%s", err, &out)
	}
	for line := range strings.Lines(out.String()) {
		if line = strings.TrimSuffix(line, "\n"); files.Printable(line) != line {
			t.Errorf("%q is printed", line)
		}
	}
	if want := `a\u202etxt.exe\u009b2J: 10000 bytes`; !strings.Contains(out.String(), want) {
		t.Errorf("%q is missing in\n%s", want, &out)
	}
}
