package resume

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// UploadOptions are the options of Upload and UploadFile. The zero value has the defaults
// and keeps no token: a failed upload is aborted, as in a Put.
type UploadOptions struct {
	// Put has the options of the file: attributes, condition, digest and native
	// options. A call that continues an upload must have the same options. Size may be
	// nil.
	Put *files.PutOptions
	// PartSize is the size of a part in bytes. An interruption loses at most that much
	// of each request. If it is 0, a part has 8 MiB. It has less, but at least 2 MiB,
	// if an interruption could otherwise lose more than a tenth of the file, and more
	// if the file would otherwise have more than 10,000 parts. A service's limits, such
	// as 5 MiB on S3, may make parts larger. A resumed upload keeps its part size.
	PartSize int64
	// Concurrency is the number of parts that are sent at a time; 0 is 4. Upload holds
	// one part more in memory.
	Concurrency int

	// SourceVersion says that the source is that version of a file, such as another
	// bucket's, which has the same content whenever it is read (V1). Then a call that
	// continues the upload reads only what it sends. Without it, it reads the whole
	// source and compares the sent parts with the token. If the token has another
	// version, the source counts as changed.
	SourceVersion files.Version
	// BeginAnew makes Upload abort the token's upload and begin again from the start if
	// the token can't be used: because the source has changed, because the token is
	// damaged, or because it is for other options, another bucket or another name.
	// Without it these are errors. The event UploadBegunAnew says why. A TokenFile that
	// isn't a token is ErrInvalid nevertheless.
	BeginAnew bool

	// TokenFile is the path of a file on disk for the token. Upload resumes from it if
	// it exists, and removes it when nothing is left to resume. A file that isn't a
	// token is ErrInvalid, and is not changed.
	TokenFile string
	// Token is the token to resume from, for callers that keep it elsewhere; "" begins
	// an upload. Token and TokenFile exclude each other.
	Token string
	// Save, if not nil, is called with each new token, and with "" when nothing is left
	// to resume, by one goroutine at a time. If it returns an error, the upload ends
	// and its parts are kept.
	Save func(token string) error
	// Event, if not nil, is called with each event, by one goroutine at a time.
	Event func(UploadEvent)
}

// UploadEvent is an event of an upload.
type UploadEvent struct {
	Kind  UploadEventKind
	Bytes int64  // sent: size of the part; resumed: size of all parts at the service
	Part  int    // sent: its number, from 1
	Why   string // of UploadBegunAnew: the reason
}

// UploadEventKind is the kind of an UploadEvent.
type UploadEventKind string

// The kinds of events.
const (
	UploadBegun     UploadEventKind = "begun"      // a new upload has begun
	UploadResumed   UploadEventKind = "resumed"    // the service has the token's upload
	UploadSent      UploadEventKind = "sent"       // a part was sent
	UploadBegunAnew UploadEventKind = "begun anew" // everything is sent again: see Why
	UploadFound     UploadEventKind = "found"      // another process had completed it
	UploadPlain     UploadEventKind = "plain"      // the upload is one Put, which can't be resumed
)

const (
	defaultUploads = 4
	// maxRounds is how often an upload is continued after its parts have vanished.
	maxRounds = 4
)

// Upload stores size bytes of the source under the name, all or nothing, by several
// requests at a time. If it fails, or the process is killed, a call in any process that
// has the token continues: it sends only the parts that the service doesn't have.
//
// All rules of Put hold: the condition is decided at the commit, and a given digest is
// checked. The parts that an earlier process sent are read again from the source and
// compared with the token's digests, unless SourceVersion shows that the source is the
// same. So if the source has changed since then, Upload is ErrCorrupt, and never stores
// a mix. If source has a method Stat, as os.File and
// fs.File have, its size and modification time must also stay the same during a call
// (ErrCorrupt).
//
// The parts are kept after a failure if there is a token, that is, if TokenFile, Token
// or Save is given. But if the error is ErrCorrupt, ErrExist, ErrPrecondition,
// ErrInvalid, ErrTooLarge or ErrUnsupported, the parts and the token are removed. If
// the response to the commit was lost, the error is ErrUncertain; the next call with
// the token finds out whether the file was stored. Several processes may use one token:
// the file is stored once, and each of them returns its Info.
//
// Upload is one Put, and keeps nothing after a failure, if the content has at most one
// part, or if the bucket has no uploads in parts. There are none in the Go CDK's
// drivers, in a wrapper whose hooks don't support them (Hooks.Uploads), and in Google
// Cloud Storage with a condition, native options, or attributes that no header can
// carry. A call with a token is ErrUnsupported in these cases.
//
// Errors: those of Put; ErrCorrupt for a changed source; ErrInvalid for a text that
// isn't a token, and for a token of another version of this package, another bucket,
// another name or other options.
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
		return files.Info{}, driver.NewError(files.OpPut, name, err)
	}
	info, err := u.run(ctx)
	if err != nil {
		return files.Info{}, driver.NewError(files.OpPut, name, err)
	}
	return info, nil
}

// UploadFile calls Upload with the regular file at path on disk. A missing file is
// ErrNotExist.
func UploadFile(ctx context.Context, b files.Bucket, name, path string,
	opts *UploadOptions) (files.Info, error) {
	fail := func(err error) (files.Info, error) {
		return files.Info{}, driver.NewError(files.OpPut, name, err)
	}
	if err := files.CheckName(name); err != nil {
		return fail(err)
	}
	fi, err := os.Stat(path) // opening a pipe would wait for its writer
	if err == nil && !fi.Mode().IsRegular() {
		return fail(driver.Errorf(files.ErrInvalid, "the source is not a regular file"))
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

// onDisk returns an error that says that the file on disk is missing or refused, not
// the bucket's file. It doesn't show the path.
func onDisk(err error) error {
	kind := files.KindOf(err)
	if kind == nil {
		kind = files.ErrUnavailable
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return driver.WithCause(kind, err, "the source on disk: "+err.Error())
}

// check returns an error for options that make no sense.
func (u *upload) check(ctx context.Context) error {
	o := &u.opts
	switch {
	case ctx == nil || nils.Is(u.b) || u.source == nil:
		return driver.Errorf(files.ErrInvalid, "the context, the bucket or the source is nil")
	case u.size < 0 || o.PartSize < 0 || o.Concurrency < 0:
		return driver.Errorf(files.ErrInvalid,
			"the size, the part size or the concurrency is negative")
	case o.Token != "" && o.TokenFile != "":
		return driver.Errorf(files.ErrInvalid, "both Token and TokenFile are given")
	case o.Put != nil && o.Put.Size != nil && *o.Put.Size != u.size:
		return driver.Errorf(files.ErrCorrupt, "the source has %d bytes, not the %d declared",
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

// event calls Options.Event.
func (u *upload) event(e UploadEvent) {
	if u.opts.Event != nil {
		u.opts.Event(e)
	}
}

// keeps reports whether the token is saved.
func (u *upload) keeps() bool {
	return u.opts.TokenFile != "" || u.opts.Token != "" || u.opts.Save != nil
}

// plainly is a Put.
func (u *upload) plainly(ctx context.Context) (files.Info, error) {
	u.event(UploadEvent{Kind: UploadPlain})
	content := &steady{
		content: io.NewSectionReader(u.source, 0, u.size),
		same:    u.same,
	}
	return u.b.Put(ctx, u.name, content, &u.put)
}

// steady reads the source, and fails in place of the end if the source has changed. It
// can seek, so that the Put can be repeated.
type steady struct {
	content *io.SectionReader
	same    func() error
}

func (s *steady) Seek(offset int64, whence int) (int64, error) {
	return s.content.Seek(offset, whence)
}

func (s *steady) Read(p []byte) (int, error) {
	n, err := s.content.Read(p)
	if err == io.EOF {
		if serr := s.same(); serr != nil {
			return 0, serr
		}
	}
	return n, err
}

// look records size and time of the source, if it has a method Stat.
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
		return driver.Errorf(files.ErrCorrupt, "the source has %d bytes, not %d", fi.Size(), u.size)
	}
	return nil
}

// same compares size and time of the source with those that look has recorded.
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

var errSourceChanged = driver.Errorf(files.ErrCorrupt, "the source was changed while it was read")

// isLast reports whether no later call can continue after the error.
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
