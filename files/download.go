package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Download copies the file's content, or the range of it, to w and returns the file's
// Info. If it fails, w may have received a part of the content, because a digest that
// doesn't match is found only at the end (G6).
//
// Errors: those of Get and of reading, and what w returned.
func Download(ctx context.Context, b Bucket, name string, w io.Writer,
	opts *GetOptions) (Info, error) {
	ctx, b = given(ctx, b)
	if w == nil {
		return Info{}, newError(OpGet, name, invalid("the writer is nil"))
	}
	r, err := b.Get(ctx, name, opts)
	if err != nil {
		return Info{}, err
	}
	defer r.Close()
	if _, err := r.WriteTo(w); err != nil {
		return Info{}, downloadError(name, err)
	}
	return r.Info(), nil
}

// downloadError names the file in errors of the target. Errors of reading have its name
// already.
func downloadError(name string, err error) error {
	if e, ok := err.(*Error); ok && e.Op == OpGet && e.Name == name {
		return e
	}
	return &Error{
		Op:     OpGet,
		Name:   name,
		Kind:   targetKind(err),
		Detail: "the target: " + clean(err),
		Err:    targetError{err},
	}
}

// targetKind is KindOf for an error of the target, whose missing folder must not look
// like a missing file of the bucket.
func targetKind(err error) error {
	switch kind := KindOf(err); kind {
	case ErrNotExist, ErrExist, ErrClosed:
		return ErrInvalid
	default:
		return kind
	}
}

// targetError hides the sentinels that would refer to the bucket's file; errors.As
// still reaches the cause.
type targetError struct{ err error }

func (t targetError) Error() string { return clean(t.err) }
func (t targetError) Is(target error) bool {
	switch target {
	case ErrNotExist, fs.ErrNotExist, ErrExist, fs.ErrExist, ErrClosed, fs.ErrClosed:
		return false
	}
	return errors.Is(t.err, target)
}
func (t targetError) As(target any) bool { return errors.As(t.err, target) }

// DownloadFile copies the file's content, or the range of it, to a file at path on
// disk, all or nothing: the path has the old file or the whole new content, also after
// a crash. The content is written to another file in the same folder, synced and
// renamed.
//
// On Linux, if the file system allows it, the new file has no name until it is
// complete, so a process that is killed leaves nothing. Elsewhere its name is
// .download-….tmp until then, and the next DownloadFile to the folder removes what a
// killed process left. A link at path is replaced, not followed. The folder must exist.
// The permission is 0666 less the umask.
//
// Errors: those of Get, of reading and of the disk; ErrInvalid for a missing folder, and
// if path itself is a folder. After these, path is as it was, and no other file is left
// in the folder. The exception is ErrUncertain: the new file is at path, but its folder
// could not be synced.
func DownloadFile(ctx context.Context, b Bucket, name, path string,
	opts *GetOptions) (Info, error) {
	ctx, b = given(ctx, b)
	r, err := b.Get(ctx, name, opts)
	if err != nil {
		return Info{}, err
	}
	defer r.Close()
	if err := writeFile(path, r); err != nil {
		return Info{}, downloadError(name, err)
	}
	return r.Info(), nil
}

// writeFile puts content at path, all or nothing.
func writeFile(path string, content io.WriterTo) (err error) {
	if fi, err := os.Lstat(path); err == nil && fi.IsDir() { // not after the whole download
		return invalid("it is a folder")
	}
	dir := filepath.Dir(path)
	f, err := newDownloadTemp(dir)
	if err != nil {
		return err
	}
	defer f.discard()
	if _, err := content.WriteTo(f.File); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.moveTo(path); err != nil {
		return err
	}
	if err := f.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return err
	}
	if err := syncDir(dir); err != nil {
		return withCause(ErrUncertain, err,
			"the file is in its place, but might not survive a crash: "+clean(err))
	}
	return nil
}

// syncDir makes a rename durable, if the system supports it.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // has no such call
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
