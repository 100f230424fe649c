package files

import (
	"context"
	"errors"
	"io/fs"
)

// PutFSOptions are the options of PutFS. The zero value stores every regular file and
// overwrites.
type PutFSOptions struct {
	// Attributes are those of every file. With an empty ContentType each file's is
	// found (P6).
	Attributes Attributes
	// If is the condition on every Put.
	If Condition
	// Filter chooses by the path in the file system: what it answers false to is left
	// out, a directory with all that is in it. nil chooses everything.
	Filter func(path string, d fs.DirEntry) bool
}

// PutFSResult counts what PutFS did.
type PutFSResult struct {
	Files   int64 `json:"files"`   // stored
	Bytes   int64 `json:"bytes"`   // of these
	Skipped int64 `json:"skipped"` // links, devices, leftovers of DownloadFile and the like
}

// PutFS stores the files of a tree, such as os.DirFS(path) or an embed.FS, below the
// directory dir of the bucket ("" is the bucket itself), one after the other, each
// streaming. Links are not followed: they, devices and whatever else is no regular file
// are left out and counted. The first error ends it; the result tells what was stored
// until then, which stays. Files of names such as .download-….tmp, which a DownloadFile
// that was killed left, are left out as well.
//
// The names of a directory are checked before any of them is followed, and so is the
// depth: a file system that lists "/abs", "..", "a/b", one name twice, or directories
// without an end is ErrInvalidName, which names the entry.
//
// Errors: those of Put and of the file system; ErrInvalidName for a path that is no
// legal name; ErrChanged for a file that was changed while it was stored.
func PutFS(ctx context.Context, b Bucket, dir string, fsys fs.FS,
	opts *PutFSOptions) (PutFSResult, error) {
	ctx, b = given(ctx, b)
	if opts == nil {
		opts = &PutFSOptions{}
	}
	var res PutFSResult
	d, err := CheckDir(dir)
	if err == nil && fsys == nil {
		err = invalid("the file system is nil")
	}
	if err != nil {
		return res, NewError(OpPut, dir, err)
	}
	w := &fsWalk{
		ctx:    ctx,
		bucket: b,
		dir:    d,
		fsys:   fsys,
		filter: opts.Filter,
		put:    &PutOptions{Attributes: opts.Attributes, If: opts.If},
	}
	err = w.root()
	return w.res, err
}

func putFromFS(ctx context.Context, b Bucket, name string, fsys fs.FS, path string,
	opts *PutOptions) (int64, error) {
	if err := CheckName(name); err != nil {
		return 0, NewError(OpPut, name, err)
	}
	f, err := fsys.Open(path)
	if err != nil {
		return 0, NewError(OpPut, name, onDisk(err))
	}
	defer f.Close()
	_, n, err := putOpened(ctx, b, name, f, opts)
	// from a reader: it must not end the walk silently
	if errors.Is(err, fs.SkipDir) || errors.Is(err, fs.SkipAll) {
		err = NewError(OpPut, name,
			Errorf(ErrInvalid, "the file system gave a walk's sentinel as an error"))
	}
	return n, err
}
