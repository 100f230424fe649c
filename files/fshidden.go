package files

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// fsHidden counts the directories that a listing left out because a file has their
// name, and keeps the first ones.
type fsHidden struct {
	n     int
	names []string
}

const maxHidden = 10 // how many are named

func (h *fsHidden) add(name string) {
	h.n++
	if len(h.names) < maxHidden {
		h.names = append(h.names, name)
	}
}

// hiddenDirs is the cause of a ReadDir that could not show everything.
type hiddenDirs struct{ error }

func (h hiddenDirs) Unwrap() error { return h.error }

// hiddenError returns an error that names what was left out, or nil.
func (d *fsDir) hiddenError() error {
	if d.hidden.n == 0 || d.view.opts.IgnoreHidden {
		return nil
	}
	names := make([]string, len(d.hidden.names))
	for i, n := range d.hidden.names {
		if d.name != "." {
			n = d.name + "/" + path.Base(n) + "/"
		}
		names[i] = strconv.Quote(n)
	}
	text := strings.Join(names, ", ")
	if more := d.hidden.n - len(names); more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	err := errorf(ErrUnsupported,
		"io/fs can't show a directory beside a file of its name, so these are left out: %s", text)
	return newError(OpList, d.name, hiddenDirs{err})
}

// Glob is fs.Glob, except for directories that can't be shown whole: it returns the
// matches and the first error of a directory. fs.Glob would ignore that error and
// everything in the directory.
func (v *fsView) Glob(pattern string) ([]string, error) {
	g := &globView{view: v}
	matches, err := fs.Glob(g, pattern)
	if err == nil {
		err = g.err
	}
	return matches, err
}

// globView is the view for fs.Glob; it keeps the error.
type globView struct {
	view *fsView
	err  error
}

func (g *globView) Open(name string) (fs.File, error)     { return g.view.Open(name) }
func (g *globView) Stat(name string) (fs.FileInfo, error) { return g.view.Stat(name) }

func (g *globView) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := g.view.ReadDir(name)
	if _, hidden := errors.AsType[hiddenDirs](err); hidden {
		if g.err == nil {
			g.err = err
		}
		return slices.Clip(list), nil
	}
	return list, err
}
