package driver

import (
	"context"
	"errors"
	"io"
	"sync"

	"cloudfiles.dev/files"
	readable "cloudfiles.dev/files/internal/content"
)

// Content is the content of one Put as a Backend reads it: counted, digested and
// checked. It ends with io.EOF only if the declared size and digests match (P10). It
// checks the context before each Read (P12).
type Content struct {
	ctx      context.Context
	head     []byte // read ahead to find the content type
	src      io.Reader
	notes    []func(n int64) // functions that observe src
	panicked any             // what a Read of src panicked with
	held     held            // the content, if it is in memory
	want     files.Digest    // declared
	size     int64           // declared, or -1
	maxSize  int64           // 0: no limit
	n        int64
	hasher   Hasher
	err      error
	headErr  error
	mu       sync.Mutex
	finished bool
	idle     int // how many Reads in a row returned nothing
}

// maxIdle is how many Reads in a row may return nothing.
const maxIdle = 100

// Read reads the content.
func (u *Content) Read(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.ready(); err != nil {
		return 0, err
	}
	n, err := u.read(p)
	if err = u.account(p[:n], err); err != nil && err != io.EOF {
		n = 0
	}
	return n, err
}

// account counts, digests and checks the bytes that came with err.
func (u *Content) account(p []byte, err error) error {
	u.hasher.Write(p)
	u.n += int64(len(p))
	switch {
	case u.size >= 0 && u.n > u.size:
		err = Errorf(files.ErrCorrupt, "content is longer than the %d bytes declared", u.size)
	case u.maxSize > 0 && u.n > u.maxSize:
		err = Errorf(files.ErrTooLarge, "content is longer than %d bytes", u.maxSize)
	case err == io.EOF:
		err = u.complete()
	}
	u.err = err
	if len(u.notes) > 0 && len(p) > 0 {
		if failed := u.notify(int64(len(p))); failed != nil {
			u.err, err = failed, failed
		}
	}
	return err
}

// notify calls the functions that observe the content. Their panics are handled like
// those of the content's Read.
func (u *Content) notify(n int64) (err error) {
	whole := false
	defer func() {
		if !whole {
			if u.panicked = recover(); u.panicked != nil {
				err = errPanicked
			}
		}
	}()
	for _, note := range u.notes {
		note(n)
	}
	whole = true
	return nil
}

// inPlace returns up to n bytes of content that is in memory, without a copy. They are
// valid until the Put returns. The last bytes come with io.EOF.
func (u *Content) inPlace(n int64) (p []byte, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.ready(); err != nil {
		return nil, err
	}
	for whole := u.held.bytes; err == nil && int64(len(p)) < n; {
		var piece []byte
		if err = ContextError(u.ctx); err == nil {
			piece, err = u.held.next(min(pieceSize, n-int64(len(p))))
		}
		p = whole[:len(p)+len(piece)]
		err = u.account(piece, err)
	}
	if err != nil && err != io.EOF {
		return nil, err
	}
	return p, err
}

// ready returns why nothing more can be read, or nil.
func (u *Content) ready() error {
	if u.err == nil && u.finished {
		return files.ErrClosed
	}
	return u.err
}

func (u *Content) read(p []byte) (int, error) {
	if len(u.head) > 0 {
		n := copy(p, u.head)
		u.head = u.head[n:]
		return n, nil
	}
	if u.headErr != nil {
		return 0, u.headErr
	}
	if err := u.ctx.Err(); err != nil {
		return 0, ContextError(u.ctx)
	}
	if u.held.ok {
		piece, err := u.held.next(int64(len(p)))
		return copy(p, piece), err
	}
	n, err := u.readSource(p)
	if wrong, ok := err.(*readable.NilError); ok {
		return 0, Errorf(files.ErrInvalid, "%s", wrong.Error())
	}
	switch {
	case n < 0 || n > len(p):
		return 0, Errorf(files.ErrInvalid, "content's Read returned the impossible count %d",
			n)
	case n > 0 || err != nil || len(p) == 0:
		u.idle = 0
	default:
		if u.idle++; u.idle == maxIdle {
			err = Errorf(files.ErrInvalid,
				"content's Read returned no bytes and no error 100 times: %w", io.ErrNoProgress)
		}
	}
	return n, err
}

// readSource is a Read of the caller's content. It may panic in any goroutine, even an
// SDK's, where the panic would end the process. So the panic is kept for resume, and
// fails the Put until then, so that nothing is left behind.
func (u *Content) readSource(p []byte) (n int, err error) {
	whole := false
	defer func() {
		if !whole {
			if u.panicked = recover(); u.panicked != nil { // else it is Goexit, which continues
				n, err = 0, errPanicked
			}
		}
	}()
	n, err = u.src.Read(p)
	whole = true
	return n, err
}

var errPanicked = errors.New("the content's Read panicked")

// resume panics as the content did, in the goroutine that called Put.
func (u *Content) resume() {
	u.mu.Lock()
	value := u.panicked
	u.mu.Unlock()
	if value != nil {
		panic(value)
	}
}

// complete is called at the content's end, which is before the commit.
func (u *Content) complete() error {
	if u.ctx.Err() != nil {
		return ContextError(u.ctx)
	}
	if u.size >= 0 && u.n < u.size {
		return Errorf(files.ErrCorrupt, "content has %d bytes, fewer than the %d declared",
			u.n, u.size)
	}
	if u.want.IsZero() {
		return io.EOF
	}
	if which := u.hasher.Sum().Conflict(u.want); which != "" {
		return Errorf(files.ErrCorrupt, "the content's %s digest is not the one declared",
			which)
	}
	return io.EOF
}

// Count returns how many bytes were read so far.
func (u *Content) Count() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.n
}

// Digest returns the digests of what was read so far; after io.EOF, those of the whole
// content. It always has CRC-32C, and the others if the caller declared them.
func (u *Content) Digest() files.Digest {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err != io.EOF {
		return u.hasher.Sum()
	}
	// the others were declared, and complete has compared them
	if u.want.CRC32C == "" {
		u.want.CRC32C = u.hasher.Sum().CRC32C
	}
	return u.want
}

// crc32c returns the CRC-32C of what was read so far.
func (u *Content) crc32c() uint32 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.hasher.h.CRC32C()
}

// Err returns the error that ended the content. It returns nil if the content ended
// with io.EOF or hasn't ended. A Backend whose SDK hides the reader's error calls it.
func (u *Content) Err() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err == io.EOF {
		return nil
	}
	return u.err
}

// Done reports whether the content has ended with io.EOF.
func (u *Content) Done() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.err == io.EOF
}

// finish waits for a Read in progress and prevents further ones (P12).
func (u *Content) finish() {
	u.mu.Lock()
	u.finished = true
	u.mu.Unlock()
}
