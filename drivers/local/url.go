package local

import (
	"context"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func init() {
	driver.Register(files.Scheme{
		Name:    "file",
		Package: "cloudfiles.dev/drivers/local",
		Example: "file:///var/lib/app?create_dir=1",
		Params: []files.Param{
			{Name: "create_dir", Values: "true|false", Doc: "makes the folder if it is missing"},
			{
				Name:   "dir_file_mode",
				Values: "0755",
				Doc:    "the mode of folders that are made, less umask",
			},
			{
				Name:   "sync",
				Values: "full|none",
				Doc:    "none: a crash of the machine may lose acknowledged writes",
			},
			{
				Name:   "sidecar",
				Values: "auto|always",
				Doc:    "always: every file gets an .attrs file, for programs that use fileblob",
			},
			{
				Name:   "metadata",
				Values: "skip",
				Doc:    "no .attrs files: writes that need one are refused",
			},
			{
				Name:   "no_tmp_dir",
				Values: "true|false",
				Doc:    "no effect: uploads are always staged inside the folder",
			},
			{
				Name:   "base_url",
				Values: "url",
				Doc: "the base of signed URLs; needs secret_key_path, and package localhttp " +
					"imported",
				Public: true,
			},
			{
				Name:   "secret_key_path",
				Values: "path",
				Doc:    "the file that holds the key of signed URLs",
			},
		},
		Open: openURL,
	})
}

// openURL opens file:///absolute/path, file://localhost/absolute/path and
// file://./relative/path.
func openURL(ctx context.Context, u *url.URL) (files.Bucket, error) {
	path := u.Path
	switch {
	case u.Opaque != "":
		return nil, driver.Errorf(files.ErrInvalid, "write %s", both(u.Opaque))
	case u.User != nil:
		return nil, driver.Errorf(files.ErrInvalid, "file:// takes no user name and no password")
	case u.Host == ".":
		path = strings.TrimPrefix(path, "/")
		if path == "" {
			path = "."
		}
	case u.Host != "" && u.Host != "localhost":
		return nil, driver.Errorf(files.ErrInvalid, "file:// has no host: write %s",
			both(u.Host+u.Path))
	case os.PathSeparator != '/':
		path = strings.TrimPrefix(path, "/")
	}
	if path == "" {
		return nil, driver.Errorf(files.ErrInvalid,
			"the URL has no path: write file:///path/to/folder")
	}
	p := driver.NewParams(u)
	opts := &Options{
		CreateDir:     flag(p, "create_dir"),
		DirFileMode:   fs.FileMode(p.Mode("dir_file_mode", 0o777)),
		NoSync:        p.Enum("sync", "full", "none") == "none",
		AlwaysSidecar: p.Enum("sidecar", "auto", "always") == "always",
		SkipMetadata:  p.Enum("metadata", "", "skip") == "skip",
	}
	flag(p, "no_tmp_dir")
	if err := p.Err(); err != nil {
		return nil, err
	}
	var err error
	if opts.Signer, err = signer(p); err != nil {
		return nil, err
	}
	return Open(filepath.FromSlash(path), opts)
}

// both returns a text that shows how a path is written as a URL, absolute and relative,
// without what may be a secret (U1).
func both(path string) string {
	return files.RedactURL("file:///"+path) + " for an absolute path or " +
		files.RedactURL("file://./"+path) +
		" for a relative one"
}

// flag reads a boolean parameter. An empty value is false, because for fileblob a
// parameter is set if it isn't empty.
func flag(p *driver.Params, name string) bool {
	return p.String(name, "") != "" && p.Bool(name, false)
}
