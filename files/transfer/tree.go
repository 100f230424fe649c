package transfer

import (
	"context"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/handover"
	"cloudfiles.dev/files/internal/nils"
)

// Tree is a directory of a bucket with everything below it. The zero Dir is the whole
// bucket. A folder on disk is a Tree of a bucket that the local driver opened, or of
// package files/iofs.
type Tree struct {
	Bucket files.Bucket
	// Dir is the directory, with or without a slash at its end. It need not exist: a
	// missing source directory is empty, and a missing target directory appears with
	// its first file.
	Dir string
}

// place is a Tree that has been checked.
type place struct {
	b        files.Bucket
	dir      string // without a slash at its end
	features files.Features
}

func (t Tree) place(what string) (place, error) {
	if nils.Is(t.Bucket) {
		return place{}, invalid("the bucket of the %s is nil", what)
	}
	dir := strings.TrimSuffix(t.Dir, "/")
	if dir != "" {
		if err := files.CheckName(dir); err != nil {
			return place{}, err
		}
	} else if t.Dir != "" {
		return place{}, invalid("the directory of the %s is %q", what, t.Dir)
	}
	return place{t.Bucket, dir, t.Bucket.Features()}, nil
}

var statOrNoBucket = handover.StatOrNoBucket.(func(context.Context, files.Bucket,
	string) (files.Info, error))

// full returns the bucket's name of a name below the directory.
func (p place) full(name string) string {
	if p.dir == "" {
		return name
	}
	return p.dir + "/" + name
}

// below returns the name below the directory; ok is false for a name elsewhere.
func (p place) below(full string) (name string, ok bool) {
	if p.dir == "" {
		return full, full != ""
	}
	name, ok = strings.CutPrefix(full, p.dir+"/")
	return name, ok && name != ""
}

// keyBelow returns the part of a raw key that is below the directory, or the whole key.
func (p place) keyBelow(key string) string {
	if below, ok := p.below(key); ok {
		return below
	}
	return key
}

func invalid(format string, args ...any) error {
	return driver.Errorf(files.ErrInvalid, format, args...)
}
