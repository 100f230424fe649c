package resume_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files/resume"
)

// TestDownloadDamaged: neither the state nor the content on disk is trusted.
func TestDownloadDamaged(t *testing.T) {
	want := content(6, 40*part)
	for what, damage := range map[string]func(t *testing.T, part, state string){
		"a byte of the content": func(t *testing.T, part, _ string) {
			change(t, part, func(p []byte) []byte { p[100] ^= 1; return p })
		},
		"zeros, as after a power failure": func(t *testing.T, part, _ string) {
			change(t, part, func(p []byte) []byte { return make([]byte, len(p)) })
		},
		"the content is shorter": func(t *testing.T, part, _ string) {
			change(t, part, func(p []byte) []byte { return p[:15_000] })
		},
		"the content is longer": func(t *testing.T, part, _ string) {
			change(t, part, func(p []byte) []byte { return append(p, make([]byte, 1<<20)...) })
		},
		"the state ends in the middle of a line": func(t *testing.T, _, state string) {
			change(t, state, func(p []byte) []byte { return p[:len(p)-30] })
		},
		"the state is empty": func(t *testing.T, _, state string) {
			change(t, state, func([]byte) []byte { return nil })
		},
		"the state isn't JSON": func(t *testing.T, _, state string) {
			change(t, state, func([]byte) []byte { return []byte("[1]\n{\n") })
		},
		"the state has impossible numbers": func(t *testing.T, _, state string) {
			change(t, state, func(p []byte) []byte {
				p = bytes.Replace(p, []byte(`"partSize":10000`), []byte(`"partSize":-1`), 1)
				return append(p, `{"part":-1}`+"\n"+`{"part":9e99}`+"\n"+`{"part":70}`+"\n"...)
			})
		},
		"the state has another size": func(t *testing.T, _, state string) {
			change(t, state, func(p []byte) []byte {
				return bytes.Replace(p, []byte(`"size":400000`), []byte(`"size":400001`), 1)
			})
		},
		"the content is gone": func(t *testing.T, part, _ string) { os.Remove(part) },
		"the state is gone":   func(t *testing.T, _, state string) { os.Remove(state) },
	} {
		b := newCounted(mem.New(&mem.Options{VersionPerPut: true}))
		put(t, b, "f", want)
		path := filepath.Join(t.TempDir(), "f")
		broken(t, b, path)
		left := leftovers(t, path)
		damage(t, left[0], left[1])
		if _, err := resume.Download(t.Context(), b, "f", path, small); err != nil {
			t.Errorf("%s: Download: %v", what, err)
			continue
		}
		wantFile(t, path, want)
	}
}

func change(t testing.TB, path string, f func(p []byte) []byte) {
	t.Helper()
	p, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, f(p), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestDownloadForeign: a file of another owner or kind under the name of a partial file
// is left alone.
func TestDownloadForeign(t *testing.T) {
	b := newCounted(mem.New(&mem.Options{VersionPerPut: true}))
	want := content(7, 40*part)
	put(t, b, "f", want)
	dir, away := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "f")
	broken(t, b, path)
	partName := leftovers(t, path)[0]
	precious := filepath.Join(away, "precious")
	for what, take := range map[string]func() error{
		"a link":       func() error { return os.Symlink(precious, partName) },
		"another name": func() error { return os.Link(precious, partName) },
		"a folder":     func() error { return os.Mkdir(partName, 0o777) },
	} {
		if err := os.WriteFile(precious, []byte("precious"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(partName); err != nil {
			t.Fatal(err)
		}
		if err := take(); err != nil {
			t.Fatal(err)
		}
		if _, err := resume.Download(t.Context(), b, "f", path, small); err != nil {
			t.Fatalf("%s: Download: %v", what, err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", what, len(got), err)
		}
		if got, err := os.ReadFile(precious); err != nil || string(got) != "precious" {
			t.Errorf("%s: the other file was written to: %q, %v", what, got, err)
		}
	}
}
