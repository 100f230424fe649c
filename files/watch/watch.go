// Package watch calls a function whenever a file has changed. It polls the file.
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
//   - Each poll is one conditional Get. If the file has changed, the response also has
//     the new content, so content and Info belong together.
//   - A version counts as handled only when the function has returned nil for it. If the
//     function failed, the next poll calls it again, with the content that the file has
//     then.
//   - The first poll always calls the function. After that, a poll calls it for another
//     version, for a deletion, and when the file returns, even with the old content.
//
// # What it can't keep
//
// A poll gets the file as it is at that moment. Changes that are undone or overwritten
// between two polls are not reported. If the bucket gives the same version to the same
// bytes (Features.VersionPerPut is false, as on S3), a file that changes and changes
// back between two polls isn't reported either: if every Put matters, the writer must
// write different bytes each time (V1). If VersionPerPut is true, as in a local folder,
// each Put makes another version.
//
// # What it costs
//
// Each poll is one request, which services charge as a read even if nothing has
// changed. File starts no goroutine. The package links only this module and the standard
// library.
package watch

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/contexts"
	"cloudfiles.dev/files/internal/nils"
)

// Stop is the error that the function returns to end File without an error.
//
//lint:ignore ST1012 the standard library's fs.SkipAll is named so too
var Stop = errors.New("stop watching")

// Options are the options of File.
type Options struct {
	// OnError, if not nil, is called with each error of a poll or of the function that
	// doesn't end File, and with the number of errors in a row. File calls it before it
	// waits.
	OnError func(err error, inARow int)
}

// File polls the file, first at once, and calls handle when there is something new:
// with a Reader of the content, or with nil if there is no file. File closes the Reader
// when handle has returned. Then it waits for the duration every before the next poll.
// Each wait is up to a tenth longer or shorter, at random, so that many watchers don't
// poll at the same moments.
//
// File ends when
//
//   - ctx ends: then the error is the context's.
//   - handle returns Stop: then the error is nil.
//   - polling is pointless: the error is ErrUnsupported if the bucket has no
//     conditional reads (Features.ReadConditions) or the file has no version,
//     ErrInvalid if every isn't positive or an argument is nil, and otherwise Get's
//     error, such as ErrPermission, ErrNoBucket or ErrClosed.
//
// A poll that fails with ErrUnavailable, ErrChanged or an exceeded deadline doesn't end
// File, and neither does any other error of handle.
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
		return driver.NewError(files.OpGet, name, err)
	}
	return w.run(ctx)
}

type watcher struct {
	bucket  files.Bucket
	name    string
	every   time.Duration
	handle  func(ctx context.Context, r *files.Reader) error
	onError func(err error, inARow int)

	handled bool          // handle has returned nil for version
	version files.Version // "" is no file
	failed  int           // failed polls in a row
}

func (w *watcher) check(ctx context.Context) error {
	switch err := files.CheckName(w.name); {
	case err != nil:
		return err
	case ctx == nil:
		return driver.Errorf(files.ErrInvalid, "the context is nil")
	case nils.Is(w.bucket):
		return driver.Errorf(files.ErrInvalid, "the bucket is nil")
	case w.handle == nil:
		return driver.Errorf(files.ErrInvalid, "the function is nil")
	case w.every <= 0:
		return driver.Errorf(files.ErrInvalid, "the time between polls is %v, want more than 0",
			w.every)
	case !w.bucket.Features().ReadConditions:
		return driver.Errorf(files.ErrUnsupported, "the bucket has no conditional reads")
	}
	return nil
}

func (w *watcher) run(ctx context.Context) error {
	for {
		err, fatal := w.poll(ctx)
		switch {
		case err == Stop:
			return nil
		case contexts.Err(ctx) != nil:
			return driver.NewError(files.OpGet, w.name, contexts.Err(ctx))
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
			return driver.NewError(files.OpGet, w.name, err)
		}
	}
}

// poll polls the file once. fatal reports whether err ends File.
func (w *watcher) poll(ctx context.Context) (err error, fatal bool) {
	r, err := w.bucket.Get(ctx, w.name, &files.GetOptions{IfNotVersion: w.version})
	var version files.Version
	switch files.KindOf(err) {
	case nil:
		if err != nil { // the end of a context, or a hook's error
			return err, !errors.Is(err, context.DeadlineExceeded)
		}
		defer r.Close()
		if version = r.Info().Version; version == "" {
			return driver.NewError(files.OpGet, w.name, driver.Errorf(files.ErrUnsupported,
				"the file has no version")), true
		}
		if w.handled && version == w.version {
			return nil, false // the condition was ignored
		}
	case files.ErrNotModified:
		return nil, false
	case files.ErrNotExist:
		if w.handled && w.version == "" {
			return nil, false
		}
	case files.ErrUnavailable, files.ErrChanged:
		return err, false
	default:
		return err, true
	}
	w.handled, w.version = false, "" // until handle has succeeded, whatever the file is then
	err = w.handle(ctx, r)
	if err == nil || err == Stop {
		w.handled, w.version = true, version
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
