package transfer

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"strconv"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// FromFSOptions are the options of FromFS.
type FromFSOptions struct {
	// FollowLinks takes what a symbolic link leads to for a file or a directory. A link
	// to a directory that it lies in is not followed: it is skipped like a device.
	FollowLinks bool
	// StoreModes gives each file the metadata "mode": type and permission as rclone
	// writes them, such as "100644".
	StoreModes bool
}

// FromFS returns a bucket that reads a file system, such as os.DirFS(path) or an
// embed.FS, to be the source of a transfer. It can't be written, and its files have no
// versions and no digests.
//
// Names are the paths as they are: what the local driver escapes is not understood.
// Links, devices, pipes and other entries that aren't regular files, and those whose
// path isn't a legal name, are never opened. A plan has a "skip" for each of them. A
// directory that can't be read makes the listing fail after everything else (L9), so
// that nothing is deleted for it. A file that changes while it is read is
// files.ErrChanged.
func FromFS(fsys fs.FS, opts *FromFSOptions) files.Bucket {
	s := &fsSource{fsys: fsys}
	if opts != nil {
		s.opts = *opts
	}
	return driver.New(s)
}

// fsSource is a driver.Backend.
type fsSource struct {
	fsys fs.FS
	opts FromFSOptions
}

var errFSReadOnly = files.Errorf(files.ErrPermission, "the file system is only read")

func (s *fsSource) Put(context.Context, *driver.PutRequest) (files.Info, error) {
	return files.Info{}, errFSReadOnly
}

func (s *fsSource) Delete(context.Context, driver.Key, files.Version) error {
	return errFSReadOnly
}

func (s *fsSource) Close() error { return nil }

func (s *fsSource) Features() files.Features {
	return files.Features{
		MaxName:        files.MaxName,
		TimeResolution: time.Nanosecond,
		ReadOnly:       true,
		Attributes:     true,
		Ordered:        true,
		StatNoBucket:   true,
		ForeignKeys:    true,
	}
}

// lstat looks at a path, and follows a link only if that is asked for.
func (s *fsSource) lstat(path string) (fs.FileInfo, error) {
	if s.fsys == nil {
		return nil, files.Errorf(files.ErrInvalid, "the file system is nil")
	}
	if s.opts.FollowLinks {
		return fs.Stat(s.fsys, path)
	}
	return fs.Lstat(s.fsys, path)
}

// file looks for a regular file.
func (s *fsSource) file(key driver.Key) (path string, fi fs.FileInfo, err error) {
	if path = key.Name; !fs.ValidPath(path) {
		return "", nil, files.ErrNotExist
	}
	fi, err = s.lstat(path)
	if err == nil && !fi.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, rerr := s.lstat("."); errors.Is(rerr, fs.ErrNotExist) {
			return "", nil, files.WithCause(files.ErrNoBucket, rerr, "the folder is missing")
		}
	}
	return path, fi, cleaned(err)
}

// cleaned takes the path on the disk out of an error's text (E1).
func cleaned(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		if kind := files.KindOf(err); kind != nil {
			return files.WithCause(kind, err, p.Err.Error())
		}
		return p.Err
	}
	return err
}

func (s *fsSource) Stat(_ context.Context, key driver.Key) (files.Info, error) {
	_, fi, err := s.file(key)
	if err != nil {
		return files.Info{}, err
	}
	return s.info(key.Name, fi), nil
}

func (s *fsSource) info(name string, fi fs.FileInfo) files.Info {
	info := files.Info{Entry: files.Entry{Name: name, Size: fi.Size(), ModTime: fi.ModTime().UTC()}}
	info.ContentType, _ = driver.TypeByName(name)
	if s.opts.StoreModes {
		info.Metadata = map[string]string{
			"mode": strconv.FormatInt(0o100000|int64(fi.Mode().Perm()), 8),
		}
	}
	return info
}

func (s *fsSource) Open(_ context.Context, req driver.OpenRequest) (driver.Object, error) {
	path, _, err := s.file(req.Key)
	if err != nil {
		return driver.Object{}, err
	}
	f, err := s.fsys.Open(path)
	if err != nil {
		return driver.Object{}, cleaned(err)
	}
	fi, err := f.Stat()
	if err == nil && !fi.Mode().IsRegular() {
		err = files.ErrNotExist
	}
	if err != nil {
		f.Close()
		return driver.Object{}, cleaned(err)
	}
	o := driver.Object{Info: s.info(req.Key.Name, fi)}
	o.Offset, o.Length = req.Range.Resolve(fi.Size())
	body := &fsBody{file: f, before: fi, left: o.Length}
	o.Body = body
	if o.Offset > 0 {
		if seeker, ok := f.(io.Seeker); ok {
			_, err = seeker.Seek(o.Offset, io.SeekStart)
		} else {
			o.Before = o.Offset
			body.left += o.Offset
		}
	}
	if err != nil {
		f.Close()
		return driver.Object{}, cleaned(err)
	}
	return o, nil
}

// fsBody reads a file, and returns ErrChanged in place of its end if the file was
// changed.
type fsBody struct {
	file   fs.File
	before fs.FileInfo
	left   int64
}

func (b *fsBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.file.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err == io.EOF && b.left > 0 {
		return 0, errFSChanged
	}
	if err != nil && err != io.EOF {
		return n, cleaned(err)
	}
	if b.left == 0 {
		now, err := b.file.Stat()
		if err != nil {
			return 0, cleaned(err)
		}
		if now.Size() != b.before.Size() || !now.ModTime().Equal(b.before.ModTime()) {
			return 0, errFSChanged
		}
	}
	return n, nil
}

func (b *fsBody) Close() error { return b.file.Close() }

var errFSChanged = files.Errorf(files.ErrChanged, "the file was changed while it was read")

// List walks the file system in byte order.
func (s *fsSource) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return driver.ListSorted(req, func(start string) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			w := &fsWalk{
				source: s,
				ctx:    ctx,
				start:  start,
				prefix: req.Prefix,
				yield:  yield,
			}
			if w.root() && w.failed != nil {
				yield(files.Entry{}, w.failed)
			}
		}
	})
}
