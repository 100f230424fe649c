package resume

import (
	"context"
	"errors"
	"io"
	"io/fs"

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

	resumed bool // the token is an earlier call's
	foreign bool // the token is for another target, whose upload isn't ours to abort
	unfit   bool // the token is for other options or another target
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
		u.tok, u.sent, err = decodeToken(text)
		switch {
		case err == errNoToken && u.opts.TokenFile != "", err != nil && !u.opts.BeginAnew:
			return files.Info{}, err
		case err != nil:
			u.anew(err)
		}
	}
	u.resumed = u.tok != nil
	plain, err := u.prepare(ctx)
	if err != nil && u.anewAfter(ctx, err) {
		plain, err = u.prepare(ctx)
	}
	switch {
	case err != nil:
		return files.Info{}, err
	case plain && u.tok != nil && !u.opts.BeginAnew:
		return files.Info{}, errNoParts
	case plain:
		if u.tok != nil {
			u.anew(errNoParts)
		}
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
	if err != nil && u.anewAfter(ctx, err) {
		if plain, err = u.prepare(ctx); err == nil && !plain {
			info, err = u.rounds(ctx)
		} else if err == nil {
			err = errPlainly
		}
	}
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

var errNoParts = driver.Errorf(files.ErrUnsupported,
	"the bucket has no uploads that could be resumed")

// anewAfter aborts the token's upload if the error says that it can't go on, and the
// caller wants another one. It reports whether prepare can begin it.
func (u *upload) anewAfter(ctx context.Context, err error) bool {
	if !u.resumed || !u.opts.BeginAnew || ctx.Err() != nil {
		return false
	}
	switch {
	case u.foreign:
	case u.unfit, files.KindOf(err) == files.ErrCorrupt:
		u.abort(ctx, nil)
	default:
		return false
	}
	u.anew(err)
	u.resumed, u.foreign, u.unfit = false, false, false
	return true
}

// anew forgets the token.
func (u *upload) anew(err error) {
	u.tok, u.sent, u.there = nil, nil, nil
	u.forget()
	u.event(UploadEvent{Kind: UploadBegunAnew, Why: err.Error()})
}

// errPlainly means that the backend can't begin this upload, so it is one Put.
var errPlainly = errors.New("one Put")

// rounds are steps 2 to 4.
func (u *upload) rounds(ctx context.Context) (files.Info, error) {
	if err := u.look(); err != nil {
		return files.Info{}, err
	}
	if u.tok.Size != u.size {
		return files.Info{}, driver.Errorf(files.ErrCorrupt,
			"the source has %d bytes; it had %d when the upload began", u.size, u.tok.Size)
	}
	if u.up.TypeFound && u.tok.Type != u.up.Attributes.ContentType {
		return files.Info{}, driver.Errorf(files.ErrCorrupt,
			"the source was changed: its first bytes are of another type")
	}
	if s := sourceOf(u.opts.SourceVersion); u.tok.Source != "" && s != "" && u.tok.Source != s {
		return files.Info{}, driver.Errorf(files.ErrCorrupt,
			"the source has another version than when the upload began")
	}
	for round := 1; ; round++ {
		info, gone, err := u.round(ctx)
		if err != nil || !gone {
			return info, err
		}
		if round == maxRounds {
			return files.Info{}, driver.Errorf(files.ErrUnavailable,
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
