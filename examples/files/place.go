package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// place is a file or a directory of an open bucket.
type place struct {
	text string // for people, without secrets
	b    files.Bucket
	name string // in the bucket; "" is all of it
	path string // on disk; "" for a URL
}

func (p place) tree() transfer.Tree { return transfer.Tree{Bucket: p.b, Dir: p.name} }

// open opens a place. It makes the folder of a target if it is missing.
func (a *app) open(ctx context.Context, text string, target bool) (p place, err error) {
	if text == "-" && a.copies && !a.recursive {
		return place{text: text}, nil // standard input or output
	}
	scheme, rest, isURL := strings.Cut(text, "://")
	if !isURL || len(scheme) < 2 || strings.ContainsAny(scheme, `/\.`) { // "c:\x" is a path
		return a.openPath(ctx, text, target)
	}
	p.text = files.RedactURL(text)
	switch scheme {
	case "file", "mem", "gocloud+file", "gocloud+mem": // the path is part of the bucket
		p.b, err = files.Open(ctx, text)
		return p, err
	}
	rest, query, _ := strings.Cut(rest, "?")
	host, name, _ := strings.Cut(rest, "/")
	if p.name, err = url.PathUnescape(strings.TrimSuffix(name, "/")); err != nil {
		return p, fmt.Errorf("the name in %s: %w", p.text, err)
	}
	if strings.HasSuffix(name, "/") && target && !a.recursive && a.copies {
		p.name += "/" // into that directory
	}
	host = scheme + "://" + host
	p.text = strings.TrimSuffix(files.RedactURL(host)+"/"+files.Printable(p.name), "/")
	p.b, err = files.Open(ctx, host+strings.TrimSuffix("?"+query, "?"))
	return p, err
}

// openPath opens the folder at the path, or the folder of the file at the path. A
// target that is a file is not opened, because it is downloaded to its path.
func (a *app) openPath(ctx context.Context, path string, target bool) (place, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return place{}, err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real // the bucket's own folder may be a link
	}
	p := place{text: files.Printable(path), path: abs}
	if target && a.copies && !a.recursive {
		return p, nil
	}
	dir, params := abs, ""
	if target {
		params = "?create_dir=1&metadata=skip"
	}
	switch fi, err := os.Stat(abs); {
	case errors.Is(err, fs.ErrNotExist) && target && a.transfer.DryRun:
		p.b, err = files.Open(ctx, "mem://") // empty, and no folder is made
		return p, err
	case errors.Is(err, fs.ErrNotExist) && !target:
		return p, fmt.Errorf("%s: there is no such file or folder", path)
	case err == nil && !target && !fi.IsDir() && !fi.Mode().IsRegular():
		return p, fmt.Errorf("%s is neither a file nor a folder", path)
	case err == nil && !fi.IsDir() && !target:
		dir, p.name = filepath.Split(abs)
	}
	if dir = filepath.ToSlash(dir); !strings.HasPrefix(dir, "/") {
		dir = "/" + dir
	}
	u := url.URL{Scheme: "file", Path: dir}
	p.b, err = files.Open(ctx, u.String()+params)
	return p, err
}

// file returns an error if the place can't be a file.
func (p place) file() error {
	if p.name == "" {
		return fmt.Errorf("%s is a bucket or a folder, not a file; -r takes directories", p.text)
	}
	return nil
}

// apart returns an error if one folder contains the other, which the library can't
// recognize.
func apart(a, b place) error {
	in := func(a, b string) bool {
		rel, err := filepath.Rel(a, b)
		return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
	}
	if a.path != "" && b.path != "" && (in(a.path, b.path) || in(b.path, a.path)) {
		return errors.New("source and target overlap: they are equal, or one is in the other")
	}
	return nil
}
