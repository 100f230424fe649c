package files

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// SkipUpdate is what the function of Update returns to leave the file as it is, without an error.
//
//lint:ignore ST1012 the standard library's fs.SkipDir is named so too
var SkipUpdate = errors.New("leave the file as it is")

// UpdateOptions are the options of Update, UpdateJSON and UpdateAttributes. The zero
// value keeps the file's attributes.
type UpdateOptions struct {
	// Attributes replace those of the file as a whole; nil keeps them. If ContentType
	// is empty the type is found again (P6).
	Attributes *Attributes
	// Attempts bounds how often the file is read and written; 0 is DefaultUpdateAttempts.
	Attempts int
	// MaxBytes bounds the memory. A file that is longer is ErrTooLarge. 0 is no limit.
	MaxBytes int64
}

// The wait before the second attempt is random, up to updateWait. The limit doubles
// with each attempt, up to updateWaitMax.
const (
	updateWait    = 4 * time.Millisecond
	updateWaitMax = time.Second
)

// Update reads the file, calls fn to make the new content from the old, and writes the
// new content if the file still has the same version. Otherwise it waits briefly and
// begins again. So no update is lost, whoever else writes. Attributes are kept.
//
// fn gets the old content: nil if there is no file, and not nil if the file is empty.
// fn may change it. Nothing is written if fn returns content equal to the old, nil when
// there is no file, or the error SkipUpdate. Another error of fn ends Update.
//
// The Info is that of the file after Update, and zero if there is none. If the response
// to a write is lost, Update reads the file again. If it finds the new content, the
// write has succeeded. But another writer may have written the same content. If every
// update must count, make each one different, for example by an ID of the writer (V1).
//
// Errors: ErrUnsupported if the bucket can't put conditionally (Features.IfAbsent,
// IfVersion); ErrPrecondition if another writer came first in each attempt;
// ErrUncertain; those of Get and Put; and fn's own.
func Update(ctx context.Context, b Bucket, name string, fn func(old []byte) ([]byte, error),
	opts *UpdateOptions) (Info, error) {
	return update(ctx, b, name, "", fn, opts)
}

// update gives new files the type newType, unless the options have attributes.
func update(ctx context.Context, b Bucket, name, newType string, fn func([]byte) ([]byte, error),
	opts *UpdateOptions) (Info, error) {
	ctx, b = given(ctx, b)
	u := &updater{
		ctx:     ctx,
		bucket:  b,
		name:    name,
		newType: newType,
		fn:      fn,
	}
	if opts != nil {
		u.opts = *opts
	}
	info, err := u.run()
	if err != nil {
		return Info{}, newError(OpUpdate, name, err)
	}
	return info, nil
}

type updater struct {
	ctx     context.Context
	bucket  Bucket
	name    string
	newType string
	fn      func([]byte) ([]byte, error)
	opts    UpdateOptions
	lost    *state // a write whose response was lost
}

// state is what was read, and what will be written over it.
type state struct {
	exists   bool
	info     Info
	old, new []byte
}

func (u *updater) run() (Info, error) {
	if err := u.check(); err != nil {
		return Info{}, err
	}
	attempts := u.opts.Attempts
	if attempts == 0 {
		attempts = DefaultUpdateAttempts
	}
	wait := updateWait
	for i := 1; ; i++ {
		info, done, err := u.attempt()
		if done || err != nil {
			return info, err
		}
		if i == attempts {
			if u.lost != nil {
				return Info{}, errorf(ErrUncertain, "gave up after %d attempts", attempts)
			}
			return Info{}, errorf(ErrPrecondition,
				"another writer came first in each of %d attempts", attempts)
		}
		if err := sleepFor(u.ctx, rand.N(wait)); err != nil {
			return Info{}, u.ended(err)
		}
		wait = min(2*wait, updateWaitMax)
	}
}

func (u *updater) check() error {
	f := u.bucket.Features()
	switch err := CheckName(u.name); {
	case err != nil:
		return err
	case u.fn == nil:
		return invalid("the function is nil")
	case u.opts.Attempts < 0:
		return invalid("negative number of attempts %d", u.opts.Attempts)
	case u.opts.MaxBytes < 0:
		return invalid("negative limit of %d bytes", u.opts.MaxBytes)
	case f.ReadOnly:
		return refusal(u.ctx, u.bucket, u.name)
	case !f.IfAbsent || !f.IfVersion:
		return errorf(ErrUnsupported,
			"the bucket can't put conditionally, so updates would be lost")
	}
	return nil
}

// attempt reads, calls fn and writes once. done is false if there was another writer in
// between.
func (u *updater) attempt() (info Info, done bool, err error) {
	s, err := u.read()
	if errors.Is(err, ErrChanged) {
		return Info{}, false, nil // replaced while it was read
	}
	if err != nil {
		return Info{}, false, u.ended(err)
	}
	if s.exists && s.info.Version == "" {
		return Info{}, false, u.ended(errNoVersion)
	}
	if u.lost != nil {
		if done, err = u.recover(s); done || err != nil {
			return s.info, done, err
		}
	} else {
		s.new, err = u.fn(bytes.Clone(s.old)) // a copy, because fn may change it in place
		switch {
		case err == SkipUpdate:
			return s.info, true, nil
		case err != nil:
			return Info{}, false, callerError(OpUpdate, u.name, err)
		case u.unchanged(s):
			return s.info, true, nil
		}
	}
	info, err = u.write(s)
	switch {
	case err == nil:
		return info, true, nil
	case errors.Is(err, ErrUncertain):
		u.lost = s
		return Info{}, false, nil
	case errors.Is(err, ErrPrecondition), errors.Is(err, ErrExist):
		return Info{}, false, nil
	}
	return Info{}, false, u.ended(err)
}

func (u *updater) read() (*state, error) {
	old, info, err := readAll(u.ctx, u.bucket, u.name, &ReadOptions{MaxBytes: u.opts.MaxBytes})
	if errors.Is(err, ErrNotExist) && KindOf(err) == ErrNotExist {
		return &state{}, nil
	}
	return &state{exists: true, info: info, old: old}, err
}

// recover finds out whether a write whose response was lost was carried out. If it was
// not, it may still be, so the same content is written again, without calling fn.
func (u *updater) recover(now *state) (done bool, err error) {
	switch {
	case now.exists && bytes.Equal(now.old, u.lost.new):
		return true, nil
	case now.exists == u.lost.exists && now.info.Version == u.lost.info.Version:
		now.new = u.lost.new
		return false, nil
	}
	return false, errorf(ErrUncertain,
		"the response to a write was lost, and the file was changed since")
}

func (u *updater) ended(err error) error { return afterWrite(u.lost != nil, err) }

// afterWrite makes sure that the error of an update doesn't look like a failure that
// changed nothing if the response to a write was lost before.
func afterWrite(lost bool, err error) error {
	if !lost || errors.Is(err, ErrUncertain) {
		return err
	}
	return withCause(ErrUncertain, err, "the response to a write was lost: "+clean(err))
}

// unchanged reports whether there is nothing to write.
func (u *updater) unchanged(s *state) bool {
	if !s.exists {
		return s.new == nil
	}
	if !bytes.Equal(s.old, s.new) {
		return false
	}
	if u.opts.Attributes == nil {
		return true
	}
	want, err := u.opts.Attributes.Normalize()
	if err != nil {
		return false // Put reports what is wrong
	}
	have := s.info.Attributes
	if want.ContentType == "" {
		want.ContentType = have.ContentType
	}
	return equalAttributes(have, want)
}

func (u *updater) write(s *state) (Info, error) {
	o := &PutOptions{If: IfAbsent()}
	o.ContentType = u.newType
	if s.exists {
		o.If, o.Attributes = IfVersion(s.info.Version), s.info.Attributes
	}
	if u.opts.Attributes != nil {
		o.Attributes = *u.opts.Attributes
	}
	return PutBytes(u.ctx, u.bucket, u.name, s.new, o)
}

// sleepFor waits, unless the context ends.
func sleepFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return contextError(ctx)
	}
}
