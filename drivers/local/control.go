package local

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// The control folder and what lies in it. Every name ends in .attrs, so that fileblob's listing doesn't show it. It is made
// by the first write.
const (
	controlDir  = ".cloudfiles.attrs"
	versionFile = "version.attrs" // the format of the folder, in decimal
	lockFile    = "lock.attrs"    // names and sessions are locked by ranges of its bytes
	aliveFile   = "alive.attrs"   // of a session: locked while its process lives

	formatVersion = 1
)

// checkFormat refuses a folder that a newer version of the driver has written.
func (b *backend) checkFormat() error {
	f, _, err := b.root.OpenFile(controlDir + "/" + versionFile)
	if missing(err) {
		return nil // not written to yet
	}
	if err != nil {
		return fault(err)
	}
	defer f.Close()
	if _, err := readFormat(f); err != nil {
		return err
	}
	b.checked.Store(true)
	return nil
}

// readFormat returns 0 for a mark that isn't written yet.
func readFormat(f fsys.File) (int, error) {
	buf := make([]byte, 32)
	n, err := f.ReadAt(buf, 0)
	if err != nil && err != io.EOF {
		return 0, fault(err)
	}
	text := strings.Trim(string(buf[:n]), "\x00 \n") // a power failure may leave zeros
	if text == "" {
		return 0, nil
	}
	v, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, files.Errorf(files.ErrInvalid, "the folder's format mark is not a number")
	case v > formatVersion:
		return v, files.Errorf(files.ErrInvalid, "the folder has format %d, written by a newer version; this one knows up to %d", v, formatVersion)
	}
	return v, nil
}

// control opens the control folder, or makes it.
func (b *backend) control() (fsys.Dir, error) {
	d, err := b.root.OpenDir(controlDir)
	if !isNotExist(err) {
		return d, fault(err)
	}
	if err := b.root.Mkdir(controlDir, b.opts.DirFileMode); err != nil && !isExist(err) {
		return nil, fault(err)
	}
	d, err = b.root.OpenDir(controlDir)
	return d, fault(err)
}

// writeFormat leaves the mark, once. The caller holds the lock of sessions.
func (b *backend) writeFormat(d fsys.Dir) error {
	f, err := d.OpenLock(versionFile)
	if err != nil {
		return fault(err)
	}
	defer f.Close()
	v, err := readFormat(f)
	if err != nil || v > 0 {
		return err
	}
	if _, err := f.Write([]byte(strconv.Itoa(formatVersion) + "\n")); err != nil || b.opts.NoSync {
		return fault(err)
	}
	if err := f.Sync(); err != nil {
		return fault(err)
	}
	return fault(d.Sync())
}

// lockless reports whether the file system has no locks: then the process excludes only itself.
func lockless(err error) bool { return errors.Is(err, errors.ErrUnsupported) }
