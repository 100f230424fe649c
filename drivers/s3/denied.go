package s3

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// maxDenied is how often a denied write is retried on a store whose denial may be a
// race, if nothing shows which it is.
const maxDenied = 2

// denials retries writes that are denied on a store whose AccessDenied may mean a race.
// MinIO makes the directories of an object while a delete beside it removes them again;
// the file system's error (ENOENT, twice) becomes errFileAccessDenied, and that becomes
// AccessDenied, with the text of a real denial (cmd/os-reliable.go, mkdirAll and
// renameAll; seen in runs). In that case nothing was written.
type denials struct {
	b    *backend
	o    op
	key  string // the key that is written, or "" if it can't be tried
	seen bool
	left int
}

func (b *backend) denials(o op, key string) *denials {
	d := &denials{b: b, o: o, key: key}
	switch o &^ flags {
	case opPut, opPutAbsent, opPutMatch, opDelete, opDeleteMatch, opCopy:
		if b.known.profile.DeniedByRace {
			d.left = maxDenied
		}
	}
	return d
}

// classify returns the error that the policy gets for a failure. A denial is
// ErrUnavailable if it may still be retried.
func (d *denials) classify(ctx context.Context, failure, mapped error) error {
	if d.noDirectory(ctx, failure) {
		d.seen = true
		return &denied{mapped}
	}
	if d.left == 0 || !isDenial(failure) {
		return mapped
	}
	// For a copy, the denial may be of the source.
	if !d.seen && d.key != "" && d.o&copying == 0 && d.b.known.is(PutIfVersion) == Kept {
		switch err := d.b.putImpossible(ctx, d.key); {
		case isDenial(err):
			d.left = 0
			return mapped
		case isUnmet(err):
			d.left = -1 // the key may be written: the policy decides
		}
	}
	d.seen = true
	d.left--
	return &denied{mapped}
}

// noDirectory reports whether the store says that a directory has the file's name, and
// there is none. versitygw also says so if a delete removed the file's directory
// meanwhile (backend/posix/posix.go, PutObject; seen in runs).
func (d *denials) noDirectory(ctx context.Context, failure error) bool {
	a := responseOf(failure)
	if d.key == "" || !a.isS3 || a.code != "ExistingObjectIsDirectory" {
		return false
	}
	below, err := d.b.hasKey(ctx, d.key+"/")
	return err == nil && !below
}

// result returns the mapped error of a denial after the policy has given up. d may be
// nil.
func (d *denials) result(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*denied](err); ok && ctx.Err() == nil {
		return e.error
	}
	return err
}

// isDenial reports whether the service, and no proxy, denied the request.
func isDenial(err error) bool {
	a := responseOf(err)
	return a.isS3 && a.status == http.StatusForbidden && a.code == "AccessDenied"
}

// isUnmet reports whether the service compared a condition, which does not hold.
func isUnmet(err error) bool {
	a := responseOf(err)
	return a.isS3 && (a.code == "PreconditionFailed" || a.code == "NoSuchKey")
}

// putImpossible is a Put under a condition that never holds. Its error shows whether
// the credentials may write the key.
func (b *backend) putImpossible(ctx context.Context, key string) error {
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:  &b.bucket,
		Key:     &key,
		Body:    strings.NewReader(""),
		IfMatch: b.putCondition(wrongETag),
	})
	return err
}

// denied is a denial that may be a race. It matches files.ErrUnavailable, for the
// policy alone: result returns the error inside.
type denied struct{ error }

func (d *denied) Is(target error) bool { return target == files.ErrUnavailable }

// RetryAfter returns a short wait: a race is over at once, and a real denial should be
// reported at once.
func (d *denied) RetryAfter() time.Duration { return time.Millisecond }
