// Package watch calls a function whenever a file has changed, by asking for it again and
// again.
//
//	err := watch.File(ctx, b, "config.json", time.Minute,
//		func(ctx context.Context, r *files.Reader) error {
//			if r == nil {
//				return useDefaults()
//			}
//			return load(r)
//		}, nil)
//
// # What it promises
//
//   - Each look is one conditional Get. If the file has changed, its content comes with
//     that very answer, and its Info fits it.
//   - A version counts as seen only when the function has returned nil for it. What it
//     failed on comes again at the next look, or what the file is by then.
//   - The first look always calls the function, and so does each change that a look
//     finds: another version, a deletion, and a return, even with the old content.
//
// # What it can't keep
//
// A look sees what is there at that moment. What comes and goes between two looks isn't
// seen. Neither is a file that changes and changes back if the bucket gives the same
// version to the same bytes (Features.VersionPerPut is false, as on S3): a writer whose
// every Put matters writes bytes that differ (V1). If VersionPerPut is true, as in a
// local folder, each Put is another version.
//
// # Cost
//
// One request a look, which services charge as a read also if nothing has changed. The
// package links the standard library and package files alone, and starts no goroutine.
package watch

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/contexts"
)

// Stop is what the function returns to end File without an error.
//
//lint:ignore ST1012 the standard library's fs.SkipAll is named so too
var Stop = errors.New("stop watching")

// Options are the options of File.
type Options struct {
	// OnError, if not nil, is called with each error of a look or of the function that
	// doesn't end File, and with how many came in a row. File calls it before it waits.
	OnError func(err error, inARow int)
}

// File looks at the file at once and then again and again, and calls the function when
// there is something new: with a Reader of the content, or with nil if there is no file.
// The Reader is File's: it is closed when the function has returned. The next look comes
// every after the function has returned, give or take a tenth, so that many watchers
// don't ask at the same moments.
//
// File ends when
//
//   - ctx ends: then the error is the context's.
//   - the function returns Stop: then the error is nil.
//   - a look fails for good: the error is ErrUnsupported if the bucket can't read on
//     condition (Features.ReadConditions) or the file has no version, ErrInvalid if every
//     isn't positive or an argument is nil, and else that of Get, such as ErrPermission,
//     ErrNoBucket or ErrClosed.
//
// Looks that are ErrUnavailable, ErrChanged or out of time don't end File, nor does any
// other error of the function.
func File(ctx context.Context, b files.Bucket, name string, every time.Duration,
	handle func(ctx context.Context, r *files.Reader) error, opts *Options) error {
	w := &watcher{
		bucket: b,
		name:   name,
		every:  every,
		handle: handle,
	}
	if opts != nil {
		w.onError = opts.OnError
	}
	if err := w.check(ctx); err != nil {
		return files.NewError(files.OpGet, name, err)
	}
	return w.run(ctx)
}

type watcher struct {
	bucket  files.Bucket
	name    string
	every   time.Duration
	handle  func(ctx context.Context, r *files.Reader) error
	onError func(err error, inARow int)

	looked  bool          // and the function was content with
	version files.Version // this, or with "" for no file
	failed  int           // looks in a row
}

func (w *watcher) check(ctx context.Context) error {
	switch err := files.CheckName(w.name); {
	case err != nil:
		return err
	case ctx == nil:
		return files.Errorf(files.ErrInvalid, "the context is nil")
	case w.bucket == nil:
		return files.Errorf(files.ErrInvalid, "the bucket is nil")
	case w.handle == nil:
		return files.Errorf(files.ErrInvalid, "the function is nil")
	case w.every <= 0:
		return files.Errorf(files.ErrInvalid, "a look every %v: more than 0", w.every)
	case !w.bucket.Features().ReadConditions:
		return files.Errorf(files.ErrUnsupported, "the bucket can't read on condition")
	}
	return nil
}

func (w *watcher) run(ctx context.Context) error {
	for {
		err, fatal := w.look(ctx)
		switch {
		case err == Stop:
			return nil
		case contexts.Err(ctx) != nil:
			return files.NewError(files.OpGet, w.name, contexts.Err(ctx))
		case fatal:
			return err
		case err == nil:
			w.failed = 0
		default:
			w.failed++
			if w.onError != nil {
				w.onError(err, w.failed)
			}
		}
		if err := sleep(ctx, jitter(w.every)); err != nil {
			return files.NewError(files.OpGet, w.name, err)
		}
	}
}

// look asks for the file once. fatal is an error that ends the watch.
func (w *watcher) look(ctx context.Context) (err error, fatal bool) {
	r, err := w.bucket.Get(ctx, w.name, &files.GetOptions{IfNotVersion: w.version})
	var version files.Version
	switch files.KindOf(err) {
	case nil:
		if err != nil { // the end of a context, or a hook's own
			return err, !errors.Is(err, context.DeadlineExceeded)
		}
		defer r.Close()
		if version = r.Info().Version; version == "" {
			return files.NewError(files.OpGet, w.name, files.Errorf(files.ErrUnsupported,
				"the file has no version")), true
		}
		if w.looked && version == w.version {
			return nil, false // the condition was ignored
		}
	case files.ErrNotModified:
		return nil, false
	case files.ErrNotExist:
		if w.looked && w.version == "" {
			return nil, false
		}
	case files.ErrUnavailable, files.ErrChanged:
		return err, false
	default:
		return err, true
	}
	err = w.handle(ctx, r)
	if err == nil || err == Stop {
		w.looked, w.version = true, version
	}
	return err, false
}

// jitter returns d, give or take a tenth.
func jitter(d time.Duration) time.Duration {
	if d < 10 {
		return d
	}
	return d - d/10 + rand.N(d/5)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return contexts.Err(ctx)
	case <-ctx.Done():
		return contexts.Err(ctx)
	}
}
