package local

import (
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// A listing has at most 32 descriptors at any depth: those of the levels of two walks,
// of a chain of folders that stands for a long element, or of the helpers that open
// files, each in a different folder.
const (
	maxLevels        = 8 // of the walk of names
	maxForeignLevels = 4 // of the walk of raw keys
	maxSearchLevels  = 3 // of a search by holdsFile
	maxStats         = 8 // goroutines that stat files, with the caller's
	// maxPath is less than the longest path that systems take.
	maxPath = 2048
)

// levels are the folders on the path to a walk's position, the outermost first. Only
// some are open: the outermost are closed if there are too many, and opened again by
// their path when the walk returns to them.
type levels struct {
	root fsys.Dir
	most int // how many may be open
	all  []level
	open int
}

type level struct {
	dir  fsys.Dir // nil while it is closed
	disk string   // the path from the level above
	st   fsys.Stat
}

// enter opens a folder in the innermost level, and makes it the innermost. An error
// changes nothing.
func (l *levels) enter(path string) (fsys.Stat, error) {
	d, err := openPath(l.dir(), path)
	if err != nil {
		return fsys.Stat{}, err
	}
	st, err := d.Stat()
	if err != nil {
		d.Close()
		return st, err
	}
	l.all = append(l.all, level{d, path, st})
	l.opened()
	return st, nil
}

// opened counts a level that was opened, and closes the outermost if there are too many.
func (l *levels) opened() {
	if l.open++; l.open <= l.most {
		return
	}
	for i := range l.all {
		if v := &l.all[i]; v.dir != nil {
			v.dir.Close()
			v.dir = nil
			l.open--
			return
		}
	}
}

// dir returns the innermost folder, which is open.
func (l *levels) dir() fsys.Dir {
	if len(l.all) == 0 {
		return l.root
	}
	return l.all[len(l.all)-1].dir
}

// leave closes the innermost level.
func (l *levels) leave() {
	v := l.all[len(l.all)-1]
	l.all = l.all[:len(l.all)-1]
	if v.dir != nil {
		v.dir.Close()
		l.open--
	}
}

// closed reports whether the innermost level is closed.
func (l *levels) closed() bool { return l.all[len(l.all)-1].dir == nil }

// reopen opens the innermost level again. replaced reports whether another folder has
// its path now.
func (l *levels) reopen() (d fsys.Dir, replaced bool, err error) {
	from, i := l.root, len(l.all)-1
	for ; i > 0; i-- {
		if up := l.all[i-1].dir; up != nil {
			from = up
			break
		}
	}
	var path []string
	for _, v := range l.all[i:] {
		if v.disk != "" {
			path = append(path, v.disk)
		}
	}
	v := &l.all[len(l.all)-1]
	if d, err = openPath(from, strings.Join(path, "/")); err != nil {
		return nil, false, err
	}
	st, err := d.Stat()
	if err != nil {
		d.Close()
		return nil, false, err
	}
	replaced = !st.SameFile(v.st)
	v.dir, v.st = d, st
	l.opened()
	return d, replaced, nil
}

// openPath opens a folder, whose path may be longer than the system takes.
func openPath(d fsys.Dir, path string) (fsys.Dir, error) {
	var between fsys.Dir
	for len(path) > maxPath {
		i := strings.LastIndexByte(path[:maxPath], '/')
		next, err := d.OpenDir(path[:i])
		if between != nil {
			between.Close()
		}
		if err != nil {
			return nil, err
		}
		d, between, path = next, next, path[i+1:]
	}
	last, err := d.OpenDir(path)
	if between != nil {
		between.Close()
	}
	return last, err
}
