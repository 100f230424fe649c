package local

import (
	"io"
	"os"
	"strconv"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The control folder and what it holds. Every name ends in .attrs, so that fileblob
// doesn't list it. The first write makes the folder.
const (
	controlDir  = ".cloudfiles.attrs"
	versionFile = "version.attrs" // the format of the folder, in decimal
	// locks of folders and staging folders, if locks of directories don't suffice
	lockName  = "lock.attrs"
	aliveFile = "alive.attrs" // in a staging folder: locked while its process lives

	// formatVersion is 2 because folders are now locked by their directories. A program
	// that locks in another way supports only format 1, and refuses the folder.
	formatVersion = 2
)

// checkFormat refuses a folder that a newer version of the driver has written.
func (b *backend) checkFormat() error {
	f, _, err := b.root.OpenFile(controlDir + "/" + versionFile)
	if missing(err) {
		return nil // not written to yet
	}
	if isDenied(err) {
		b.checked.Store(true) // another user's, and unreadable; begin makes a second one
		return nil
	}
	if err != nil {
		return mapError(err)
	}
	defer f.Close()
	if _, err := readFormat(f); err != nil {
		return err
	}
	b.checked.Store(true)
	return nil
}

// readFormat reads the format mark; it returns 0 if the mark isn't written yet.
func readFormat(f fsys.File) (int, error) {
	buf := make([]byte, 32)
	n, err := f.ReadAt(buf, 0)
	if err != nil && err != io.EOF {
		return 0, mapError(err)
	}
	text := strings.Trim(string(buf[:n]), "\x00 \n") // a power failure may leave zeros
	if text == "" {
		return 0, nil
	}
	v, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, driver.Errorf(files.ErrInvalid, "the folder's format mark is not a number")
	case v > formatVersion:
		return v, driver.Errorf(files.ErrInvalid,
			"the folder has format %d, written by a newer version; this one supports up to %d", v,
			formatVersion)
	}
	return v, nil
}

// userControl is the name of the control folder of a user who may write in the bucket's
// folder but not in its control folder, because another user made that one before the
// folder was shared. It has staging folders and no locks.
func userControl() string {
	return controlPrefix + "-u" + strconv.Itoa(os.Geteuid()) + sidecarExt
}

// isControl reports whether an entry of the bucket's folder is a control folder.
func isControl(name string) bool {
	return strings.HasPrefix(name, controlPrefix) && strings.HasSuffix(name, sidecarExt)
}

// control opens the control folder, or makes it. Errors are the system's.
func (b *backend) control() (fsys.Dir, error) { return b.controlAt(controlDir) }

func (b *backend) controlAt(name string) (fsys.Dir, error) {
	d, err := b.root.OpenDir(name)
	if !isNotExist(err) {
		return d, mapControlError(err)
	}
	if err := b.root.Mkdir(name, b.opts.DirFileMode); err != nil && !isExist(err) {
		return nil, err
	}
	d, err = b.root.OpenDir(name)
	if err == nil && name == controlDir {
		b.shareDir(d)
	}
	return d, mapControlError(err)
}

func mapControlError(err error) error {
	if fsys.IsNotDirectory(err) {
		return driver.Errorf(files.ErrInvalid, controlDir+" is not a folder")
	}
	return err
}

// writeFormat writes the format mark if there is none, and replaces an older one. The
// caller holds the control folder's lock.
func (b *backend) writeFormat(d fsys.Dir) error {
	if marked, err := b.isMarked(d); err != nil || marked {
		return err
	}
	f, err := d.OpenLock(versionFile)
	if err != nil {
		return err
	}
	defer f.Close()
	b.shareFile(f)
	if _, err := f.Write([]byte(strconv.Itoa(formatVersion) + "\n")); err != nil || b.opts.NoSync {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return d.Sync()
}

// isMarked reports whether the format mark is that of this version.
func (b *backend) isMarked(d fsys.Dir) (bool, error) {
	f, _, err := d.OpenFile(versionFile)
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	v, err := readFormat(f)
	return v == formatVersion, err
}
