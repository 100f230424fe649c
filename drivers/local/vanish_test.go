//go:build unix

package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/files"
)

// mischief is what another program does to the control folder.
type mischief struct {
	name string
	do   func(control string, late *sync.WaitGroup) // calls that have to wait are added to late
	cuts bool                                       // an upload may be lost, but only with an error
}

var mischiefs = []mischief{
	{"everything is removed", func(c string, _ *sync.WaitGroup) { os.RemoveAll(c) }, false},
	{"every file is removed", func(c string, _ *sync.WaitGroup) {
		eachFile(c, func(path string) { os.Remove(path) })
	}, false},
	{"the staging folders are removed", func(c string, _ *sync.WaitGroup) {
		sessions, _ := filepath.Glob(filepath.Join(c, stagingMark+"*"))
		for _, s := range sessions {
			os.RemoveAll(s)
		}
	}, false},
	{"the folder is moved away", func(c string, _ *sync.WaitGroup) {
		os.Rename(c, filepath.Join(filepath.Dir(filepath.Dir(c)), randomID()))
	}, false},
	{"every file is replaced by an empty one", func(c string, _ *sync.WaitGroup) {
		eachFile(c, func(path string) {
			if !strings.Contains(path, stagingMark) || filepath.Base(path) == aliveFile {
				os.Remove(path)
				os.WriteFile(path, nil, 0o666)
			}
		})
	}, false},
	{"every file is truncated", func(c string, late *sync.WaitGroup) {
		eachFile(c, func(path string) { cutSoon(path, late) })
	}, true},
}

// cutSoon truncates a file. If a Put is just moving it, the truncation has to wait, and
// goes on in the background.
func cutSoon(path string, late *sync.WaitGroup) {
	done := make(chan struct{})
	late.Go(func() {
		defer close(done)
		os.Truncate(path, 0)
	})
	select {
	case <-done:
	case <-time.After(10 * time.Millisecond):
	}
}

func eachFile(dir string, do func(path string)) {
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			do(path)
		}
		return nil
	})
}

// Whatever happens to the control folder before any operation, the call succeeds, or,
// if an upload's content is gone, it returns an error with a kind and changes nothing.
// The same handle still works.
func TestControlFolderVanishes(t *testing.T) {
	of := []int{0, 2, 3, 6, 7, 9, 14, 19, 20, 24, 26, 28}
	for turn, i := range of {
		sc := scenarios[i]
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			every := longtest.EachOf(t, 12, 4)
			for k, m := range mischiefs {
				for n := 1; ; n++ {
					if (n+k)%every != turn%every {
						continue
					}
					hit, err := vanishAt(t, sc, m, n)
					if err != nil {
						t.Errorf("%s before operation %d: %v, want nil", m.name, n, err)
					}
					if !hit {
						break
					}
				}
			}
		})
	}
}

func vanishAt(t *testing.T, sc scenario, m mischief, n int) (hit bool, err error) {
	ctx := t.Context()
	dir, err := os.MkdirTemp(injectedFolder(t), "")
	check(t, err)
	defer os.RemoveAll(dir)
	before := prepare(t, dir, sc)
	var late sync.WaitGroup
	count, at := -1, crashfs.Kind(0)
	sys := crashfs.Wrap(crashfs.Unsynced(), func(op *crashfs.Op, do func() error) error {
		if count >= 0 {
			if count++; count == n {
				at = op.Kind
				m.do(filepath.Join(dir, controlDir), &late)
			}
		}
		return do()
	})
	b, err := openOver(dir, nil, sys)
	if err != nil {
		return false, err
	}
	defer b.Close()
	first := stepPut("first", 1, 0) // so that the handle has a staging folder
	if err := first.do(ctx, b); err != nil {
		return false, err
	}
	before = first.after(before)
	count = 0
	failure := sc.run.do(ctx, b)
	hit = count >= n
	count = -1
	late.Wait()

	all := sc.run.states(before)
	allowed := all[len(all)-1:]
	switch {
	case failure == nil:
	case !m.cuts, files.KindOf(failure) == nil:
		return hit, fmt.Errorf("before %v: %w", at, failure)
	case errors.Is(failure, files.ErrUncertain):
		return hit, nil
	default:
		allowed = all[:len(all)-1]
	}
	seen, err := seeAll(ctx, b)
	if err == nil {
		_, err = anyOf(seen, allowed)
	}
	if err != nil {
		return hit, fmt.Errorf("before %v (%v): %w", at, failure, err)
	}
	again := stepPut("again", 2, 2)
	if err := again.do(ctx, b); err != nil {
		return hit, fmt.Errorf("before %v: the handle no longer works: %w", at, err)
	}
	if err := b.Close(); err != nil {
		return hit, err
	}
	if n := sys.Open(); n != 0 {
		return hit, fmt.Errorf("before %v: %d descriptors are open after Close", at, n)
	}
	return hit, nil
}

// No descriptor is left open for any of a hundred lost staging folders.
func TestLostStagingFoldersAreClosed(t *testing.T) {
	dir := t.TempDir()
	sys := crashfs.Wrap(crashfs.Unsynced(), func(_ *crashfs.Op, do func() error) error {
		return do()
	})
	b, err := openOver(dir, nil, sys)
	check(t, err)
	defer b.Close()
	var open int64
	for i := range 100 {
		check(t, stepPut("f", i, 1).do(t.Context(), b),
			os.RemoveAll(filepath.Join(dir, controlDir)))
		if i == 1 {
			open = sys.Open()
		}
	}
	if n := sys.Open(); n > open {
		t.Errorf("%d descriptors are open, %d were after the first turns, want at most %v", n, open,
			open)
	}
}

// A lock excludes others even if its files are removed while it is held.
func TestLockFileRemoved(t *testing.T) {
	dir := t.TempDir()
	check(t, inParallel(8, func(w int) error {
		b, err := Open(dir, noSync)
		if err != nil {
			return err
		}
		defer b.Close()
		for i := range 100 {
			if w == 0 {
				os.RemoveAll(filepath.Join(dir, controlDir))
			}
			if i == 0 {
				_, err := b.Put(t.Context(), "counter", strings.NewReader("0"), &files.PutOptions{
					If:         files.IfAbsent(),
					Attributes: files.Attributes{Metadata: map[string]string{"v": "0"}},
				})
				if err != nil && !errors.Is(err, files.ErrExist) {
					return err
				}
			}
			if err := increment(b, "counter"); err != nil {
				return err
			}
		}
		return nil
	}))
	b := openBucket(t, dir, nil)
	if s, _ := fetch(t, b, "counter"); s != "800" {
		t.Errorf("the counter is %s, want 800", s)
	}
}
