package local

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// If another program has opened a staged file by its name in the control folder, it
// can't truncate what a Put has acknowledged: the Put waits until the program closes
// the file, and doesn't commit a file that it truncated.
func TestStagedFileInOthersHands(t *testing.T) {
	for _, kind := range []mounts.Kind{mounts.Ext4, mounts.XFS, mounts.Btrfs} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			inOthersHands(t, inMount(t, kind))
		})
	}
}

func inOthersHands(t *testing.T, dir string) {
	t.Helper()
	b := openBucket(t, dir, nil)
	putIn(t, b, "a", "old", nil)
	long := strings.Repeat("new", 1<<20) // so that the file exists when the end is read
	put := func(name string, begun func(f *os.File, end func())) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		content := io.MultiReader(strings.NewReader(long), afterwards(func() {
			path, err := filepath.Glob(filepath.Join(dir, controlDir, stagingMark+"*",
				"[0-9a-z]*.attrs"))
			check(t, err)
			for _, p := range path {
				if filepath.Base(p) != aliveFile {
					f, err := os.OpenFile(p, os.O_WRONLY, 0)
					check(t, err)
					begun(f, cancel)
				}
			}
		}))
		_, err := b.Put(ctx, name, content, nil)
		return err
	}
	for _, name := range []string{"a", "b"} {
		var held *os.File
		err := put(name, func(f *os.File, end func()) {
			held = f
			time.AfterFunc(200*time.Millisecond, end)
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Put(%s) while another program has its file open = %v, want Canceled", name,
				err)
		}
		ok(t, held.Truncate(1), held.Close())
		if s, _ := fetch(t, b, "a"); s != "old" {
			t.Errorf("a = %q, want \"old\"", s)
		}
	}
	if _, err := b.Stat(t.Context(), "b", nil); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("Stat(b) = %v, want ErrNotExist", err)
	}

	// When the program closes the file, the Put continues: with the content, or with an
	// error if the program truncated it.
	hold := func(cut bool) func(*os.File, func()) {
		return func(f *os.File, _ func()) {
			time.AfterFunc(50*time.Millisecond, func() {
				if cut {
					f.Truncate(1)
				}
				f.Close()
			})
		}
	}
	check(t, put("a", hold(false)))
	if s, _ := fetch(t, b, "a"); s != long {
		t.Errorf("a = %.20q, want the new content", s)
	}
	if err := put("a", hold(true)); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("Put of a file that was truncated = %v, want ErrUnavailable", err)
	}
	if s, _ := fetch(t, b, "a"); s != long {
		t.Errorf("a = %.20q after a Put that failed, want the content before", s)
	}
}

// afterwards is an empty reader that calls a function.
type afterwards func()

func (f afterwards) Read([]byte) (int, error) { f(); return 0, io.EOF }
