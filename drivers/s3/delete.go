package s3

import (
	"context"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Delete is one request, which S3 answers with success for a missing key too.
func (b *backend) Delete(ctx context.Context, key driver.Key, ifVersion files.Version) error {
	if err := b.refused(key); err != nil {
		return err
	}
	in := &s3.DeleteObjectInput{Bucket: &b.bucket, Key: &key.Name}
	if ifVersion != "" {
		return b.deleteVersion(ctx, in, ifVersion)
	}
	err := b.do(ctx, opDelete, func(ctx context.Context) error {
		_, err := b.client.DeleteObject(ctx, in)
		return err
	})
	if files.KindOf(err) == files.ErrNotExist { // some stores
		return nil
	}
	return err
}

// deleteVersion deletes under a condition. When an answer was lost, the repeat can't tell whether the first has deleted the file or
// somebody else has replaced it.
func (b *backend) deleteVersion(ctx context.Context, in *s3.DeleteObjectInput, v files.Version) error {
	if !b.isVersion(v) {
		return files.ErrPrecondition
	}
	in.IfMatch = condition(v)
	lost := false
	err := b.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error {
		_, err := b.client.DeleteObject(ctx, in)
		lost = lost || err != nil && !refused(err)
		return fault(ctx, opDeleteMatch, err)
	})
	if err != nil && lost {
		return uncertain(err)
	}
	return err
}

// MaxDeleteMany is how many names one request deletes.
func (b *backend) MaxDeleteMany() int { return maxDelete }

// DeleteMany is one DeleteObjects; names that failed for the service's own trouble are asked for again.
func (b *backend) DeleteMany(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	at := make(map[string][]int, len(names)) // a name may come twice
	var todo []types.ObjectIdentifier
	for i, name := range names {
		switch err := b.known.refused(name); {
		case err != nil:
			errs[i] = err
		case strings.ContainsAny(name, "\uFFFE\uFFFF"): // which XML can't hold
			errs[i] = b.Delete(ctx, driver.Key{Name: name}, "")
		case at[name] == nil:
			todo = append(todo, types.ObjectIdentifier{Key: aws.String(name)})
			fallthrough
		default:
			at[name] = append(at[name], i)
		}
	}
	set := func(name string, err error) {
		for _, i := range at[name] {
			errs[i] = err
		}
	}
	if len(todo) == 0 {
		return errs
	}
	err := b.do(ctx, opDelete, func(ctx context.Context) error {
		return b.deleteObjects(ctx, &todo, set)
	})
	if err != nil {
		for _, o := range todo {
			set(*o.Key, err)
		}
	}
	return errs
}

// deleteObjects makes one request. todo is left with what is worth another one; the error is then the first of them.
func (b *backend) deleteObjects(ctx context.Context, todo *[]types.ObjectIdentifier, set func(string, error)) error {
	in := &s3.DeleteObjectsInput{Bucket: &b.bucket, Delete: &types.Delete{Objects: *todo, Quiet: aws.Bool(true)}}
	var out *s3.DeleteObjectsOutput
	err := b.withSums(func(sums bool) (err error) {
		var options []func(*s3.Options)
		if !sums {
			options = append(options, withMD5)
		}
		out, err = b.client.DeleteObjects(ctx, in, options...)
		return err
	})
	if err != nil {
		return err
	}
	var again []types.ObjectIdentifier
	var first error
	for _, e := range out.Errors {
		a := answer{code: token(aws.ToString(e.Code))}
		words, kind := a.kind(opDelete)
		var err error
		switch {
		case a.code == "NoSuchKey":
			continue
		case kind == nil:
			err = &opaque{words, &objectError{a.code}}
		default:
			err = files.WithCause(kind, &objectError{a.code}, words)
		}
		set(aws.ToString(e.Key), err)
		if kind == files.ErrUnavailable {
			again = append(again, types.ObjectIdentifier{Key: e.Key})
			if first == nil {
				first = err
			}
		}
	}
	for _, o := range again {
		set(*o.Key, nil) // unless the next request fails it too
	}
	*todo = again
	return first
}

// objectError is the failure of one of many objects.
type objectError struct{ code string }

func (e *objectError) Error() string { return e.code }
