package local

import (
	"errors"
	"io"
	"io/fs"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// pathKind is where a file lies. One name has several, of which the first counts.
type pathKind uint8

const (
	ownName  pathKind = iota // where its name says
	leafPath                 // beside a folder of its name (N3)
	asIs                     // x.attrs that other programs put there: a file unless it is a sidecar
)

// statEntry finds the file and what there is to tell of it. It may have moved since the
// folder was read, to the place beside a folder of its name or back (N3): so both are
// tried, and more than once. A sidecar at the place where the file was seen is the end:
// a file of that name elsewhere would have been seen first.
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
	for _, p := range [...]pathKind{first, ownName, leafPath, ownName, leafPath, asIs} {
		if p == asIs {
			if !strings.HasSuffix(element, sidecarExt) {
				continue
			}
			// One that isn't there may be a sidecar that is just being replaced.
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

// stat looks at one place; ok is false if there is no file.
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
	if hasProvingTime(&st) { // as most have
		e.Version = ownVersion(&st, "")
		return true, nil
	}
	e.Version, err = listedVersion(w.version, dir, base, st)
	return err == nil, gone(err)
}

// listedVersion is the version of a file that isn't open. One that may be seen and not
// read has that of its size and time.
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

// sidecarHead is what every sidecar begins with, fileblob's and ours.
const sidecarHead = `{"user.cache_control"`

// isSidecar reports whether the file, whose name ends in .attrs, is a sidecar. One that
// may not be read is taken for one.
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
		err = e // it isn't what it was a moment before
	}
	return false, err
}

// gone drops the errors of what vanished, or became something else, since its folder
// was read (L4).
func gone(err error) error {
	if errors.Is(err,
		fs.ErrNotExist) || errors.Is(err, fsys.ErrNotDir) || errors.Is(err, fsys.ErrNotFile) {
		return nil
	}
	return err
}
