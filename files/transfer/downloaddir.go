package transfer

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// DownloadDir copies a tree to a folder on disk, which it makes if it is missing, except
// in a dry run. It is a short form of Copy and Apply; files.PutFS copies in the other
// direction. It opens the folder as a file:// bucket that stores the contents alone, so
// the program must import the local driver:
//
//	import _ "cloudfiles.dev/drivers/local"
//
// Files that the folder has already, by size and time, are not copied. Every file is
// all or nothing, and durable when DownloadDir returns. Names that the disk can't hold
// unchanged are escaped and begin with "%cf-", as the driver's documentation explains.
//
// Errors: those of files.Open, Copy and Apply; ErrInvalid for an empty path.
func DownloadDir(ctx context.Context, path string, src Tree, opts *Options) (Result, error) {
	if path == "" { // a variable that isn't set is not the current folder
		return Result{}, driver.NewError(files.OpOpen, "",
			invalid("the path of the folder is empty; write . for the current folder"))
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return Result{}, driver.NewError(files.OpOpen, "", err)
	}
	if ctx == nil {
		return Result{}, driver.NewError(files.OpCopy, src.Dir, invalid("the context is nil"))
	}
	if opts != nil && opts.DryRun {
		if _, err := os.Stat(abs); errors.Is(err, fs.ErrNotExist) { // stand in for it
			if abs, err = os.MkdirTemp("", "download-dir-*"); err != nil {
				return Result{}, driver.NewError(files.OpOpen, "", err)
			}
			defer os.RemoveAll(abs)
		}
	}
	slashed := filepath.ToSlash(abs)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: "create_dir=1&metadata=skip"}
	b, err := files.Open(ctx, u.String())
	if err != nil {
		return Result{}, err
	}
	defer b.Close()
	plan, err := Copy(Tree{Bucket: b}, src, opts)
	if err != nil {
		return Result{}, err
	}
	return plan.Apply(ctx)
}
