package resume

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// UploadOptions are the options of Upload and UploadFile. The zero value has the
// defaults, and keeps nothing: a failed upload is aborted, as that of a Put.
type UploadOptions struct {
	// Put are the options of the file: attributes, condition, digest and native options.
	// Each process that goes on with an upload gives the same ones. Size may be nil.
	Put *files.PutOptions
	// PartSize is the size of a part in bytes; 0 is 8 MiB, and more for a file of more
	// than 10,000 parts. A service's limits, such as 5 MiB on S3, may make it larger. An
	// upload that is resumed keeps its part size.
	PartSize int64
	// Concurrency is how many parts are sent at a time; 0 is 4. Upload holds one more in
	// memory.
	Concurrency int

	// TokenFile is the path of a file on disk that keeps the token. Upload resumes from
	// it, and removes it when nothing is left to resume. It may not exist. What isn't a
	// token is ErrInvalid and is left alone.
	TokenFile string
	// Token is the token to resume from, for a caller who keeps it elsewhere; "" begins
	// an upload. It excludes TokenFile.
	Token string
	// Save, if not nil, is called with each new token, by one goroutine at a time, and
	// with "" when nothing is left to resume. Its error ends the upload, of which the
	// parts are kept.
	Save func(token string) error
	// Event, if not nil, is called with what happens, by one goroutine at a time.
	Event func(UploadEvent)
}

// UploadEvent is something that happened during an upload.
type UploadEvent struct {
	Kind  UploadEventKind
	Bytes int64  // sent: of the part; resumed: of the parts that are there
	Part  int    // sent: its number, from 1
	Why   string // begun anew: the reason
}

// UploadEventKind is the kind of an UploadEvent.
type UploadEventKind string

// The kinds of events.
const (
	UploadBegun     UploadEventKind = "begun"      // a new upload has begun
	UploadResumed   UploadEventKind = "resumed"    // the token's upload is there
	UploadSent      UploadEventKind = "sent"       // a part is at the service
	UploadBegunAnew UploadEventKind = "begun anew" // the parts are gone, and are sent again
	UploadFound     UploadEventKind = "found"      // an earlier process had completed it
	UploadPlain     UploadEventKind = "plain"      // it is one Put, which can't be resumed
)

const (
	defaultUploads = 4
	// maxRounds is how many times an upload is looked at whose parts vanish.
	maxRounds = 4
)

// Upload stores size bytes of the source under the name, all or nothing, by several
// requests at a time. If it fails, or the process is killed, a call in any process that
// has the token goes on: it sends only the parts that the service doesn't have.
//
// The file, its Info and the errors are those of Put, and so are all rules of Put: the
// condition is decided at the commit, and a digest that was given is checked. The parts
// that an earlier process sent are read again from the source and compared with the
// token's digests of them, so a source that has changed since is ErrCorrupt, and never
// becomes a mix. If source has a method Stat, as os.File and fs.File have, the size and
// the modification time must also stay the same during a call (ErrCorrupt).
//
// After an error that a later call may not meet, the parts are kept if there is a token:
// TokenFile, Token or Save is given. After ErrCorrupt, ErrExist, ErrPrecondition,
// ErrInvalid, ErrTooLarge and ErrUnsupported they are removed, and so is the token. If
// the response to the commit was lost the error is ErrUncertain; the next call with the
// token finds out what became of it. Several processes may have one token: the file is
// stored once, and each of them returns its Info.
//
// Upload is one Put, of which nothing is kept, if the content has no more than one part,
// and if the bucket has no such uploads: Go CDK's drivers, a wrapper that sees or changes
// what passes and doesn't know them (Hooks.Uploads), and Google Cloud Storage with a
// condition, native options, or attributes that no header can carry. Then a call that is
// given a token is ErrUnsupported.
//
// Errors: those of Put; ErrCorrupt for a changed source; ErrInvalid for a token that
// isn't one, or is of another version of this package, another bucket, another name or
// other options.
func Upload(ctx context.Context, b files.Bucket, name string, source io.ReaderAt, size int64,
	opts *UploadOptions) (files.Info, error) {
	u := &upload{
		b:      b,
		name:   name,
		source: source,
		size:   size,
	}
	if opts != nil {
		u.opts = *opts
	}
	if err := u.check(ctx); err != nil {
		return files.Info{}, files.NewError(files.OpPut, name, err)
	}
	info, err := u.run(ctx)
	if err != nil {
		return files.Info{}, files.NewError(files.OpPut, name, err)
	}
	return info, nil
}

// UploadFile is Upload of the regular file at path on disk. A missing file is
// ErrNotExist.
func UploadFile(ctx context.Context, b files.Bucket, name, path string,
	opts *UploadOptions) (files.Info, error) {
	fail := func(err error) (files.Info, error) {
		return files.Info{}, files.NewError(files.OpPut, name, err)
	}
	if err := files.CheckName(name); err != nil {
		return fail(err)
	}
	fi, err := os.Stat(path) // opening a pipe would wait for its writer
	if err == nil && !fi.Mode().IsRegular() {
		return fail(files.Errorf(files.ErrInvalid, "the source is not a regular file"))
	}
	if err != nil {
		return fail(onDisk(err))
	}
	f, err := os.Open(path)
	if err != nil {
		return fail(onDisk(err))
	}
	defer f.Close()
	if fi, err = f.Stat(); err != nil {
		return fail(onDisk(err))
	}
	return Upload(ctx, b, name, f, fi.Size(), opts)
}

// onDisk makes clear that the file on disk is missing or refused, not the one in the
// bucket. Its path isn't shown.
func onDisk(err error) error {
	kind := files.KindOf(err)
	if kind == nil {
		kind = files.ErrUnavailable
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return files.WithCause(kind, err, "the source on disk: "+err.Error())
}

// check refuses options that make no sense.
func (u *upload) check(ctx context.Context) error {
	o := &u.opts
	switch {
	case ctx == nil || u.b == nil || u.source == nil:
		return files.Errorf(files.ErrInvalid, "the context, the bucket or the source is nil")
	case u.size < 0 || o.PartSize < 0 || o.Concurrency < 0:
		return files.Errorf(files.ErrInvalid, "negative size, part size or concurrency")
	case o.Token != "" && o.TokenFile != "":
		return files.Errorf(files.ErrInvalid, "a token and a file for it are both given")
	case o.Put != nil && o.Put.Size != nil && *o.Put.Size != u.size:
		return files.Errorf(files.ErrCorrupt, "the source has %d bytes, not the %d declared",
			u.size, *o.Put.Size)
	}
	if err := files.CheckName(u.name); err != nil {
		return err
	}
	if o.Put != nil {
		u.put = *o.Put
	}
	u.put.Size = &u.size
	if o.Concurrency == 0 {
		o.Concurrency = defaultUploads
	}
	var err error
	u.put.Digest, err = u.put.Digest.Normalize()
	return err
}

// event tells the caller.
func (u *upload) event(e UploadEvent) {
	if u.opts.Event != nil {
		u.opts.Event(e)
	}
}

// keeps reports whether somebody has the token.
func (u *upload) keeps() bool {
	return u.opts.TokenFile != "" || u.opts.Token != "" || u.opts.Save != nil
}

// plainly is a Put.
func (u *upload) plainly(ctx context.Context) (files.Info, error) {
	u.event(UploadEvent{Kind: UploadPlain})
	content := &steady{
		Reader: io.NewSectionReader(u.source, 0, u.size),
		same:   u.same,
	}
	return u.b.Put(ctx, u.name, content, &u.put)
}

// steady fails in place of its end if the source has changed.
type steady struct {
	io.Reader
	same func() error
}

func (s *steady) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err == io.EOF {
		if serr := s.same(); serr != nil {
			return 0, serr
		}
	}
	return n, err
}

// look notes what the source is like, if it can say so.
func (u *upload) look() error {
	f, ok := u.source.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return nil
	}
	fi, err := f.Stat()
	if err != nil {
		return onDisk(err)
	}
	u.before = fi
	if fi.Mode().IsRegular() && fi.Size() != u.size {
		return files.Errorf(files.ErrCorrupt, "the source has %d bytes, not %d", fi.Size(), u.size)
	}
	return nil
}

// same compares the source with what look has seen.
func (u *upload) same() error {
	if u.before == nil {
		return nil
	}
	now, err := u.source.(interface{ Stat() (fs.FileInfo, error) }).Stat()
	if err != nil {
		return onDisk(err)
	}
	if now.Size() != u.before.Size() || !now.ModTime().Equal(u.before.ModTime()) {
		return errSourceChanged
	}
	return nil
}

var errSourceChanged = files.Errorf(files.ErrCorrupt, "the source was changed while it was read")

// isLast reports whether no later call can go on after the error.
func isLast(err error) bool {
	if _, ok := errors.AsType[*saveError](err); ok {
		return false
	}
	switch files.KindOf(err) {
	case files.ErrCorrupt, files.ErrExist, files.ErrPrecondition, files.ErrInvalid,
		files.ErrInvalidName, files.ErrTooLarge, errors.ErrUnsupported:
		return true
	}
	return false
}

// step makes one step of the upload at the backend, through all wrappers.
func (u *upload) step(ctx context.Context,
	f func(ctx context.Context, to *driver.Uploader) error) (err error, gone bool) {
	err = driver.WithUploader(ctx, u.b, u.name,
		func(ctx context.Context, to *driver.Uploader) error {
			gone = false
			err := f(ctx, to)
			if errors.Is(err, driver.ErrUploadGone) { // a retry wouldn't bring it back
				gone = true
				return nil
			}
			return err
		})
	return err, gone && err == nil
}
