package iofs

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"strconv"
	"syscall"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// source is a driver.Backend.
type source struct {
	fsys   fs.FS
	opts   Options
	hashed hashed
}

var errReadOnly = driver.Errorf(files.ErrPermission, "the file system is read-only")

func (s *source) Put(context.Context, *driver.PutRequest) (files.Info, error) {
	return files.Info{}, errReadOnly
}

func (s *source) Delete(context.Context, driver.Key, files.Version) error { return errReadOnly }

func (s *source) Close() error { return nil }

// Layer implements driver.Layerer.
func (s *source) Layer() string { return "iofs" }

// ReadAhead implements driver.ReadAheader: several readers at a time wouldn't be
// faster.
func (s *source) ReadAhead() driver.ReadAhead { return driver.ReadAhead{Connections: 1} }

func (s *source) Features() files.Features {
	versions := s.opts.Versions != NoVersions
	return files.Features{
		MaxName:         files.MaxName,
		TimeResolution:  time.Nanosecond,
		ReadOnly:        true,
		Ordered:         true,
		StatNoBucket:    true,
		ForeignKeys:     true,
		Versions:        versions,
		ReadConditions:  versions,
		OneVersionReads: versions,
		Digests:         s.opts.Versions == ByContent,
	}
}

// lstat returns the FileInfo of a path. It follows links only if the options say so.
func (s *source) lstat(path string) (fs.FileInfo, error) {
	stat := fs.Lstat
	if s.opts.FollowLinks {
		stat = fs.Stat
	}
	fi, err := stat(s.fsys, path)
	if err == nil && fi == nil {
		err = errNoInfo
	}
	return fi, err
}

var errNoInfo = driver.Errorf(files.ErrUnavailable, "the file system returns no information")

// file returns the path and FileInfo of a regular file.
func (s *source) file(key driver.Key) (path string, fi fs.FileInfo, err error) {
	if path = key.Name; !fs.ValidPath(path) || key.Raw {
		return "", nil, files.ErrNotExist
	}
	fi, err = s.lstat(path)
	if err == nil && !fi.Mode().IsRegular() || errors.Is(err, syscall.ENOTDIR) ||
		errors.Is(err, syscall.ENAMETOOLONG) { // below a file, or a name that no file can have
		err = fs.ErrNotExist
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, rerr := s.lstat("."); errors.Is(rerr, fs.ErrNotExist) {
			return "", nil, driver.WithCause(files.ErrNoBucket, rerr, "the folder is missing")
		}
	}
	return path, fi, cleaned(err)
}

// cleaned removes the path on the disk from an error's text (E1).
func cleaned(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		if kind := files.KindOf(err); kind != nil {
			return driver.WithCause(kind, err, p.Err.Error())
		}
		return p.Err
	}
	return err
}

func (s *source) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	_, fi, err := s.file(key)
	if err != nil {
		return files.Info{}, err
	}
	info := s.info(key.Name, fi)
	if info.ContentType == "" { // it stays empty if the file can't be read
		info.ContentType, _ = s.sniff(key.Name)
	}
	return info, s.version(ctx, &info)
}

// sniff finds the content type by the first bytes (P6).
func (s *source) sniff(path string) (string, error) {
	f, fi, err := s.open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	p := make([]byte, min(driver.SniffLen, fi.Size()))
	n, err := io.ReadFull(f, p)
	return driver.ContentType(path, p[:n]), err
}

func (s *source) info(name string, fi fs.FileInfo) files.Info {
	info := files.Info{Entry: files.Entry{Name: name, Size: fi.Size(), ModTime: fi.ModTime().UTC()}}
	info.ContentType, _ = driver.TypeByName(name)
	if s.opts.StoreModes {
		info.Metadata = map[string]string{
			"mode": strconv.FormatInt(0o100000|int64(fi.Mode().Perm()), 8),
		}
	}
	return info
}

// List walks the file system in byte order.
func (s *source) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return driver.ListSorted(req, func(start string) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			w := &walk{
				source:    s,
				ctx:       ctx,
				start:     start,
				prefix:    req.Prefix,
				namesOnly: req.NamesOnly,
				yield:     yield,
			}
			if !req.Shallow {
				w.skip = req.SkipDir
			}
			if w.root() && w.failed != nil {
				yield(files.Entry{}, w.failed)
			}
		}
	})
}
