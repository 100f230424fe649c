package files

import (
	"errors"
	"io"
	"io/fs"
	"sync"
)

// fsFile is an open file of the io/fs view. It reads one body for as long as possible,
// and opens another one after a Seek to another place.
type fsFile struct {
	view *fsView
	name string
	info Info // of the version that Open found

	mu     sync.Mutex // guards closed and body, so that Close may come at any time
	closed bool
	body   *Reader // nil when none is open

	at  int64 // the position of body in the file
	pos int64 // where the next Read is to begin
}

var (
	_ io.ReadSeekCloser = (*fsFile)(nil)
	_ io.ReaderAt       = (*fsFile)(nil)
	_ io.WriterTo       = (*fsFile)(nil)
)

func (f *fsFile) fail(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return pathError(op, f.name, err)
}

// Stat returns what Open found, without a request.
func (f *fsFile) Stat() (fs.FileInfo, error) {
	if err := f.check(OpStat); err != nil {
		return nil, f.fail("stat", err)
	}
	info := f.info
	info.Attributes = info.Attributes.Clone()
	return fsInfo{entry: info.Entry, sys: info}, nil
}

func (f *fsFile) check(op Op) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return NewError(op, f.name, ErrClosed)
	}
	return nil
}

// Close ends the reading, including a Read in progress. Closing again is allowed.
func (f *fsFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.body != nil {
		f.body.Close()
		f.body = nil
	}
	return nil
}

// Read continues where the file stands. After an error the next Read retries from
// there, in a new request for the same version. ErrCorrupt stays until a Seek to
// another place, because reading the rest by itself would hide that the whole doesn't
// match its digest.
func (f *fsFile) Read(p []byte) (int, error) {
	body, err := f.stream(len(p))
	if err != nil {
		return 0, f.fail("read", err)
	}
	n, err := body.Read(p)
	f.moved(int64(n))
	f.failed(body, err)
	return n, f.fail("read", err)
}

// WriteTo copies the rest of the file to w.
func (f *fsFile) WriteTo(w io.Writer) (int64, error) {
	body, err := f.stream(1)
	if err == io.EOF {
		return 0, nil
	}
	if err != nil {
		return 0, f.fail("read", err)
	}
	n, err := body.WriteTo(w)
	f.pos += n
	f.at = body.off + body.n - body.remaining // beyond pos if the writer took less
	f.failed(body, err)
	if _, own := errors.AsType[*Error](err); own { // otherwise it is the writer's
		err = f.fail("read", err)
	}
	return n, err
}

// failed closes a body that failed, so that the next Read opens another.
func (f *fsFile) failed(body *Reader, err error) {
	if _, own := errors.AsType[*Error](err); !own || KindOf(err) == ErrCorrupt {
		return // the end, a writer's error, or an error that stays
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.body == body {
		f.body.Close()
		f.body = nil
	}
}

func (f *fsFile) moved(n int64) {
	f.at += n
	f.pos = f.at
}

// stream returns the body, at pos. want is 0 for a Read of no bytes.
func (f *fsFile) stream(want int) (*Reader, error) {
	if body, err := f.current(); body != nil || err != nil {
		return body, err
	}
	if f.pos >= f.info.Size && (want > 0 || f.pos > f.info.Size) {
		return nil, io.EOF
	}
	body, err := f.open(From(f.pos))
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		body.Close()
		return nil, NewError(OpGet, f.name, ErrClosed)
	}
	f.body, f.at = body, f.pos
	return body, nil
}

// current returns the open body if it stands at pos, and closes it otherwise.
func (f *fsFile) current() (*Reader, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, NewError(OpGet, f.name, ErrClosed)
	}
	if f.body != nil && f.at != f.pos {
		f.body.Close()
		f.body = nil
	}
	return f.body, nil
}

// Seek sets where the next Read begins. It makes no request.
func (f *fsFile) Seek(offset int64, whence int) (int64, error) {
	if err := f.check(OpGet); err != nil {
		return 0, f.fail("seek", err)
	}
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += f.pos
	case io.SeekEnd:
		offset += f.info.Size
	default:
		return 0, f.fail("seek", NewError(OpGet, f.name, invalid("unknown whence %d", whence)))
	}
	if offset < 0 {
		return 0, f.fail("seek",
			NewError(OpGet, f.name, invalid("seek to %d, before the beginning", offset)))
	}
	f.pos = offset
	return offset, nil
}

// ReadAt reads len(p) bytes from offset off, in a request of its own. It returns fewer
// only with an error, which is io.EOF at the end. It may be called concurrently.
func (f *fsFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.check(OpGet); err != nil {
		return 0, f.fail("read", err)
	}
	switch {
	case off < 0:
		return 0, f.fail("read", NewError(OpGet, f.name, invalid("negative offset %d", off)))
	case len(p) == 0:
		return 0, nil
	case off >= f.info.Size:
		return 0, io.EOF
	}
	n := min(int64(len(p)), f.info.Size-off)
	body, err := f.open(Bytes(off, n))
	if err != nil {
		return 0, f.fail("read", err)
	}
	defer body.Close()
	m, err := io.ReadFull(body, p[:n])
	if err == nil && m < len(p) {
		err = io.EOF
	}
	return m, f.fail("read", err)
}

// open opens a part of the version that Open found.
func (f *fsFile) open(r Range) (*Reader, error) {
	opts := &GetOptions{Range: r}
	if f.view.b.Features().ReadConditions {
		opts.IfVersion = f.info.Version
	}
	body, err := f.view.b.Get(f.view.ctx, f.name, opts)
	if errors.Is(err, ErrPrecondition) || errors.Is(err, ErrNotExist) {
		return nil, f.changed("replaced or deleted since it was opened")
	}
	if err != nil {
		return nil, err
	}
	now, same := body.Info(), false
	if f.info.Version != "" {
		same = now.Version == f.info.Version
	} else {
		same = now.Size == f.info.Size && now.ModTime.Equal(f.info.ModTime)
	}
	if !same {
		body.Close()
		return nil, f.changed("replaced since it was opened")
	}
	return body, nil
}

// changed has no cause: if the bucket answered ErrNotExist, the open file was still
// there once.
func (f *fsFile) changed(detail string) error {
	return &Error{
		Op:     OpGet,
		Name:   f.name,
		Kind:   ErrChanged,
		Detail: detail,
	}
}
