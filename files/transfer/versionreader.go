package transfer

import (
	"bytes"
	"context"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// versionReader is the io.ReaderAt of one version of a file, for a caller that reads from
// the beginning to the end, and may leave something out. It has one body, which it opens
// again only after such a gap.
type versionReader struct {
	ctx    context.Context
	from   place
	name   string
	passed func(n int64) // is called with the number of bytes read

	info files.Info
	body *files.Reader
	at   int64  // the body's position
	head []byte // the first bytes, if they were read alone
}

// begin finds the version. It opens the body, unless another run has copied the
// beginning. want, if not "", is the version that the file must have.
func (v *versionReader) begin(want files.Version, token string) error {
	var err error
	if token == "" {
		err = v.open(0, want)
	} else {
		v.info, err = statOrNoBucket(v.ctx, v.from.b, v.name)
	}
	if err == nil && want != "" && v.info.Version != want {
		err = files.ErrPrecondition
	}
	return err
}

// open opens the body at an offset.
func (v *versionReader) open(off int64, want files.Version) error {
	v.close()
	o := &files.GetOptions{}
	if v.from.features.ReadConditions {
		o.IfVersion = want
	}
	if off > 0 {
		o.Range = files.From(off)
	}
	body, err := v.from.b.Get(v.ctx, v.name, o)
	if err != nil {
		return err
	}
	v.body, v.at = body, off
	if v.info.Name == "" {
		v.info = body.Info()
	}
	return nil
}

// reopen is open for the version that begin has found.
func (v *versionReader) reopen(off int64) error {
	err := v.open(off, v.info.Version)
	switch files.KindOf(err) {
	case files.ErrPrecondition, files.ErrNotExist:
		return errReplaced
	}
	if err != nil {
		return err
	}
	now := v.body.Info()
	if now.Version != v.info.Version || now.Size != v.info.Size ||
		!now.ModTime.Equal(v.info.ModTime) {
		return errReplaced
	}
	return nil
}

var errReplaced = driver.Errorf(files.ErrChanged,
	"the file was replaced or deleted while it was copied")

// ReadAt implements io.ReaderAt, for one goroutine at a time.
func (v *versionReader) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		pos := off + int64(n)
		switch {
		case pos < int64(len(v.head)):
			n += copy(p[n:], v.head[pos:])
			continue
		case pos >= v.info.Size:
			return n, io.EOF
		case v.body == nil || v.at != pos:
			if err := v.reopen(pos); err != nil {
				return n, err
			}
		}
		m, err := v.body.Read(p[n:])
		n += m
		v.at += int64(m)
		v.passed(int64(m))
		if err == nil && v.at == v.info.Size {
			_, err = v.body.Read(make([]byte, 1)) // checks the digest of a whole file (G6)
		}
		if err != nil && (err != io.EOF || n < len(p)) {
			return n, err
		}
	}
	if off == 0 && len(p) <= driver.SniffLen && len(v.head) == 0 {
		v.head = bytes.Clone(p)
	}
	return n, nil
}

func (v *versionReader) close() {
	if v.body != nil {
		v.body.Close()
		v.body = nil
	}
}
