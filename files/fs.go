package files

import (
	"context"
	"errors"
	"io/fs"
)

// FS returns the bucket as an io/fs file system, for fs.WalkDir, template.ParseFS and
// whatever else reads one. ctx governs every request and every open file of it, for an
// fs.FS takes none: a web handler makes a view for each request, which costs an
// allocation. The view has no Close and closes nothing of the bucket, nor does fs.Sub
// of it.
//
// It implements fs.ReadDirFS, fs.ReadFileFS, fs.StatFS, fs.GlobFS and fs.SubFS. Open of
// a file is one request; of a directory, or of what does not exist, it is one more. A
// file seeks, and implements io.ReaderAt (for concurrent use) and io.WriterTo. Reading
// on where the last Read ended costs no request; a ReadAt is a request for just that
// range, and so is the first Read behind a Seek to elsewhere. All are of the version
// that Open found: if the file has been replaced or deleted since, they fail with
// ErrChanged (a bucket without Features.ReadConditions is asked, and its answer
// compared).
//
// An error isn't for ever: the next Read or ReadDir goes on where the last one stood,
// in a new request, but for ErrCorrupt (until a Seek) and listings of a bucket without
// an order. A listing with an entry that isn't directly in the directory is
// ErrInvalidName.
//
// A directory is what has files below it, so an empty one does not exist, but for ".";
// its time is zero. Directories implement fs.ReadDirFile: ReadDir(n) reads page by page
// in bounded memory, in the bucket's order; ReadDir(-1) and fs.ReadDir sort by name.
//
// io/fs has no place for the directory "a" beside the file "a", which may both exist
// (N3). The view shows the file, once, and ReadDir, and with it fs.WalkDir and
// os.CopyFS, ends with an error behind everything that it can show: it is
// ErrUnsupported and names the directories that are left out, so that no copy of a tree
// lacks files silently. Glob returns it beside its matches. [NewFS] has an option that
// ignores them. What lies below is reached all the same by Open("a/b"), ReadDir("a")
// and fs.Sub(view, "a").
//
// Sys of a FileInfo is the Info of Open or Stat, the Entry of a listing, or nil for a
// directory. Every failure is an *fs.PathError that wraps the *Error, so that errors.Is
// finds fs.ErrNotExist as well as ErrNotExist; where the path can't be printed as it
// is, errors.As finds the *fs.PathError behind one whose text is escaped. A path that
// fs.ValidPath refuses is fs.ErrInvalid, as is a name that the naming rule refuses
// (N1).
//
// To serve files over HTTP, package fileshttp is better than http.FileServerFS: stored
// headers, ETag, one request.
func FS(ctx context.Context, b Bucket) fs.FS { return NewFS(ctx, b, nil) }

// FSOptions are the options of NewFS. The zero value leaves nothing out silently.
type FSOptions struct {
	// IgnoreHidden shows directories without those that have the name of a file beside
	// them, and without an error.
	IgnoreHidden bool
}

// NewFS is FS with options, which may be nil.
func NewFS(ctx context.Context, b Bucket, opts *FSOptions) fs.FS {
	ctx, b = given(ctx, b)
	v := &fsView{ctx: ctx, b: b}
	if opts != nil {
		v.opts = *opts
	}
	return v
}

type fsView struct {
	ctx  context.Context
	b    Bucket
	opts FSOptions
}

var (
	_ fs.ReadDirFS  = (*fsView)(nil)
	_ fs.ReadFileFS = (*fsView)(nil)
	_ fs.StatFS     = (*fsView)(nil)
	_ fs.SubFS      = (*fsView)(nil)
	_ fs.GlobFS     = (*fsView)(nil)
)

// pathError wraps the failure of an operation on a path; nil stays nil.
func pathError(op, name string, err error) error {
	if err == nil {
		return nil
	}
	e := &fs.PathError{Op: op, Path: name, Err: err}
	if Printable(name) != name {
		return &oddPathError{e}
	}
	return e
}

// oddPathError is an fs.PathError whose text would have a path that can't be printed as
// it is.
type oddPathError struct{ err *fs.PathError }

func (e *oddPathError) Error() string {
	return e.err.Op + " " + Printable(e.err.Path) + ": " + e.err.Err.Error()
}

func (e *oddPathError) Unwrap() error { return e.err }
func (e *oddPathError) Timeout() bool { return e.err.Timeout() }

// checkPath refuses what is no path of io/fs. What remains is a name, or not, as the
// bucket finds.
func checkPath(fop string, op Op, name string) error {
	if fs.ValidPath(name) {
		return nil
	}
	return pathError(fop, name,
		NewError(op, name, Errorf(ErrInvalidName, "no valid path of io/fs")))
}

func (v *fsView) Open(name string) (fs.File, error) {
	if err := checkPath("open", OpGet, name); err != nil {
		return nil, err
	}
	if name == "." {
		return newFSDir(v, name), nil
	}
	r, err := v.b.Get(v.ctx, name, nil)
	if err == nil {
		return &fsFile{
			view: v,
			name: name,
			info: r.Info(),
			body: r,
		}, nil
	}
	if err = v.isDir(name, err); err != nil {
		return nil, pathError("open", name, err)
	}
	return newFSDir(v, name), nil
}

// isDir returns nil where missing says that no file is there but a directory is, and
// otherwise the error to report.
func (v *fsView) isDir(name string, missing error) error {
	if !errors.Is(missing, ErrNotExist) {
		return missing
	}
	for _, err := range v.b.List(v.ctx, name, &ListOptions{Limit: 1, NamesOnly: true}) {
		return err
	}
	return missing
}

func (v *fsView) Stat(name string) (fs.FileInfo, error) {
	if err := checkPath("stat", OpStat, name); err != nil {
		return nil, err
	}
	if name == "." {
		return dirInfo(name), nil
	}
	info, err := v.b.Stat(v.ctx, name, nil)
	if err == nil {
		return fsInfo{entry: info.Entry, sys: info}, nil
	}
	if err = v.isDir(name, err); err != nil {
		return nil, pathError("stat", name, err)
	}
	return dirInfo(name), nil
}

// ReadFile reads the whole file, checked against its digest (G6).
func (v *fsView) ReadFile(name string) ([]byte, error) {
	if err := checkPath("open", OpGet, name); err != nil {
		return nil, err
	}
	if name == "." {
		return nil, pathError("read", name, NewError(OpGet, name, errIsDir))
	}
	r, err := v.b.Get(v.ctx, name, nil)
	if err != nil {
		if derr := v.isDir(name, err); derr == nil {
			return nil, pathError("read", name, NewError(OpGet, name, errIsDir))
		} else if errors.Is(err, ErrNotExist) {
			err = derr
		}
		return nil, pathError("open", name, err)
	}
	defer r.Close()
	p, err := r.ReadAll()
	return p, pathError("read", name, err)
}

// ReadDir lists a directory, sorted by name.
func (v *fsView) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := checkPath("open", OpList, name); err != nil {
		return nil, err
	}
	d := newFSDir(v, name)
	defer d.Close()
	list, err := d.ReadDir(-1)
	if err != nil || len(list) > 0 || name == "." {
		return list, err
	}
	// Nothing is below: it is a file, or nothing at all.
	if _, err := v.b.Stat(v.ctx, name, nil); err != nil {
		return nil, pathError("open", name, err)
	}
	return nil, pathError("readdir", name, NewError(OpList, name, errNotDir))
}

// Sub returns the view of a directory, which need not exist. The view of it is nothing
// that could be closed.
func (v *fsView) Sub(dir string) (fs.FS, error) {
	if err := checkPath("sub", OpOpen, dir); err != nil {
		return nil, err
	}
	if dir == "." {
		return v, nil
	}
	b, err := Sub(v.b, dir)
	if err != nil {
		return nil, pathError("sub", dir, err)
	}
	return NewFS(v.ctx, b, &v.opts), nil
}

var (
	errIsDir  = Errorf(ErrInvalid, "is a directory")
	errNotDir = Errorf(ErrInvalid, "is not a directory")
)
