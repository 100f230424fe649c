package resume

import (
	"context"
	"errors"
	"iter"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/each"
	"cloudfiles.dev/files/internal/nils"
)

// Unfinished is an upload in parts that was neither completed nor aborted. Its token may
// be lost. On S3 and Google Cloud Storage it may also be an upload that a Put or another
// program left, or is still sending.
type Unfinished struct {
	Name string
	// ID is the argument of AbortUpload. It is "" if the service doesn't report it
	// (Azure).
	ID string
	// Time is when the upload began, or when it was last written to, as the service
	// reports it. It is zero if the service reports neither.
	Time time.Time
	// Size is the number of bytes of its parts, or -1 if the listing doesn't have it
	// (S3, Google Cloud Storage).
	Size int64
}

// Uploads yields the unfinished uploads below a directory of a bucket, in any order; ""
// is the whole bucket. Each range over the result is a new listing. If it fails, the
// error is the last value that it yields: ErrUnsupported if the bucket has no uploads
// in parts.
func Uploads(ctx context.Context, b files.Bucket, dir string) iter.Seq2[Unfinished, error] {
	return func(yield func(Unfinished, error) bool) {
		if nils.Is(b) {
			yield(Unfinished{}, driver.NewError(files.OpUpload, dir,
				driver.Errorf(files.ErrInvalid, "the bucket is nil")))
			return
		}
		for u, err := range driver.UnfinishedUploads(ctx, b, dir, "") {
			if !yield(Unfinished(u), err) {
				return
			}
		}
	}
}

// AbortUpload removes the parts of an unfinished upload. A later call with its token
// begins the upload again from the start. It is not an error if there is no such
// upload. AbortUpload is ErrUnsupported if only the service itself can remove parts, as
// on Azure, which does so after a week.
func AbortUpload(ctx context.Context, b files.Bucket, name, id string) error {
	if nils.Is(b) {
		return driver.NewError(files.OpUpload, name,
			driver.Errorf(files.ErrInvalid, "the bucket is nil"))
	}
	return driver.WithUploader(ctx, b, name,
		func(ctx context.Context, to *driver.Uploader) error {
			return to.AbortUpload(ctx, to.Name, id)
		})
}

// AbortToken gives up the upload to the name that the token belongs to: it removes the
// upload's parts, as AbortUpload does. No other call may use the token meanwhile.
//
// Errors: those of AbortUpload; ErrInvalid for a text that isn't a token, and for a token
// of another bucket or another name.
func AbortToken(ctx context.Context, b files.Bucket, name, token string) error {
	fail := func(err error) error { return driver.NewError(files.OpUpload, name, err) }
	if nils.Is(b) {
		return fail(driver.Errorf(files.ErrInvalid, "the bucket is nil"))
	}
	t, _, err := decodeToken(token)
	if err != nil {
		return fail(err)
	}
	return driver.WithUploader(ctx, b, name,
		func(ctx context.Context, to *driver.Uploader) error {
			if t.Target != targetOf(to) {
				return driver.Errorf(files.ErrInvalid, "the token is for another bucket or name")
			}
			return to.AbortUpload(ctx, to.Name, t.ID)
		})
}

// StaleOptions are the options of AbortStale.
type StaleOptions struct {
	// Dir is the directory whose uploads are removed; "" is the whole bucket.
	Dir string
	// Prefix is the prefix of the names, relative to Dir.
	Prefix string
	// Age is how long ago the upload must have begun, or been written to last; 0 is
	// seven days.
	Age time.Duration
	// Each, if not nil, is called with each stale upload and the error of aborting it,
	// by one goroutine at a time.
	Each func(u Unfinished, err error)
}

// DefaultAge is the default of StaleOptions.Age.
const DefaultAge = 7 * 24 * time.Hour

// AbortStale removes the parts of unfinished uploads that are older than opts.Age, and
// returns the number of uploads removed. It leaves an upload alone if the service
// reports no time. It goes on after a failure, and returns the first error at the end.
//
// On S3 and Google Cloud Storage the age of an upload counts from its beginning, even
// while a process is sending it, so Age must be longer than the longest upload takes.
//
// Errors: ErrUnsupported if the bucket has no such uploads; ErrInvalid for a negative
// age.
func AbortStale(ctx context.Context, b files.Bucket, opts *StaleOptions) (int, error) {
	var o StaleOptions
	if opts != nil {
		o = *opts
	}
	if nils.Is(b) || o.Age < 0 {
		return 0, driver.NewError(files.OpUpload, o.Dir,
			driver.Errorf(files.ErrInvalid, "the bucket is nil or the age is negative"))
	}
	if o.Age == 0 {
		o.Age = DefaultAge
	}
	now := time.Now()
	var stale []Unfinished
	var first error
	for u, err := range driver.UnfinishedUploads(ctx, b, o.Dir, o.Prefix) {
		if err != nil {
			first = err
			break
		}
		if !u.Time.IsZero() && now.Sub(u.Time) >= o.Age {
			stale = append(stale, Unfinished(u))
		}
	}
	errs := make([]error, len(stale))
	each.Index(8, len(stale), func(i int) bool {
		errs[i] = AbortUpload(ctx, b, stale[i].Name, stale[i].ID)
		return true
	})
	n := 0
	for i, err := range errs {
		if o.Each != nil {
			o.Each(stale[i], err)
		}
		switch {
		case err == nil:
			n++
		case first == nil || errors.Is(first, files.ErrUnsupported):
			first = err
		}
	}
	return n, first
}
