package resume

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The steps of an upload:
//
//  1. Prepare: check what Put checks, find the content type, and compare the token with
//     the bucket, the name and the options.
//  2. Begin an upload and save its token, or ask the service which parts of the token's
//     upload it has. If any part is missing, an earlier process may have completed the
//     upload: if so, the file has the upload's mark, and is the result.
//  3. Read the source once, in order. Compare a part that the token has with its
//     digests, and send any other. Save the token from time to time.
//  4. Save the token, and complete the upload. If that fails because another process
//     was first, the mark shows it. If parts have vanished, go back to 2.
//  5. Forget the token.

// upload is an Upload in progress. Only one goroutine uses it.
type upload struct {
	b      files.Bucket
	name   string
	source io.ReaderAt
	size   int64
	opts   UploadOptions
	put    files.PutOptions
	before fs.FileInfo // of the source, if it has a method Stat

	tok   *token                      // nil until an upload has begun
	up    *driver.Upload              // the backend's argument
	sent  map[int]sent                // parts that were sent
	there map[int]driver.UploadedPart // parts that the service has
	sum   sent                        // digests of the part that was read last
	left  int                         // number of sent parts that the saved token doesn't have
}

func (u *upload) run(ctx context.Context) (files.Info, error) {
	text := u.opts.Token
	var err error
	if u.opts.TokenFile != "" {
		if text, err = readTokenFile(u.opts.TokenFile); err != nil {
			return files.Info{}, err
		}
	}
	if text != "" {
		if u.tok, u.sent, err = decodeToken(text); err != nil {
			return files.Info{}, err
		}
	}
	plain, err := u.prepare(ctx)
	switch {
	case err != nil:
		return files.Info{}, err
	case plain && u.tok != nil:
		return files.Info{}, files.Errorf(files.ErrUnsupported,
			"the bucket has no uploads that could be resumed")
	case plain:
		if err := u.look(); err != nil {
			return files.Info{}, err
		}
		return u.plainly(ctx)
	}
	over := false
	defer func() {
		if !over && !u.keeps() { // a panic or Goexit of the caller's code
			u.abort(ctx, nil)
		}
	}()
	info, err := u.rounds(ctx)
	over = true
	switch {
	case err == errPlainly:
		return u.plainly(ctx)
	case err == nil:
		u.forget()
		return info, nil
	case u.tok != nil && (isLast(err) || !u.keeps()):
		err = u.abort(ctx, err)
		u.forget()
	}
	return files.Info{}, err
}

// errPlainly means that the backend can't begin this upload, so it is one Put.
var errPlainly = errors.New("one Put")

// prepare is step 1. plain reports that the upload is to be one Put.
func (u *upload) prepare(ctx context.Context) (plain bool, err error) {
	head, err := u.head()
	if err != nil {
		return false, err
	}
	asked := false
	var limits driver.UploadLimits
	var target string
	refused, _ := u.step(ctx, func(_ context.Context, to *driver.Uploader) error {
		asked = true
		limits, target = to.UploadLimits(), targetOf(to)
		u.up, err = to.Prepare(&u.put, u.size, head)
		return err
	})
	switch {
	case !asked && files.KindOf(refused) == errors.ErrUnsupported:
		return true, nil // if a Put isn't possible either, it returns the error
	case refused != nil:
		return false, refused
	}
	options, err := optionsOf(u.up, &u.put)
	if err != nil {
		return false, err
	}
	if u.tok != nil {
		return false, u.fits(target, options, limits)
	}
	most := min(maxParts, limits.MaxParts)
	size := u.opts.PartSize
	if size == 0 {
		size = defaultPartSize
	}
	if least := (u.size-1)/int64(most) + 1; size < least {
		const unit = 1 << 20
		size = (least + unit - 1) / unit * unit
	}
	if size = max(size, limits.MinPart); size > limits.MaxPart {
		return false, files.Errorf(files.ErrTooLarge, "a part would have %d bytes, more than %d",
			size,
			limits.MaxPart)
	}
	if u.size <= size {
		return true, nil
	}
	u.up.PartSize = size
	u.tok = nil
	u.begin(target, options)
	return false, nil
}

// begin makes the token of a new upload.
func (u *upload) begin(target, options string) {
	u.tok = &token{
		Kind:     tokenKind,
		Version:  tokenVersion,
		Target:   target,
		Options:  options,
		Name:     u.name,
		Type:     u.up.Attributes.ContentType,
		Size:     u.size,
		PartSize: u.up.PartSize,
	}
	u.sent = map[int]sent{}
}

// head returns the first bytes of the source, for the content type.
func (u *upload) head() ([]byte, error) {
	head := make([]byte, min(driver.SniffLen, u.size))
	n, err := u.source.ReadAt(head, 0)
	if n < len(head) && err != io.EOF {
		return nil, err
	}
	return head[:n], nil
}

// fits checks that the token is for this upload.
func (u *upload) fits(target, options string, limits driver.UploadLimits) error {
	t := u.tok
	u.up.ID, u.up.PartSize = t.ID, t.PartSize
	other := ""
	switch {
	case t.Target != target:
		other = "another bucket or name"
	case t.Options != options:
		other = "a file with other options"
	case t.Size != u.size, u.up.TypeFound && t.Type != u.up.Attributes.ContentType:
		return nil // the source has changed, which rounds reports
	case t.PartSize < limits.MinPart || t.PartSize > limits.MaxPart ||
		(t.Size-1)/t.PartSize+1 > int64(min(maxParts, limits.MaxParts)):
		other = "parts that the bucket doesn't take"
	}
	if other != "" {
		return files.Errorf(files.ErrInvalid, "the token is for %s", other)
	}
	for n := range u.sent {
		if n < 1 || n > u.up.Parts() {
			return files.Errorf(files.ErrInvalid, "the token is damaged")
		}
	}
	return nil
}

// rounds are steps 2 to 4.
func (u *upload) rounds(ctx context.Context) (files.Info, error) {
	if err := u.look(); err != nil {
		return files.Info{}, err
	}
	if u.tok.Size != u.size {
		return files.Info{}, files.Errorf(files.ErrCorrupt,
			"the source has %d bytes; it had %d when the upload began", u.size, u.tok.Size)
	}
	if u.up.TypeFound && u.tok.Type != u.up.Attributes.ContentType {
		return files.Info{}, files.Errorf(files.ErrCorrupt,
			"the source was changed: its first bytes are of another type")
	}
	for round := 1; ; round++ {
		info, gone, err := u.round(ctx)
		if err != nil || !gone {
			return info, err
		}
		if round == maxRounds {
			return files.Info{}, files.Errorf(files.ErrUnavailable,
				"the service has given up the upload %d times", round)
		}
	}
}

// round is steps 2 to 4 once; gone reports that parts have vanished.
func (u *upload) round(ctx context.Context) (info files.Info, gone bool, err error) {
	if u.tok.ID == "" {
		err = u.start(ctx)
	} else {
		var found bool
		if info, found, err = u.catchUp(ctx); found && err == nil {
			return info, false, nil
		}
	}
	if err != nil {
		return files.Info{}, false, err
	}
	if gone, err = u.transfer(ctx, true); gone || err != nil {
		return files.Info{}, gone, err
	}
	if err := u.save(); err != nil {
		return files.Info{}, false, err
	}
	return u.complete(ctx)
}

// start begins an upload at the service.
func (u *upload) start(ctx context.Context) error {
	id, refused := "", false
	err, _ := u.step(ctx, func(ctx context.Context, to *driver.Uploader) (err error) {
		id, err = to.BeginUpload(ctx, u.up)
		refused = err == errors.ErrUnsupported
		return err
	})
	if refused {
		return errPlainly
	}
	if err != nil {
		return err
	}
	u.tok.ID, u.up.ID = id, id
	u.there = map[int]driver.UploadedPart{}
	u.left = 1
	if err := u.save(); err != nil {
		return u.abort(ctx, err) // the token was not saved
	}
	u.event(UploadEvent{Kind: UploadBegun})
	return nil
}

// catchUp asks the service for the parts of the token's upload. found reports that the
// upload was completed.
func (u *upload) catchUp(ctx context.Context) (info files.Info, found bool, err error) {
	var parts []driver.UploadedPart
	err, gone := u.step(ctx, func(ctx context.Context, to *driver.Uploader) (err error) {
		parts, err = to.ListParts(ctx, u.up)
		return err
	})
	if err != nil {
		return files.Info{}, false, err
	}
	u.there = map[int]driver.UploadedPart{}
	bytes := int64(0)
	for _, p := range parts {
		s, ok := u.sent[p.Number]
		if _, size := u.up.Part(p.Number); ok && p.Size == size && tagSum(p.Tag) == s.tag {
			if p.CRC32C == 0 {
				p.CRC32C = s.crc32c
			}
			u.there[p.Number] = p
			bytes += size
		}
	}
	if gone || len(u.there) < len(u.sent) {
		if info, found, err = u.find(ctx); found || err != nil {
			return info, found, err
		}
	}
	if !gone {
		u.event(UploadEvent{Kind: UploadResumed, Bytes: bytes})
		return files.Info{}, false, nil
	}
	u.event(UploadEvent{
		Kind: UploadBegunAnew,
		Why:  "the service no longer has the upload " + u.tok.ID,
	})
	u.tok.ID, u.up.ID = "", ""
	// The parts that an earlier process has read are compared again, because the source
	// must not have changed.
	return files.Info{}, false, u.start(ctx)
}

// find looks for the file of an upload that another process has completed, and compares
// the source with it.
func (u *upload) find(ctx context.Context) (info files.Info, found bool, err error) {
	err, _ = u.step(ctx, func(ctx context.Context, to *driver.Uploader) (err error) {
		info, found, err = to.FindUpload(ctx, u.up)
		return err
	})
	if err != nil || !found {
		return files.Info{}, false, err
	}
	stored := info.Digest.CRC32C
	if _, err := u.transfer(ctx, false); err != nil {
		return files.Info{}, false, err
	}
	if stored != "" && stored != u.up.Digest.CRC32C || info.Size != u.size {
		return files.Info{}, false, files.Errorf(files.ErrCorrupt,
			"the source was changed since it was stored")
	}
	info = u.fullInfo(ctx, info)
	u.event(UploadEvent{Kind: UploadFound, Bytes: u.size})
	return info, true, nil
}

// fullInfo returns the Info with the fields that the service didn't return.
func (u *upload) fullInfo(ctx context.Context, info files.Info) files.Info {
	u.step(context.WithoutCancel(ctx), func(_ context.Context, to *driver.Uploader) error {
		info = to.Info(u.up, info)
		return nil
	})
	info.Name = u.name
	return info
}

// complete is step 4.
func (u *upload) complete(ctx context.Context) (info files.Info, gone bool, err error) {
	parts := make([]driver.UploadedPart, u.up.Parts())
	for i := range parts {
		parts[i] = u.there[i+1]
	}
	done := false
	err, gone = u.step(ctx, func(ctx context.Context, to *driver.Uploader) error {
		got, err := to.CompleteUpload(ctx, u.up, parts)
		if err == nil {
			info, done = to.Info(u.up, got), true
			info.Name = u.name
		}
		return err
	})
	if err == nil && done && !gone {
		return info, false, nil
	}
	// Another process, or an earlier attempt, may have been first.
	if kind := files.KindOf(err); gone || kind == files.ErrExist || kind == files.ErrPrecondition {
		if info, found, ferr := u.find(ctx); found || ferr != nil && gone {
			return info, false, ferr
		}
	}
	return files.Info{}, gone, err
}

// save saves the token, if it has changed.
func (u *upload) save() error {
	if u.left == 0 {
		return nil
	}
	if u.opts.TokenFile == "" && u.opts.Save == nil {
		u.left = 0
		return nil
	}
	text, err := u.tok.encode(u.sent)
	if err == nil {
		err = u.saveText(text)
	}
	if err == nil {
		u.left = 0
	}
	return err
}

func (u *upload) saveText(text string) error {
	if u.opts.Save != nil {
		if err := u.opts.Save(text); err != nil {
			return &saveError{err}
		}
	}
	if u.opts.TokenFile == "" {
		return nil
	}
	return writeTokenFile(u.opts.TokenFile, text)
}

// saveError is an error of saving the token, which matches no sentinel about the
// bucket's file.
type saveError struct{ err error }

func (e *saveError) Error() string { return "the token can't be saved: " + e.err.Error() }
func (e *saveError) Unwrap() error { return e.err }

// forget removes the saved token. If that fails, the next call finds the upload
// completed, or gone.
func (u *upload) forget() { u.saveText("") }

// abort removes the parts. It returns err, which names the upload if that fails.
func (u *upload) abort(ctx context.Context, err error) error {
	id := ""
	if u.tok != nil {
		id = u.tok.ID
	}
	if id == "" {
		return err
	}
	result := make(chan error, 1)
	driver.Undo(ctx, func(ctx context.Context) {
		aerr, _ := u.step(ctx, func(ctx context.Context, to *driver.Uploader) error {
			err := to.AbortUpload(ctx, to.Name, id)
			if files.KindOf(err) == errors.ErrUnsupported {
				return nil // the service removes them
			}
			return err
		})
		result <- aerr
	})
	select {
	case aerr := <-result:
		if aerr == nil || err == nil {
			return err
		}
	default: // a later call can continue
	}
	if err == nil {
		return nil
	}
	return driver.UploadLeft(err, id)
}

// describe returns a text for a part, for errors.
func describe(n int, off, size int64) string {
	return "part " + strconv.Itoa(n) + fmt.Sprintf(" (bytes %d to %d)", off, off+size-1)
}
