package s3

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"

	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// commit is the one request of a Put that makes it visible. It is retried if that is
// safe. When a response was lost, a conditional retry may find its own success, which
// the mark shows.
type commit struct {
	b           *backend
	key         string
	op          op
	ifMatch     *string
	ifNoneMatch *string
	want        files.Version // of IfVersion
	writeID     string        // of conditional ones
	uncertain   error         // the response to an attempt that may have been carried out was lost
	refusals    int           // of attempts that were sent whole
	vague       bool          // one of them wasn't the service's word
	denials     *denials      // since the first failure
	// same finds what was stored without a mark, if that can be recognised.
	same func(ctx context.Context) (files.Info, bool)
}

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

// putCondition is condition for writes.
func (b *backend) putCondition(v files.Version) *string {
	if b.known.bare.Load() {
		if v == "*" { // which is no version, and bare would stand for any
			v = "none"
		}
		return aws.String(string(v))
	}
	return etagOf(v)
}

// run makes the request by the bucket's policy. attempt reports whether the whole
// request may have been sent.
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
			c.vague = c.vague || !a.own
		}
		if uploadGone(failure) { // by a lost response's attempt, or by somebody else
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
			if info, ok := c.refusedFirst(ctx, &err); ok {
				return info, nil
			}
		}
		return files.Info{}, c.refusal(ctx, err)
	}
	if k := files.KindOf(err); k == files.ErrCorrupt || k == files.ErrInvalid && c.writeID == "" {
		// The repeat was refused for what it is, and so was the first.
		return files.Info{}, err
	}
	if info, ok := c.findOwnWrite(ctx); ok {
		return info, nil
	}
	return files.Info{}, uncertain(err)
}

// refusedFirst reads the response to the repeat of a request that was refused before, by
// a race, for the moment, or by something in front of the service.
func (c *commit) refusedFirst(ctx context.Context, err *error) (files.Info, bool) {
	switch k := files.KindOf(*err); {
	case k == files.ErrExist, k == files.ErrPrecondition, uploadGone(*err):
		// If it was carried out all the same, the mark shows that. Without a mark, and
		// if something in front of the service refused it, nobody knows.
		info, ok := c.findOwnWrite(ctx)
		if !ok && c.vague {
			*err = uncertain(*err)
		}
		return info, ok
	case responseOf(*err).code == "InvalidPart":
		// MinIO has lost them by then (cmd/xl-storage.go, RenameData; run).
		*err = files.WithCause(files.ErrUnavailable, *err,
			"the parts of the upload are gone, for its end was refused by a race: begin again")
	}
	return files.Info{}, false
}

// refusal is what the service would have said of a condition where the connection broke
// while the content was sent: a server that refuses early may close before its response
// is read.
func (c *commit) refusal(ctx context.Context, err error) error {
	if c.writeID == "" || files.KindOf(err) != files.ErrUnavailable || ctx.Err() != nil {
		return err
	}
	out, herr := c.b.head(ctx, &s3.HeadObjectInput{Bucket: &c.b.bucket, Key: &c.key})
	missing := errors.Is(mapError(ctx, opStat, herr), files.ErrNotExist)
	switch {
	case herr != nil && !missing:
		return err
	case missing && responseOf(err).status != 0:
		return err // what answered may be no S3, and then the bare 404 is no more S3's
	case c.ifNoneMatch != nil && !missing:
		return files.WithCause(files.ErrExist, err, detail(err))
	case c.ifMatch != nil && (missing || version(out.ETag) != c.want):
		return files.WithCause(files.ErrPrecondition, err, detail(err))
	}
	return err
}

// uncertain keeps the cause: the context's end, too, is found by errors.Is. What the
// repeat was told isn't an outcome, so its sentinel isn't found beside ErrUncertain.
func uncertain(err error) error {
	words := "the response to the commit was lost: " + detail(err)
	if k := files.KindOf(err); k != nil && k != files.ErrUnavailable {
		err = &causeOnly{err}
	}
	return files.WithCause(files.ErrUncertain, err, words)
}

// causeOnly is a cause whose sentinel doesn't count.
type causeOnly struct{ err error }

func (h *causeOnly) Error() string { return h.err.Error() }

// Is finds the context's end alone.
func (h *causeOnly) Is(target error) bool {
	ended := target == context.Canceled || target == context.DeadlineExceeded
	return ended && errors.Is(h.err, target)
}

// As reaches the SDK's error.
func (h *causeOnly) As(target any) bool { return errors.As(h.err, target) }

func detail(err error) string {
	e, ok := errors.AsType[*files.Error](files.NewError("", "", err))
	if !ok {
		return ""
	}
	return e.Detail
}

// findOwnWrite checks whether the present file is what an attempt stored whose response
// was lost.
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
