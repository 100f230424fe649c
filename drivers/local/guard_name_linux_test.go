//go:build !osroot

package local

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// A file that another program moves to the name of a staged file is never mistaken for
// it: the Put stores its own content, or nothing.
func TestStagedNameTaken(t *testing.T) {
	for _, kind := range []mounts.Kind{mounts.Ext4, mounts.Tmpfs, mounts.Bindfs} {
		t.Run(string(kind), func(t *testing.T) {
			for i, opts := range []*Options{{}, {NoSync: true}} {
				nameless := opts.NoSync || kind == mounts.Tmpfs
				stagedNameTaken(t, filepath.Join(inMount(t, kind), fmt.Sprint(i)), opts, nameless)
			}
		})
	}
}

// stagedNameTaken puts a file that exists and one that doesn't. nameless says that a
// file that is staged for a new name may have no name.
func stagedNameTaken(t *testing.T, dir string, opts *Options, nameless bool) {
	t.Helper()
	check(t, os.Mkdir(dir, 0o777))
	b := openBucket(t, dir, opts)
	putIn(t, b, "over.txt", "older", nil)
	putIn(t, b, "over.txt", "old", nil) // so the next Put expects a file too
	for _, name := range []string{"over.txt", "new.txt"} {
		old, _ := files.ReadString(t.Context(), b, name, nil)
		stranger := filepath.Join(dir, "stranger")
		check(t, os.WriteFile(stranger, []byte("of others"), 0o666))
		content := io.MultiReader(strings.NewReader("of mine!!"), afterwards(func() {
			names := stagedNames(t, dir)
			if len(names) > 1 || len(names) == 0 && (name == "over.txt" || !nameless) {
				t.Errorf("staged files are %q, want one", names)
			}
			for _, p := range names {
				check(t, os.Rename(stranger, p))
			}
		}))
		_, err := b.Put(t.Context(), name, content, nil)
		got, getErr := files.ReadString(t.Context(), b, name, nil)
		switch {
		case err == nil && (got != "of mine!!" || getErr != nil):
			t.Errorf("%s, %+v: Put stored %q, %v, want \"of mine!!\"", name, opts, got, getErr)
		case err != nil && (!errors.Is(err, files.ErrUnavailable) || got != old):
			t.Errorf("%s, %+v: Put = %v, and the file is %q, want ErrUnavailable and %q", name,
				opts, err, got,
				old)
		}
	}
}

// A file that replaces a staged file at the last moment before the rename is not
// acknowledged as what was written.
func TestStagedNameTakenLate(t *testing.T) {
	for _, opts := range []*Options{{}, {NoSync: true}} {
		for _, name := range []string{"over.txt", "new.txt"} {
			dir := t.TempDir()
			armed := false
			h := &hookFS{before: func(op, _ string) error {
				if op == "rename" && armed {
					armed = false
					for _, p := range stagedNames(t, dir) {
						check(t, os.Rename(filepath.Join(dir, "stranger"), p))
					}
				}
				return nil
			}}
			b := openHooked(t, dir, opts, h)
			putIn(t, b, "over.txt", "old", nil)
			check(t, os.WriteFile(filepath.Join(dir, "stranger"), []byte("of others"), 0o666))
			armed = true
			_, err := files.PutString(t.Context(), b, name, "of mine!!", nil)
			if got, _ := files.ReadString(t.Context(), b, name, nil); err == nil &&
				got != "of mine!!" {
				t.Errorf("%s, %+v: Put stored %q, want \"of mine!!\"", name, opts, got)
			} else if err != nil && !errors.Is(err, files.ErrUncertain) {
				t.Errorf("%s, %+v: Put = %v, and the file is %q, want ErrUncertain", name, opts,
					err, got)
			}
			if armed && !opts.NoSync {
				t.Errorf("%s, %+v: Put renamed nothing", name, opts)
			}
		}
	}
}

// If another file replaces a staged sidecar, the Put stages the sidecar again, and the
// attributes are those of the Put.
func TestStagedSidecarNameTaken(t *testing.T) {
	for _, opts := range []*Options{{}, {NoSync: true}} {
		dir := t.TempDir()
		armed := false
		h := &hookFS{before: func(op, name string) error {
			if op == "rename" && armed && strings.HasSuffix(name, ".txt"+sidecarExt) {
				armed = false
				names := stagedNames(t, dir)
				check(t, os.Rename(filepath.Join(dir, "stranger"), names[len(names)-1]))
			}
			return nil
		}}
		b := openHooked(t, dir, opts, h)
		meta := func(s string) *files.PutOptions {
			return &files.PutOptions{Attributes: files.Attributes{
				Metadata: map[string]string{"k": strings.Repeat(s, maxRecord)},
			}}
		}
		_, err := files.PutString(t.Context(), b, "a.txt", "old", meta("o"))
		check(t, err)
		check(t, os.WriteFile(filepath.Join(dir, "stranger"), []byte("of others"), 0o666))
		armed = true
		_, err = files.PutString(t.Context(), b, "a.txt", "new", meta("n"))
		check(t, err)
		if armed {
			t.Error("Put renamed no sidecar")
		}
		info, err := b.Stat(t.Context(), "a.txt", nil)
		if err != nil || info.Metadata["k"] != meta("n").Metadata["k"] {
			t.Errorf("%+v: Stat = %.20q, %v, want the new metadata", opts, info.Metadata["k"], err)
		}
	}
}
