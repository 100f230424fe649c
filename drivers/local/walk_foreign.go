package local

import (
	"context"
	"iter"
	"slices"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// listAll merges the names with the keys of foreign files, which are their paths on disk (L7). A folder that holds an escaped
// element has its keys elsewhere than its names: so these are two walks.
func (w *walker) listAll(ctx context.Context, root fsys.Dir, req driver.ListRequest, yield func(files.Entry, error) bool) {
	next, stop := iter.Pull2(func(yield func(files.Entry, error) bool) { w.foreign(ctx, root, req, yield) })
	defer stop()
	key, err, more := next()
	ended := false
	emit := func(e files.Entry, err error) {
		ended = !yield(e, err) || err != nil
	}
	w.names(ctx, root, req, func(e files.Entry, nameErr error) bool {
		for nameErr == nil && more && !ended && (err != nil || sortKey(key) <= e.Name) {
			if err != nil || sortKey(key) != e.Name { // a directory may be in both
				emit(key, err)
			}
			key, err, more = next()
		}
		if !ended {
			emit(e, nameErr)
		}
		return !ended
	})
	for ; more && !ended; key, err, more = next() {
		emit(key, err)
	}
}

func sortKey(e files.Entry) string {
	if e.Name == "" {
		return e.Key
	}
	return e.Name
}

// foreign yields what is no name, and in a shallow listing the folders that hold such.
func (w *walker) foreign(ctx context.Context, root fsys.Dir, req driver.ListRequest, yield func(files.Entry, error) bool) {
	base := req.Dir()
	f := filter{prefix: req.Prefix[len(base):], shallow: req.Shallow, room: 1 << 30}
	switch after := req.StartAfter; {
	case strings.HasPrefix(after, base):
		f.after = after[len(base):]
	case after > base:
		return
	}
	at := region{}
	dir := strings.TrimSuffix(base, "/")
	if base != "" {
		for _, e := range strings.Split(dir, "/") {
			if e == "" || e == "." || e == ".." || strings.ContainsRune(e, 0) || e == controlDir {
				return
			}
			at = at.enter(w.rules, e)
		}
	}
	l := &walk{walker: w, ctx: ctx, req: req, yield: yield, buf: buffers.Get().(*[]byte), path: []byte(base)}
	defer buffers.Put(l.buf)
	if _, err := l.descendForeign(root, dir, f, at); err != nil {
		yield(files.Entry{}, err)
	}
}

// region is what a folder on disk is to names.
type region struct {
	name    string   // the logical folder, with a slash behind it unless it is ""
	parts   []string // of the chain that it is in
	foreign bool     // no name leads here
}

// enter is the region of a folder in this one.
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

// isName reports whether a file here has a name.
func (at region) isName(r rules, disk string) bool {
	text, k, _ := r.classify(disk, fsys.Regular, at.parts)
	return !at.foreign && k == aFile && len(at.name)+len(text) <= files.MaxName
}

// descendForeign is descend by names on disk.
func (l *walk) descendForeign(parent fsys.Dir, path string, want filter, at region) (more bool, err error) {
	dir, err := parent.OpenDir(path)
	if err != nil {
		return true, gone(err)
	}
	defer dir.Close()
	f := l.folder(dir)
	defer l.release(f)
	if err := l.readDisk(f, &want); err != nil {
		return false, err
	}
	length := len(l.path)
	for _, it := range f.items {
		if l.ctx.Err() != nil {
			return false, files.ContextError(l.ctx)
		}
		l.path = append(l.path[:length], f.text(it)...)
		disk := string(f.text(it))
		switch {
		case it.isFolder():
			more, err = l.enterForeign(f, disk, want, at)
		case at.isName(l.rules, disk) || strings.HasPrefix(disk, ownPrefix) && strings.HasSuffix(disk, sidecarExt):
			continue
		default:
			more, err = l.emitForeign(dir, disk)
		}
		if !more || err != nil {
			return false, err
		}
	}
	l.path = l.path[:length]
	return true, nil
}

func (l *walk) emitForeign(dir fsys.Dir, disk string) (more bool, err error) {
	if strings.HasSuffix(disk, sidecarExt) {
		if sidecar, err := isSidecar(dir, disk); sidecar || err != nil {
			return gone(err) == nil, gone(err)
		}
	}
	e, ok, err := l.stat(dir, disk)
	if !ok || err != nil {
		return err == nil, err
	}
	e.Key = string(l.path)
	return l.yield(e, nil), nil
}

func (l *walk) enterForeign(f *folder, text string, want filter, at region) (more bool, err error) {
	disk := text[:len(text)-1]
	if disk == controlDir {
		return true, nil // the bucket's, or that of a bucket whose root lies in this one
	}
	sub := at.enter(l.rules, disk)
	if !want.shallow {
		want.prefix, want.after = "", below(want.after, text)
		return l.descendForeign(f.dir, disk, want, sub)
	}
	found := false
	probe := &walk{walker: l.walker, ctx: l.ctx, buf: l.buf, path: l.path, yield: func(files.Entry, error) bool {
		found = true
		return false
	}}
	if _, err := probe.descendForeign(f.dir, disk, filter{room: want.room}, sub); err != nil || !found {
		return err == nil, err
	}
	e := files.Entry{Key: string(l.path), IsDir: true}
	if sub.name == e.Key {
		e = files.Entry{Name: e.Key, IsDir: true}
	}
	return l.yield(e, nil), nil
}

// readDisk reads a folder as it is on disk.
func (l *walk) readDisk(f *folder, want *filter) error {
	var failed error
	_, err := readAll(f.dir, *l.buf, func(name []byte, t fsys.Type) bool {
		if t == fsys.Unknown {
			st, err := f.dir.Lstat(string(name))
			t, failed = st.Type, gone(err)
		}
		if t == fsys.Regular || t == fsys.Directory {
			f.add(want, name, t == fsys.Directory, ownPlace)
		}
		return failed == nil
	}, nil)
	if err == nil {
		err = failed
	}
	f.sort()
	return err
}
