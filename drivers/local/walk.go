package local

import (
	"context"
	"iter"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// walker lists a folder in the byte order of full names. It reads one folder at a time, sorts it as if folders ended in "/",
// and looks at its files shortly before they are yielded. Between the entries it yields nothing is locked; open are the
// folders on the path to where it is.
type walker struct {
	rules rules
	// version tells an entry's version, of the file called base in dir.
	version func(dir fsys.Dir, base string, st fsys.Stat) (files.Version, error)
}

// list yields what lies below the root. Errors are those of fsys.
func (w *walker) list(ctx context.Context, root fsys.Dir, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		if req.Foreign {
			w.listAll(ctx, root, req, yield)
			return
		}
		w.names(ctx, root, req, yield)
	}
}

// names yields the names, and no foreign keys.
func (w *walker) names(ctx context.Context, root fsys.Dir, req driver.ListRequest, yield func(files.Entry, error) bool) {
	base := req.Dir()
	f := filter{prefix: req.Prefix[len(base):], shallow: req.Shallow, room: files.MaxName - len(base)}
	if base != "" && files.CheckName(base[:len(base)-1]) != nil {
		return
	}
	switch after := req.StartAfter; {
	case strings.HasPrefix(after, base):
		f.after = after[len(base):]
	case after > base:
		return
	}
	l := &walk{walker: w, ctx: ctx, req: req, yield: yield, buf: buffers.Get().(*[]byte), path: []byte(base)}
	defer buffers.Put(l.buf)
	if _, err := l.descend(root, w.rules.encodeDir(strings.TrimSuffix(base, "/")), f); err != nil {
		yield(files.Entry{}, err)
	}
}

// walk is one listing.
type walk struct {
	*walker
	ctx   context.Context
	req   driver.ListRequest
	yield func(files.Entry, error) bool
	buf   *[]byte   // for ReadDir
	path  []byte    // the folder's name, with a slash behind it, or empty
	free  []*folder // to be used again
	steps uint
	batch batch
}

// filter is what is wanted of a folder, relative to it.
type filter struct {
	prefix, after string
	shallow       bool
	room          int // how many bytes a name may have
}

// wants reports whether the element, with a slash behind it if it is a folder, is wanted or leads to what is.
func (f *filter) wants(text []byte, isDir bool) bool {
	n := len(text)
	switch {
	case n > f.room, n == f.room && isDir:
		return false
	case n < len(f.prefix), string(text[:len(f.prefix)]) != f.prefix:
		return false
	case string(text) > f.after:
		return true
	}
	return isDir && !f.shallow && n <= len(f.after) && f.after[:n] == string(text)
}

// descend opens a folder and yields what is wanted of it; it returns false when the caller has enough. One that isn't there
// any more is empty (L4, L6).
func (l *walk) descend(parent fsys.Dir, path string, want filter) (more bool, err error) {
	dir, err := parent.OpenDir(path)
	if err != nil {
		return true, gone(err)
	}
	defer dir.Close()
	f := l.folder(dir)
	defer l.release(f)
	if err := l.read(f, &want); err != nil {
		return false, err
	}
	length := len(l.path)
	for rest := f.items; len(rest) > 0; {
		n := 1
		if rest[0].isFolder() {
			if l.ended() {
				return false, files.ContextError(l.ctx)
			}
			l.path = append(l.path[:length], f.text(rest[0])...)
			more, err = l.enter(f, rest[0], want)
			l.path = l.path[:length]
		} else {
			n, more, err = l.emit(f, rest)
		}
		if !more || err != nil {
			return false, err
		}
		rest = rest[n:]
	}
	return true, nil
}

// ended reports, at every 256th call, whether the context has ended.
func (l *walk) ended() bool {
	l.steps++
	return l.steps%256 == 0 && l.ctx.Err() != nil
}

// enter goes into a folder, whose name l.path has, or yields it where the listing is shallow.
func (l *walk) enter(f *folder, it item, want filter) (more bool, err error) {
	text := string(f.text(it))
	path := l.rules.encodeDir(text[:len(text)-1])
	want.room -= len(text)
	if want.shallow {
		found, err := l.holdsFile(f.dir, path, nil, want.room)
		if !found || err != nil {
			return err == nil, err
		}
		return l.yield(files.Entry{Name: string(l.path), IsDir: true}, nil), nil
	}
	want.prefix, want.after = "", below(want.after, text)
	return l.descend(f.dir, path, want)
}

// below is what is left of a place to start after, in the folder.
func below(after, folder string) string {
	if rest, ok := strings.CutPrefix(after, folder); ok {
		return rest
	}
	return ""
}
