package local

import (
	"errors"
	"io"
	"io/fs"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// pathKind is the kind of a file's path. One name may have several, of which the first
// counts.
type pathKind uint8

const (
	basePath pathKind = iota // the plain or escaped name
	leafPath                 // leafName, beside a folder of its name (N3)
	asIs                     // x.attrs of another program: a file unless it is a sidecar
)

// statEntry finds the file and its entry. The file may have been renamed since the
// folder was read, to leafName or back (N3), so both names are tried, and more than
// once. If the path that was read is a sidecar, there is no file: a file with another
// path would have been found first.
func (w *walker) statEntry(dir fsys.Dir, element string,
	first pathKind) (files.Entry, bool, error) {
	for try := 0; ; try++ {
		e, ok, err := w.statEntryOnce(dir, element, first)
		if ok || err != nil || try >= maxConfirms || confirmed(dir, element, leafName(element)) {
			return e, ok, err
		}
	}
}

func (w *walker) statEntryOnce(dir fsys.Dir, element string,
	first pathKind) (files.Entry, bool, error) {
	for _, p := range [...]pathKind{first, basePath, leafPath, basePath, leafPath, asIs} {
		if p == asIs {
			if !strings.HasSuffix(element, sidecarExt) {
				continue
			}
			// A file that is missing may be a sidecar that is just being replaced.
			if sidecar, err := isSidecar(dir, element); sidecar || err != nil {
				return files.Entry{}, false, gone(err)
			}
		}
		e, ok, err := w.statEntryAt(dir, element, p)
		if ok || err != nil {
			return e, ok, err
		}
	}
	return files.Entry{}, false, nil
}

func (w *walker) statEntryAt(dir fsys.Dir, element string, p pathKind) (files.Entry, bool, error) {
	base := element
	if p != asIs && !plain(w.rules, element) {
		chain, last := w.rules.encodeElement(element)
		if base = last; chain != nil {
			d, err := dir.OpenDir(strings.Join(chain, "/"))
			if err != nil {
				return files.Entry{}, false, gone(err)
			}
			defer d.Close()
			dir = d
		}
	}
	if p == leafPath {
		base = leafName(base)
	}
	return w.stat(dir, base)
}

// stat returns the entry of the file at one path; ok is false if there is none.
func (w *walker) stat(dir fsys.Dir, base string) (e files.Entry, ok bool, err error) {
	ok, err = w.statInto(&e, dir, base)
	return e, ok, err
}

func (w *walker) statInto(e *files.Entry, dir fsys.Dir, base string) (ok bool, err error) {
	st, err := dir.Lstat(base)
	if err != nil || st.Type != fsys.Regular {
		return false, gone(err)
	}
	e.Size, e.ModTime = st.Size, st.Modified()
	if hasProvingTime(&st) { // the usual case
		e.Version = putVersion(&st, "")
		return true, nil
	}
	e.Version, err = listedVersion(w.version, dir, base, st)
	return err == nil, gone(err)
}

// listedVersion returns the version of a file that isn't open. If the user may not read
// the file, it is the version of a foreign file.
func listedVersion(
	of func(fsys.Dir, string, fsys.Stat) (files.Version, error), dir fsys.Dir, base string,
	st fsys.Stat,
) (files.Version, error) {
	v, err := of(dir, base, st)
	if errors.Is(err, fs.ErrPermission) {
		return foreignVersion(&st), nil
	}
	return v, err
}

// sidecarHead is the beginning of every sidecar, of fileblob and of the driver.
const sidecarHead = `{"user.cache_control"`

// isSidecar reports whether the file, whose name ends in .attrs, is a sidecar. A file
// that the user may not read counts as one.
func isSidecar(dir fsys.Dir, base string) (bool, error) {
	f, _, err := dir.OpenSeen(base)
	if errors.Is(err, fs.ErrPermission) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	var head [sidecarHeadLen]byte
	n, err := f.ReadAt(head[:], 0)
	if err == nil || err == io.EOF {
		return beginsSidecar(head[:n]), nil
	}
	if _, e := f.Stat(); e != nil {
		err = e // the file was replaced by something else
	}
	return false, err
}

// gone returns nil for the error of an entry that was removed or replaced since its
// folder was read (L4), and err otherwise.
func gone(err error) error {
	if errors.Is(err,
		fs.ErrNotExist) || errors.Is(err, fsys.ErrNotDir) || errors.Is(err, fsys.ErrNotFile) {
		return nil
	}
	return err
}
