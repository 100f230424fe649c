package files

import (
	"context"
	"errors"
	"io/fs"
)

// FS returns the bucket as an io/fs file system, for fs.WalkDir, template.ParseFS and
// everything else that reads one. ctx governs every request and every open file of the
// view, because an fs.FS takes no context. A view costs an allocation, so a web handler
// makes one for each request. The view has no Close and closes nothing of the bucket;
// neither does fs.Sub of it.
//
// The view implements fs.ReadDirFS, fs.ReadFileFS, fs.StatFS, fs.GlobFS and fs.SubFS.
//
// Opening a file takes one request; opening a directory, or a path that does not exist,
// takes one more. Reading a file from its beginning to its end takes no further
// request, and is checked against the digest (G6). A file can seek, and implements
// io.ReaderAt (for concurrent use) and io.WriterTo: reads at other places cost the few
// requests that [OpenAt] describes. All requests read the version that Open found: if
// the file was replaced or deleted since, they fail with ErrChanged. (If a bucket lacks
// Features.ReadConditions, the view compares the version of its response.)
//
// A failed Read or ReadDir can be retried: the next one continues where the failed one
// stopped, in a new request. The exceptions are ErrCorrupt, which every Read returns
// until a Seek, and listings of a bucket without an order. A listing with an entry that
// isn't directly in the directory is ErrInvalidName.
//
// A directory exists if there are files below it, so an empty directory does not exist,
// except for "."; the time of a directory is zero. Directories implement
// fs.ReadDirFile: ReadDir(n) reads page by page in bounded memory, in the bucket's
// order; ReadDir(-1) and fs.ReadDir sort by name.
//
// io/fs can't show the directory "a" beside the file "a", which may both exist (N3).
// The view shows the file, once. ReadDir, and with it fs.WalkDir and os.CopyFS, shows
// everything that it can and then ends with an error that is ErrUnsupported and names
// the directories that are left out, so that no copy of a tree lacks files silently.
// Glob returns the error beside its matches. FSOptions.IgnoreHidden ignores these
// directories. Open("a/b"), ReadDir("a") and fs.Sub(view, "a") still reach what is
// below them.
//
// Sys of a FileInfo is the Info of Open or Stat, the Entry of a listing, or nil for a
// directory. Every failure is an *fs.PathError that wraps the *Error, so errors.Is
// finds fs.ErrNotExist as well as ErrNotExist. If the path can't be printed as it is,
// the text is escaped, and errors.As still finds the *fs.PathError. A path that
// fs.ValidPath refuses is fs.ErrInvalid, as is a name that the naming rule refuses
// (N1).
//
// To serve files over HTTP, use package fileshttp rather than http.FileServerFS: it has
// the stored headers and an ETag, and makes one request.
func FS(ctx context.Context, b Bucket, opts *FSOptions) fs.FS {
	ctx, b = given(ctx, b)
	v := &fsView{ctx: ctx, b: b}
	if opts != nil {
		v.opts = *opts
	}
	return v
}

// FSOptions are the options of FS. The zero value leaves nothing out silently.
type FSOptions struct {
	// IgnoreHidden leaves out directories that have the name of a file beside them,
	// without an error.
	IgnoreHidden bool
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

// oddPathError is an fs.PathError with a path that can't be printed as it is.
type oddPathError struct{ err *fs.PathError }

func (e *oddPathError) Error() string {
	return e.err.Op + " " + Printable(e.err.Path) + ": " + e.err.Err.Error()
}

func (e *oddPathError) Unwrap() error { return e.err }
func (e *oddPathError) Timeout() bool { return e.err.Timeout() }

// checkPath refuses what isn't a path of io/fs. The bucket decides whether the rest is
// a name.
func checkPath(fop string, op Op, name string) error {
	if fs.ValidPath(name) {
		return nil
	}
	return pathError(fop, name,
		newError(op, name, errorf(ErrInvalidName, "not a valid path of io/fs")))
}

func (v *fsView) Open(name string) (fs.File, error) {
	if err := checkPath("open", OpGet, name); err != nil {
		return nil, err
	}
	if name == "." {
		return newFSDir(v, name), nil
	}
	f, err := v.openFile(name)
	if err == nil {
		return f, nil
	}
	if err = v.isDir(name, err); err != nil {
		return nil, pathError("open", name, err)
	}
	return newFSDir(v, name), nil
}

// isDir returns nil if missing says that there is no file and there is a directory, and
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
		return nil, pathError("read", name, newError(OpGet, name, errIsDir))
	}
	r, err := v.b.Get(v.ctx, name, nil)
	if err != nil {
		if derr := v.isDir(name, err); derr == nil {
			return nil, pathError("read", name, newError(OpGet, name, errIsDir))
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
	list, err := newFSDir(v, name).ReadDir(-1) // which ends the listing
	if err != nil || len(list) > 0 || name == "." {
		return list, err
	}
	// Nothing is below: it is a file, or it doesn't exist.
	if _, err := v.b.Stat(v.ctx, name, nil); err != nil {
		return nil, pathError("open", name, err)
	}
	return nil, pathError("readdir", name, newError(OpList, name, errNotDir))
}

// Sub returns the view of a directory, which need not exist. There is nothing to close.
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
	return FS(v.ctx, b, &v.opts), nil
}

var (
	errIsDir  = errorf(ErrInvalid, "is a directory")
	errNotDir = errorf(ErrInvalid, "is not a directory")
)
