//go:build unix

package local

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// A dead process's staging folder is emptied, unless that can't be known: if an operation
// fails, or if it lost its alive.attrs, as by a power failure, and its process may be on
// another machine, which only the lock of that file would show. The Put succeeds, and
// nothing is left open.
func TestDeadIsSwept(t *testing.T) {
	const left = "s-0123.attrs"
	for _, noDirLocks := range []bool{false, true} {
		for _, withAlive := range []bool{false, true} {
			for failing, name := range map[crashfs.Kind]string{
				crashfs.Mkdir:    "", // nothing fails
				crashfs.OpenDir:  left,
				crashfs.Lstat:    aliveFile,
				crashfs.OpenLock: aliveFile,
			} {
				dir, failed := memdir.New(t), false
				h := &hookFS{FS: fsys.OS(), noDirLocks: noDirLocks}
				sys := crashfs.Wrap(h, func(op *crashfs.Op, do func() error) error {
					if !failed && op.Kind == failing && op.Name == name {
						failed = true
						return syscall.EIO
					}
					return do()
				})
				b := openOdd(t, sys, dir)
				write(t, dir, controlDir+"/"+left+"/1.attrs", "half")
				if withAlive {
					write(t, dir, controlDir+"/"+left+"/"+aliveFile, "")
				}
				putIn(t, b, "a", "x", nil)
				stays := failed || !withAlive && driver.Unwrap(b).(*backend).byFile
				if staged := stagedIn(dir); stays != (len(staged) == 1) {
					t.Errorf("without locks of folders: %v, with alive.attrs: %v, EIO at %v: %v: "+
						"%q are staged, want 1.attrs: %v", noDirLocks, withAlive, failing, failed,
						staged, stays)
				}
				ok(t, b.Close())
				if n := sys.Open(); n != 0 {
					t.Errorf("%d descriptors are open after Close, want 0", n)
				}
			}
		}
	}
}

// What a live process has staged stays, by whichever lock it is known to be alive, and also
// if another program removed its alive.attrs.
func TestAliveIsNotSwept(t *testing.T) {
	for _, noDirLocks := range []bool{false, true} {
		for _, removed := range []bool{false, true} {
			h := hookFS{noDirLocks: noDirLocks, before: func(op, name string) error {
				if op == "create" && name == "" { // so that each staged file has a name
					return errors.ErrUnsupported
				}
				return nil
			}}
			dir, other := memdir.New(t), h
			b := openHooked(t, dir, noSync, &h)
			half := strings.Repeat("half", 1<<20) // more than a Put writes at a time
			pr, pw := io.Pipe()
			done := make(chan error)
			go func() {
				_, err := b.Put(t.Context(), "slow", pr, nil)
				done <- err
			}()
			_, err := io.WriteString(pw, half)
			ok(t, err)
			alive, err := filepath.Glob(filepath.Join(dir, controlDir, "s-*", aliveFile))
			if err != nil || len(alive) != 1 {
				t.Fatalf("Glob finds %q, %v, want one %s", alive, err, aliveFile)
			}
			if removed {
				ok(t, os.Remove(alive[0]))
			}
			putIn(t, openHooked(t, dir, noSync, &other), "b", "x", nil)
			if left := stagedIn(dir); len(left) != 1 {
				t.Errorf("without locks of folders: %v, without %s: %v: %q are staged, want one",
					noDirLocks, aliveFile, removed, left)
			}
			_, err = io.WriteString(pw, half)
			ok(t, err, pw.Close(), <-done)
			if s, err := files.ReadString(t.Context(), b, "slow", nil); s != half+half {
				t.Errorf("slow has %d bytes, %v, want %d", len(s), err, 2*len(half))
			}
		}
	}
}
