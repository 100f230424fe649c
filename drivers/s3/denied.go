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
// race, if nothing distinguishes the two.
const maxDenied = 2

// denials repeats writes that are denied on a store whose AccessDenied may stand for a
// race. MinIO makes the directories of an object while a delete beside it removes them
// again; what the file system then says (ENOENT, twice) becomes errFileAccessDenied,
// and that AccessDenied, in the words of a true denial (cmd/os-reliable.go, mkdirAll
// and renameAll; run). Nothing was written then.
type denials struct {
	b    *backend
	o    op
	key  string // that is written, "" where nobody looks at it
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

// classify returns what the policy sees of a failure: a denial is unavailability as
// long as it may be retried.
func (d *denials) classify(ctx context.Context, failure, mapped error) error {
	if d.noDirectory(ctx, failure) {
		d.seen = true
		return &denied{mapped}
	}
	if d.left == 0 || !isDenial(failure) {
		return mapped
	}
	// Of a copy the source may be what is denied.
	if !d.seen && d.key != "" && d.o&copying == 0 && d.b.known.is(PutIfVersion) == Kept {
		switch err := d.b.impossible(ctx, d.key); {
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

// noDirectory reports whether the store says that a directory of the file's name is in
// its way, and there is none: versitygw says so too where a delete removed the file's
// directory meanwhile (backend/posix/posix.go, PutObject; run).
func (d *denials) noDirectory(ctx context.Context, failure error) bool {
	a := responseOf(failure)
	if d.key == "" || !a.own || a.code != "ExistingObjectIsDirectory" {
		return false
	}
	below, err := d.b.holds(ctx, d.key+"/")
	return err == nil && !below
}

// result returns the denial once the policy has given up. A nil d has seen nothing.
func (d *denials) result(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*denied](err); ok && ctx.Err() == nil {
		return e.error
	}
	return err
}

// isDenial: the service said so of itself.
func isDenial(err error) bool {
	a := responseOf(err)
	return a.own && a.status == http.StatusForbidden && a.code == "AccessDenied"
}

// isUnmet: a condition was looked at and does not hold.
func isUnmet(err error) bool {
	a := responseOf(err)
	return a.own && (a.code == "PreconditionFailed" || a.code == "NoSuchKey")
}

// impossible is a Put under a condition that never holds: it shows whether the
// credentials may write the key.
func (b *backend) impossible(ctx context.Context, key string) error {
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:  &b.bucket,
		Key:     &key,
		Body:    strings.NewReader(""),
		IfMatch: b.putCondition(wrongETag),
	})
	return err
}

// denied is a denial that may be a race: files.ErrUnavailable for the policy, and for
// nobody else.
type denied struct{ error }

func (d *denied) Is(target error) bool { return target == files.ErrUnavailable }

// RetryAfter asks for a short wait: the race is over at once, and so is a true denial.
func (d *denied) RetryAfter() time.Duration { return time.Millisecond }
