package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// A program that finds a staged file by its name in the control folder, and truncates
// it while it is moved, truncates neither a file whose Put is acknowledged nor its
// sidecar. That also holds if the move can't be undone: on FUSE, over another file.
func TestStagedFileCutInMove(t *testing.T) {
	for _, kind := range []mounts.Kind{mounts.NTFS3G, mounts.ExfatFuse} {
		t.Run(string(kind), func(t *testing.T) {
			for _, sync := range []bool{false, true} {
				for _, cuts := range []int{1, 2, 3, 4} {
					t.Run(fmt.Sprintf("sync=%v/%d", sync, cuts), func(t *testing.T) {
						if cuts == 2 || cuts == 3 {
							longtest.Only(t, "between those with one and four cuts")
						}
						cutInMove(t, fsys.OS(), inMount(t, kind), &Options{NoSync: !sync}, cuts,
							false)
					})
				}
			}
		})
	}
}

// The same holds on any file system that can't exchange two files, with each way to store
// what belongs to a file.
func TestStagedFileCutBeforeTwin(t *testing.T) {
	for _, cuts := range []int{1, 2, 4, 7} {
		for _, noXattr := range []bool{false, true} {
			for _, contents := range []bool{false, true} {
				h := &hookFS{FS: fsys.OS(), fuse: true, noXattr: noXattr}
				opts := &Options{NoSync: cuts > 2}
				cutInMove(t, h, t.TempDir(), opts, cuts, contents)
			}
		}
	}
}

// If no twin can be made, Put returns the error.
func TestTwinFails(t *testing.T) {
	for _, noXattr := range []bool{false, true} {
		dir := t.TempDir()
		var cutters sync.WaitGroup
		waits := false
		h := &hookFS{FS: fsys.OS(), fuse: true, noXattr: noXattr}
		sys := crashfs.Wrap(h, func(op *crashfs.Op, do func() error) error {
			switch {
			case op.Kind == crashfs.Rename && op.NewName == "a" && !waits:
				waits = waitsToCut(t, dir, op, &cutters)
			case op.Kind == crashfs.Create && waits:
				return syscall.EIO
			}
			return do()
		})
		b, err := openOver(dir, noSync, sys)
		ok(t, err)
		write(t, dir, "a", "old")
		_, err = files.PutString(t.Context(), b, "a", "new", nil)
		if !errors.Is(err, syscall.EIO) {
			t.Errorf("without extended attributes: %v: Put = %v, want EIO", noXattr, err)
		}
		ok(t, b.Close())
		cutters.Wait()
		if !waits {
			t.Error("no file was truncated")
		}
	}
}

// A twin that is staged beside its target, on another file system than the control folder,
// has a name there that is no file's.
func TestTwinOnOtherMount(t *testing.T) {
	h := &hookFS{FS: fsys.OS(), fuse: true, mount: true, awaited: map[string]bool{}}
	var made []string // in the folder of the target
	sys := crashfs.Wrap(h, func(op *crashfs.Op, do func() error) error {
		if op.Kind == crashfs.Create && op.Dir.(*hookDir).below {
			made = append(made, op.Name)
		}
		return do()
	})
	b := openOdd(t, sys, memdir.New(t))
	putIn(t, b, "d/a", "old", nil)
	made = nil
	first := true
	h.awaits = func() bool {
		defer func() { first = false }()
		return first
	}
	putIn(t, b, "d/a", "new", nil)
	if s, _ := fetch(t, b, "d/a"); s != "new" {
		t.Errorf("d/a is %q, want %q", s, "new")
	}
	if len(made) != 2 {
		t.Errorf("%q are made beside the target, want the staged file and its twin", made)
	}
	for _, name := range made {
		if !strings.HasPrefix(name, stagePrefix) {
			t.Errorf("%q is made beside the target, want a name that begins with %q", name,
				stagePrefix)
		}
	}
}

// cutInMove puts files while a program truncates what the first moves of each Put move;
// if contents is set, it leaves sidecars alone.
func cutInMove(
	t *testing.T, on fsys.FS, dir string, opts *Options, cuts int, contents bool,
) {
	t.Helper()
	var cutters sync.WaitGroup
	left, met := 0, 0
	sys := crashfs.Wrap(on, func(op *crashfs.Op, do func() error) error {
		if op.Kind == crashfs.Rename && left > 0 && op.NewName != diskFile &&
			(!contents || !strings.HasSuffix(op.NewName, sidecarExt)) {
			if waitsToCut(t, dir, op, &cutters) {
				left--
				met++
			}
		}
		return do()
	})
	b, err := openOver(dir, opts, sys)
	ok(t, err)
	defer b.Close()
	putIn(t, b, "a", "old", nil)
	for _, name := range []string{"a", "b", "Größe?/c", "plain"} {
		for turn := range 2 {
			text := strings.Repeat(fmt.Sprintf("%s %d\n", name, turn), 1000)
			meta := map[string]string{"of": strings.Repeat(fmt.Sprint(turn), 900*turn+1)}
			if name == "plain" {
				meta = nil // so that there is no sidecar
			}
			left = cuts
			info, err := b.Put(t.Context(), name, strings.NewReader(text), &files.PutOptions{
				Attributes: files.Attributes{Metadata: meta},
			})
			if err != nil {
				t.Fatalf("Put(%s) in turn %d = %v", name, turn, err)
			}
			cutters.Wait()
			if s, now := fetch(t, b, name); s != text || now.Metadata["of"] != meta["of"] ||
				now.Version != info.Version {
				t.Errorf("%s has %d bytes, want %d; metadata %.20q; version %s, want %s", name,
					len(s),
					len(text), now.Metadata["of"], now.Version, info.Version)
			}
			file, err := os.Stat(filepath.Join(dir, name))
			side, err2 := os.Stat(filepath.Join(dir, name+sidecarExt))
			if err == nil && err2 == nil && !side.ModTime().Equal(file.ModTime()) {
				t.Errorf("%s has the time %v, its sidecar %v, want the same", name, file.ModTime(),
					side.ModTime())
			}
		}
	}
	if met == 0 {
		t.Error("no file was truncated")
	}
}

// waitsToCut begins to truncate the file that is to be moved, by its name, and returns
// when the kernel makes that call wait.
func waitsToCut(t *testing.T, dir string, op *crashfs.Op, cutters *sync.WaitGroup) bool {
	found, err := filepath.Glob(filepath.Join(dir, controlDir, stagingMark+"*", op.Name))
	ok(t, err)
	st, err := op.Dir.Lstat(op.Name)
	if err != nil || len(found) != 1 || st.Type != fsys.Regular {
		return false
	}
	cutters.Add(1)
	go func() {
		defer cutters.Done()
		if err := os.Truncate(found[0], 1); err != nil && !os.IsNotExist(err) {
			t.Errorf("truncating %s: %v", found[0], err)
		}
	}()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		locks, err := os.ReadFile("/proc/locks")
		ok(t, err)
		for line := range strings.Lines(string(locks)) {
			if strings.Contains(line,
				"BREAKING") && strings.Contains(line, fmt.Sprintf(":%d ", st.Ino)) {
				return true
			}
		}
		if time.Now().After(end) {
			t.Errorf("truncating %s did not wait for the guard", found[0])
			return false
		}
	}
}
