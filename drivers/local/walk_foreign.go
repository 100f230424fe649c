package local

import (
	"iter"
	"slices"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// all merges the names with the raw keys, which are paths on disk (L7). There are
// two walks, because below an escaped element the keys sort differently from the names.
func (l *listing) all(root fsys.Dir, emit func(files.Entry) bool) (more bool, err error) {
	var failed error
	next, stop := iter.Pull(func(yield func(files.Entry) bool) {
		_, failed = l.foreign(root, yield)
	})
	defer stop()
	key, some := next()
	more, err = l.names(root, func(e files.Entry) bool {
		for some && failed == nil && sortKey(key) <= e.Name {
			// A directory may be in both.
			if sortKey(key) != e.Name && !isPassed(key) && !emit(key) {
				return false
			}
			key, some = next()
		}
		return failed == nil && emit(e)
	})
	for ; more && err == nil && some && failed == nil; key, some = next() {
		if !isPassed(key) && !emit(key) {
			return false, nil
		}
	}
	if err == nil {
		err = failed
	}
	return more, err
}

// passed returns an entry that marks a position that the walk of raw keys has
// reached. Names before it needn't wait for the next key, which may be far.
func passed(at string) files.Entry { return files.Entry{Key: at, Size: -1} }

func isPassed(e files.Entry) bool { return e.Size < 0 }

func sortKey(e files.Entry) string {
	if e.Name == "" {
		return e.Key
	}
	return e.Name
}

// foreign lists the raw keys, and in a shallow listing the folders that contain any.
func (l *listing) foreign(root fsys.Dir, emit func(files.Entry) bool) (more bool, err error) {
	base := l.req.Dir()
	f, ok := l.filter(base, 1<<30)
	if !ok {
		return true, nil
	}
	at := region{}
	dir := strings.TrimSuffix(base, "/")
	if base != "" {
		for _, e := range strings.Split(dir, "/") {
			if e == "" || e == "." || e == ".." || strings.ContainsRune(e, 0) || isControl(e) {
				return true, nil
			}
			at = at.enter(l.rules, e)
		}
	}
	w := l.walk(root, base, emit, maxForeignLevels)
	defer w.release()
	return w.descend(dir, f, &at)
}

// region says which names a folder on disk has.
type region struct {
	name    string   // the directory of the bucket, with a slash at its end unless it is ""
	parts   []string // of the chain that it is in
	foreign bool     // no name is in this folder
}

// enter returns the region of a folder in this one.
func (at region) enter(r rules, disk string) region {
	text, k, _ := r.classify(disk, fsys.Directory, at.parts)
	switch {
	case at.foreign:
	case k == aChain && len(at.parts) < maxChain:
		return region{name: at.name, parts: append(slices.Clip(at.parts), text)}
	case k == aFolder && len(at.name)+len(text)+1 < files.MaxName:
		return region{name: at.name + text + "/"}
	}
	return region{foreign: true}
}

// isName reports whether a file in the region has a name.
func (at region) isName(r rules, disk string) bool {
	text, k, _ := r.classify(disk, fsys.Regular, at.parts)
	return !at.foreign && k == aFile && len(at.name)+len(text) <= files.MaxName
}

// isDriverFile reports whether the name on disk is that of a file of the driver.
func isDriverFile(disk string) bool {
	return strings.HasPrefix(disk, controlPrefix) && strings.HasSuffix(disk, sidecarExt)
}

// isForeign reports whether a file has no name and belongs neither to the driver nor to
// the file system.
func (l *walk) isForeign(disk string, at region, kind fsys.Kind) bool {
	return !at.isName(l.rules,
		disk) && !isDriverFile(disk) && !(keepsPlaceholders(kind) && placeholder(disk))
}

// foreignItem yields the raw keys of an item.
func (l *walk) foreignItem(f *dirContent, it item, want filter, at region) (more bool, err error) {
	if l.ctx.Err() != nil {
		return false, driver.ContextError(l.ctx)
	}
	l.path = append(l.path, f.text(it)...)
	disk := string(f.text(it))
	if !it.isDir() {
		return l.emitForeign(f.dir, disk)
	}
	if !l.emit(passed(string(l.path))) {
		return false, nil
	}
	return l.enterForeign(f, disk, want, at)
}

func (l *walk) emitForeign(dir fsys.Dir, disk string) (more bool, err error) {
	if strings.HasSuffix(disk, sidecarExt) {
		if sidecar, err := isSidecar(dir, disk); sidecar || err != nil {
			return true, l.mapFileError(err, string(l.path))
		}
	}
	e, ok, err := l.stat(dir, disk)
	if err != nil {
		return true, l.mapFileError(err, string(l.path))
	}
	if !ok {
		return true, nil
	}
	e.Key = string(l.path)
	return l.emit(e), nil
}

func (l *walk) enterForeign(f *dirContent, text string, want filter,
	at region) (more bool, err error) {
	disk := text[:len(text)-1]
	if isControl(disk) {
		return true, nil // the control folder of this bucket or of one whose root lies in it
	}
	sub := at.enter(l.rules, disk)
	if !want.shallow {
		if l.skips() {
			return true, nil
		}
		want.prefix, want.past, want.after = "", "", below(want.after, text)
		return l.descend(disk, want, &sub)
	}
	found := false
	probe := l.walk(f.dir, string(l.path), func(e files.Entry) bool {
		found = found || !isPassed(e)
		return !found
	}, maxForeignLevels)
	probe.pages = nil
	defer probe.release()
	if _, err := probe.descend(disk, filter{room: want.room}, &sub); err != nil || !found {
		return err == nil, err
	}
	e := files.Entry{Key: string(l.path), IsDir: true}
	if sub.name == e.Key {
		e = files.Entry{Name: e.Key, IsDir: true}
	}
	return l.emit(e), nil
}

// readDisk adds the foreign files of the innermost folder, and its folders, which may
// contain some.
func (l *walk) readDisk(f *dirContent, st fsys.Stat, want *filter, at region, r reading) error {
	var failed error
	kind := l.kindOf(f.dir, st.Dev)
	r.each = func(name []byte, t fsys.Type) bool {
		if l.unknown(string(name)) {
			failed = errEscaped
			return false
		}
		if t == fsys.Unknown {
			now, err := f.dir.Lstat(string(name))
			if err != nil {
				failed = l.mapFileError(err, string(l.path)+string(name))
				return failed == nil
			}
			t = now.Type
		}
		switch {
		case t == fsys.Directory && !l.lostAndFound(f.dir, name),
			t == fsys.Regular && l.isForeign(string(name), at, kind):
			f.add(want, name, t == fsys.Directory, basePath)
		}
		return true
	}
	exact, err := l.readAll(f.dir, st, *l.buf, r)
	if f.page.exact = exact; err != nil {
		failed = l.mapDirError(err)
	}
	return failed
}
