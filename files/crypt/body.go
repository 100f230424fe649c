package crypt

import (
	"context"
	"errors"
	"io"

	"filippo.io/age"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// ring has the keys of one bucket.
type ring struct {
	keys []*key
	byID map[string]*key
}

type getter = func(context.Context, files.Range) (*files.Reader, error)

func (r *ring) put(_ context.Context, c *files.Call, plain io.Reader, size int64,
	_ *files.PutOptions) (io.Reader, int64, error) {
	sealed, err := age.EncryptReader(plain, &sealing{r.keys[0], c.Name})
	return sealed, storedSize(size), err
}

func (r *ring) info(_ *files.Call, i files.Info) (files.Info, error) {
	var err error
	i.Digest = files.Digest{}
	i.Size, err = plainSize(i.Size)
	return i, err
}

func (r *ring) open(ctx context.Context, c *files.Call, part files.Range,
	get getter) (files.Info, io.Reader, error) {
	if part.IsWhole() {
		return r.openWhole(ctx, c, get)
	}
	return r.openPart(ctx, c, part, get)
}

func (r *ring) openWhole(ctx context.Context, c *files.Call,
	get getter) (files.Info, io.Reader, error) {
	stored, err := get(ctx, files.Range{})
	if err != nil {
		return files.Info{}, nil, err
	}
	info, err := r.info(c, stored.Info())
	if err != nil {
		return files.Info{}, nil, err
	}
	from := &source{r: stored}
	plain, err := age.Decrypt(from, &unsealing{ring: r, name: c.Name})
	if err != nil {
		return files.Info{}, nil, from.cause(err)
	}
	b := &body{
		r:     plain,
		from:  from,
		left:  info.Size,
		whole: true,
	}
	if info.Size == 0 { // no Read will check it
		if err := b.end(); err != nil {
			return files.Info{}, nil, err
		}
	}
	return info, b, nil
}

// openPart reads the header, the end of the file, which proves its length, and the
// chunks that contain the part.
func (r *ring) openPart(ctx context.Context, c *files.Call, part files.Range,
	get getter) (files.Info, io.Reader, error) {
	at := &parts{ctx: ctx, get: get}
	stored, err := at.fetch(0, headerSize)
	if err != nil {
		return files.Info{}, nil, err
	}
	info, err := r.info(c, stored)
	if err != nil {
		return files.Info{}, nil, err
	}
	off, n := part.Resolve(info.Size)
	first := headerSize + off/chunkSize*sealedChunk
	last := headerSize + max(info.Size-1, 0)/chunkSize*sealedChunk
	from := last
	if n > 0 && stored.Size-first <= together {
		from = first // one request has the part and the end
	}
	if _, err := at.fetch(from, stored.Size-from); err != nil {
		return files.Info{}, nil, err
	}
	plain, _, err := age.DecryptReaderAt(at, stored.Size, &unsealing{ring: r, name: c.Name})
	if err != nil {
		return files.Info{}, nil, at.cause(err)
	}
	if n > 0 && from != first && first < last {
		at.end = min(headerSize+((off+n-1)/chunkSize+1)*sealedChunk, last)
		if err := at.begin(first); err != nil {
			return files.Info{}, nil, err
		}
	}
	return info, &body{r: io.NewSectionReader(plain, off, n), from: at, left: n}, nil
}

// renew reports whether the file is encrypted with a key other than the first.
func (r *ring) renew(ctx context.Context, c *files.Call, get getter) (bool, error) {
	head, err := get(ctx, files.Bytes(0, headerSize))
	if err != nil {
		return false, err
	}
	from := &source{r: head}
	u := &unsealing{ring: r, name: c.Name}
	if _, err := age.Decrypt(from, u); err != nil {
		return false, from.cause(err)
	}
	return u.id != r.keys[0].id, nil
}

// body is the plain content. After its first error each Read returns that error. The
// last bytes of a whole file are only returned once its end is proved, because a file
// that was cut between two chunks has the length of a shorter one.
type body struct {
	r     io.Reader
	from  interface{ cause(error) error }
	left  int64
	whole bool
	err   error
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	switch {
	case err != nil && err != io.EOF:
		err = b.from.cause(err)
	case b.left < 0, err == io.EOF && b.left > 0:
		err = damaged("the content doesn't have the length that follows from the file's size")
	case b.left == 0 && n > 0 && b.whole && err == nil:
		err = b.end()
	}
	if b.err = err; err != nil && err != io.EOF {
		n = 0
	}
	return n, err
}

// end returns nil if the file ends here.
func (b *body) end() error {
	n, err := io.ReadFull(b.r, make([]byte, 1))
	switch {
	case n > 0:
		return damaged("the file has bytes after its end")
	case err != io.EOF:
		return b.from.cause(err)
	}
	return nil
}

// source is a stored file. It keeps its own error, to distinguish it from damage.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func (s *source) cause(err error) error { return cause(s.err, err) }

// cause returns the error for a file that can't be decrypted: the error of its source,
// a missing key, or damage.
func cause(source, err error) error {
	var missing *KeyError
	switch {
	case source != nil:
		return source
	case errors.As(err, &missing):
		return driver.WithCause(files.ErrPermission, missing, missing.Error())
	case files.KindOf(err) == files.ErrCorrupt:
		return err
	}
	return driver.WithCause(files.ErrCorrupt, err, "the file can't be decrypted: "+err.Error())
}
