package s3

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"

	"cloudfiles.dev/drivers/internal/causes"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// commit is the one request of a Put that makes it visible. It is retried if that is
// safe. If a response was lost, a conditional retry may fail because of the first
// attempt's success, which the mark shows.
type commit struct {
	b           *backend
	key         string
	op          op
	ifMatch     *string
	ifNoneMatch *string
	want        files.Version // the version of IfVersion
	writeID     string        // the mark, if the Put is conditional
	uncertain   error         // the response to an attempt that may have been carried out was lost
	refusals    int           // how many attempts that were sent whole were refused
	vague       bool          // one of the refusals wasn't the service's
	denials     *denials      // since the first failure
	// same returns the Info of what an attempt without a mark stored, if that can be
	// recognized.
	same func(ctx context.Context) (files.Info, bool)
}

// newCommit returns a commit with the condition's headers (P8, P9). A conditional commit
// has a new write ID.
func (b *backend) newCommit(key string, c files.Condition) *commit {
	w := &commit{b: b, key: key, op: opPut}
	if c.IsZero() {
		return w
	}
	if v, ok := c.Version(); ok {
		w.op, w.ifMatch, w.want = opPutMatch, b.putCondition(v), v
	} else {
		w.op, w.ifNoneMatch = opPutAbsent, aws.String("*")
	}
	var random [16]byte
	rand.Read(random[:]) // never fails
	w.writeID = hex.EncodeToString(random[:])
	return w
}

// putCondition is etagOf for writes.
func (b *backend) putCondition(v files.Version) *string {
	if b.known.bare.Load() {
		if v == "*" { // isn't a version, and without quotes stands for any
			v = "none"
		}
		return aws.String(string(v))
	}
	return etagOf(v)
}

// run makes the request, with retries by the bucket's policy. attempt reports whether
// the whole request may have been sent.
func (c *commit) run(ctx context.Context,
	attempt func(ctx context.Context) (info files.Info, sent bool, err error),
) (info files.Info, err error) {
	var final error
	err = c.b.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error {
		var sent bool
		var failure error
		if info, sent, failure = attempt(ctx); failure == nil {
			return nil
		}
		mapped := mapError(ctx, c.op, failure)
		if sent && !notApplied(failure) {
			c.uncertain = mapped
			return mapped
		}
		if a := responseOf(failure); sent && a.status != 0 {
			c.refusals++
			c.vague = c.vague || !a.isS3
		}
		if uploadGone(failure) { // an attempt whose response was lost ended it, or another program
			final = mapped
			return nil
		}
		if c.denials == nil {
			c.denials = c.b.denials(c.op, c.key)
		}
		return c.denials.classify(ctx, failure, mapped)
	})
	if err == nil && final == nil {
		return info, nil
	}
	if err == nil {
		err = final
	}
	err = c.denials.result(ctx, err)
	if c.uncertain == nil {
		if c.denials != nil && c.denials.seen || c.refusals > 1 {
			if info, ok := c.afterRefusal(ctx, &err); ok {
				return info, nil
			}
		}
		return files.Info{}, c.conditionError(ctx, err)
	}
	if k := files.KindOf(err); k == files.ErrCorrupt || k == files.ErrInvalid && c.writeID == "" {
		// The retry was refused for what it sent, so the first attempt was too.
		return files.Info{}, err
	}
	if info, ok := c.findOwnWrite(ctx); ok {
		return info, nil
	}
	return files.Info{}, c.lost(err)
}

// lost returns the error for a commit whose response was lost. Its text has the failure
// that leaves the outcome open, and how the last retry failed.
func (c *commit) lost(err error) error {
	lost, last := detail(c.uncertain), detail(err)
	if lost == last {
		return uncertain(err)
	}
	return because(err, lost+"; and a retry failed: "+last)
}

// afterRefusal handles the response to a retry whose first attempt was refused, because
// of a race or by something in front of the service.
func (c *commit) afterRefusal(ctx context.Context, err *error) (files.Info, bool) {
	switch k := files.KindOf(*err); {
	case k == files.ErrExist, k == files.ErrPrecondition, uploadGone(*err):
		// If the first attempt was carried out nevertheless, the mark shows that.
		// Without a mark, and if something in front of the service refused it, the
		// outcome is uncertain.
		info, ok := c.findOwnWrite(ctx)
		if !ok && c.vague {
			*err = uncertain(*err)
		}
		return info, ok
	case responseOf(*err).code == "InvalidPart":
		// MinIO has lost the parts by then (cmd/xl-storage.go, RenameData; seen in
		// runs).
		*err = driver.WithCause(files.ErrUnavailable, *err,
			"the upload's parts are gone, because a race refused its end: begin again")
	}
	return files.Info{}, false
}

// conditionError returns the error that the service would have sent about a condition
// if the connection had not broken while the content was sent: a server that refuses
// early may close the connection before its response is read.
func (c *commit) conditionError(ctx context.Context, err error) error {
	if c.writeID == "" || files.KindOf(err) != files.ErrUnavailable || ctx.Err() != nil {
		return err
	}
	out, herr := c.b.head(ctx, &s3.HeadObjectInput{Bucket: &c.b.bucket, Key: &c.key})
	missing := errors.Is(mapError(ctx, opStat, herr), files.ErrNotExist)
	switch {
	case herr != nil && !missing:
		return err
	case missing && responseOf(err).status != 0:
		return err // if something else than S3 answered, it may have sent this 404 too
	case c.ifNoneMatch != nil && !missing:
		return driver.WithCause(files.ErrExist, err, detail(err))
	case c.ifMatch != nil && (missing || version(out.ETag) != c.want):
		return driver.WithCause(files.ErrPrecondition, err, detail(err))
	}
	return err
}

// uncertain makes an ErrUncertain of err. errors.Is also finds a context's end in it,
// but not the sentinel of err, because the response to a retry isn't the outcome.
func uncertain(err error) error { return because(err, detail(err)) }

// because is uncertain with a text that says how the response was lost.
func because(err error, how string) error {
	words := "the response to the commit was lost: " + how
	if k := files.KindOf(err); k != nil && k != files.ErrUnavailable {
		err = causes.WithoutKind(err)
	}
	return driver.WithCause(files.ErrUncertain, err, words)
}

func detail(err error) string {
	e, ok := errors.AsType[*files.Error](driver.NewError("", "", err))
	if !ok {
		return ""
	}
	return e.Detail
}

// findOwnWrite reports whether the present file was stored by an attempt of this commit
// whose response was lost.
func (c *commit) findOwnWrite(ctx context.Context) (files.Info, bool) {
	if ctx.Err() != nil {
		return files.Info{}, false
	}
	if c.writeID == "" {
		if c.same == nil {
			return files.Info{}, false
		}
		return c.same(ctx)
	}
	out, err := c.b.head(ctx, &s3.HeadObjectInput{Bucket: &c.b.bucket, Key: &c.key})
	if err != nil || out.Metadata[markKey] != c.writeID {
		return files.Info{}, false
	}
	return infoOfHead(out), true
}
