package files

import (
	"context"
	"errors"
	"io/fs"

	"cloudfiles.dev/files/internal/cleanup"
)

// PutFSOptions are the options of PutFS. The zero value stores every regular file and
// overwrites.
type PutFSOptions struct {
	// Attributes are the attributes of every file. If ContentType is empty, the type of
	// each file is found (P6).
	Attributes Attributes
	// If is the condition on every Put.
	If Condition
	// Filter chooses by the path in the file system. If it returns false, the entry is
	// left out, and a directory with everything in it. nil chooses everything.
	Filter func(path string, d fs.DirEntry) bool
	// Parallel is how many files are stored at a time, at most 1024; 0 is 16. If it is
	// more than 1, several goroutines read the file system.
	Parallel int
}

const (
	defaultPutFSParallel = 16
	maxPutFSParallel     = 1024
)

// PutFSResult counts what PutFS did.
type PutFSResult struct {
	Files   int64 `json:"files"`   // stored
	Bytes   int64 `json:"bytes"`   // of the files stored
	Skipped int64 `json:"skipped"` // links, devices, leftovers of DownloadFile and the like
}

// PutFS stores the files of a tree, such as os.DirFS(path) or an embed.FS, below the
// directory dir of the bucket ("" is the bucket itself). It stores several files at a
// time, each as a stream, so the file system must be safe for concurrent use, as those
// of the standard library are. It does not follow links. It leaves out, and counts as
// Skipped, links, devices and everything else that isn't a regular file, and the files
// named .download-….tmp that a killed DownloadFile left.
//
// After the first error PutFS begins no further file, and returns when the Puts in
// progress have ended. Of several errors it returns that of the first file in the order
// of the walk; the files before that one are stored. What was stored stays, and the
// result counts it. Package transfer goes on after an error, leaves out what the bucket
// has already, reports progress, and continues large files after a kill; iofs.FromFS
// makes a bucket of an fs.FS, to be its source.
//
// When ctx ends, the Puts end at once. Then PutFS waits, for some seconds at most, until
// their unfinished uploads are removed from the service (X2), so that a program that exits
// afterwards leaves none.
//
// PutFS checks the names of a directory before it opens any of them, and how deep
// directories are nested. A file system that lists "/abs", "..", "a/b", one name twice,
// or directories without an end is ErrInvalidName, and the error names the entry.
//
// Errors: those of Put and of the file system; ErrInvalidName for a path that isn't a
// legal name; ErrChanged for a file that was changed while it was stored.
func PutFS(ctx context.Context, b Bucket, dir string, fsys fs.FS,
	opts *PutFSOptions) (PutFSResult, error) {
	ctx, b = given(ctx, b)
	if opts == nil {
		opts = &PutFSOptions{}
	}
	var res PutFSResult
	d, err := checkDir(dir, MaxName)
	if err == nil && fsys == nil {
		err = invalid("the file system is nil")
	}
	if err == nil && (opts.Parallel < 0 || opts.Parallel > maxPutFSParallel) {
		err = invalid("Parallel is %d, want 0 to %d", opts.Parallel, maxPutFSParallel)
	}
	if err != nil {
		return res, newError(OpPut, dir, err)
	}
	ctx, cleaning := cleanup.With(ctx)
	defer cleaning.Wait()
	w := &fsWalk{
		ctx:    ctx,
		bucket: b,
		dir:    d,
		fsys:   fsys,
		filter: opts.Filter,
		put:    &PutOptions{Attributes: opts.Attributes, If: opts.If},
	}
	w.parallel = opts.Parallel
	if w.parallel == 0 {
		w.parallel = defaultPutFSParallel
	}
	return w.run()
}

func putFromFS(ctx context.Context, b Bucket, name string, fsys fs.FS, path string,
	opts *PutOptions) (int64, error) {
	if err := CheckName(name); err != nil {
		return 0, newError(OpPut, name, err)
	}
	f, err := fsys.Open(path)
	if err != nil {
		return 0, newError(OpPut, name, onDisk(err))
	}
	defer f.Close()
	_, n, err := putOpened(ctx, b, name, f, opts)
	// it came from a reader, and must not end the walk silently
	if errors.Is(err, fs.SkipDir) || errors.Is(err, fs.SkipAll) {
		err = newError(OpPut, name,
			errorf(ErrInvalid, "the file system returned fs.SkipDir or fs.SkipAll as an error"))
	}
	return n, err
}
