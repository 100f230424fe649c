package s3

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Delete is one request. S3 answers it with success even if the key is missing.
func (b *backend) Delete(ctx context.Context, key driver.Key, ifVersion files.Version) error {
	if err := b.checkName(key); err != nil {
		return err
	}
	in := &s3.DeleteObjectInput{Bucket: &b.bucket, Key: &key.Name}
	if ifVersion != "" {
		return b.deleteVersion(ctx, in, ifVersion)
	}
	err := b.withRetry(ctx, opDelete, func(ctx context.Context) error {
		return b.deleteObject(ctx, in)
	})
	if files.KindOf(err) == files.ErrNotExist { // of some stores
		return nil
	}
	return err
}

// deleteVersion deletes under a condition. If a response was lost, the retry's response
// doesn't show whether the first attempt deleted the file or another program replaced
// it.
func (b *backend) deleteVersion(ctx context.Context, in *s3.DeleteObjectInput,
	v files.Version) error {
	if err := b.checkVersion(v); err != nil {
		return err
	}
	in.IfMatch = etagOf(v)
	lost, vague := false, false // vague: something in front of the service refused an attempt
	d := b.denials(opDeleteMatch, "")
	err := b.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error {
		err := b.deleteObject(ctx, in)
		lost = lost || err != nil && !notApplied(err)
		a := responseOf(err)
		vague = vague || a.status != 0 && !a.isS3
		return d.classify(ctx, err, mapError(ctx, opDeleteMatch, err))
	})
	err = d.result(ctx, err)
	if err != nil && lost || vague && files.KindOf(err) == files.ErrPrecondition {
		return uncertain(err)
	}
	return err
}

// errNoMD5: the store requires a Content-MD5, and the program has no MD5.
var errNoMD5 = errors.New("there is no MD5")

// MaxDeleteMany returns how many names one request deletes.
func (b *backend) MaxDeleteMany() int { return maxDelete }

// DeleteMany is one DeleteObjects (D3). Names for which the service was unavailable are
// sent again.
func (b *backend) DeleteMany(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	at := make(map[string][]int, len(names)) // a name may come twice
	var todo []types.ObjectIdentifier
	for i, name := range names {
		switch err := b.known.checkName(name); {
		case err != nil:
			errs[i] = err
		case strings.ContainsAny(name, "\uFFFE\uFFFF"): // XML can't hold these
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
	if b.noMany.Load() {
		b.deleteEach(ctx, todo, set)
		return errs
	}
	d := b.denials(opDelete, "")
	err := d.result(ctx, b.withRetry(ctx, opDeleteMany, func(ctx context.Context) error {
		return b.deleteObjects(ctx, d, &todo, set)
	}))
	if errors.Is(err, errNoMD5) || lacksMany(err) {
		if b.deleteEach(ctx, todo, set) && lacksMany(err) {
			b.noMany.Store(true)
		}
		return errs
	}
	if err != nil {
		for _, o := range todo {
			set(*o.Key, err)
		}
	}
	return errs
}

// lacksMany reports whether err says that the store has no DeleteObjects.
func lacksMany(err error) bool {
	switch a := responseOf(err); {
	case a.isS3:
		return codes[a.code] == files.ErrUnsupported || a.code == "MethodNotAllowed" ||
			a.status == http.StatusNotImplemented || a.status == http.StatusMethodNotAllowed
	default:
		return a.bare && a.status == http.StatusNotImplemented
	}
}

// deleteAtOnce is how many deletions of single names are in flight.
const deleteAtOnce = 16

// deleteEach deletes each name by a request, a few at a time, and reports whether all
// are gone.
func (b *backend) deleteEach(ctx context.Context, todo []types.ObjectIdentifier,
	set func(string, error),
) (gone bool) {
	var (
		wg    sync.WaitGroup
		slots = make(chan struct{}, deleteAtOnce)
		errs  = make([]error, len(todo))
	)
	for i, o := range todo {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if errs[i] = driver.ContextError(ctx); errs[i] == nil {
				errs[i] = b.Delete(ctx, driver.Key{Name: *o.Key}, "")
			}
		})
	}
	wg.Wait()
	gone = true
	for i, o := range todo {
		set(*o.Key, errs[i])
		gone = gone && errs[i] == nil
	}
	return gone
}

// deleteObjects makes one request. It leaves in todo the names to send again, and
// returns the first error among them.
func (b *backend) deleteObjects(ctx context.Context, d *denials, todo *[]types.ObjectIdentifier,
	set func(string, error),
) error {
	out, err := b.sendDelete(ctx, &s3.DeleteObjectsInput{
		Bucket: &b.bucket,
		Delete: &types.Delete{Objects: *todo, Quiet: aws.Bool(true)},
	})
	if err != nil {
		return err
	}
	unanswered := make(map[string]bool, len(*todo)) // the names that the response doesn't have
	for _, o := range *todo {
		unanswered[*o.Key] = true
	}
	var again []types.ObjectIdentifier
	var first, refusal error
	unmatched := 0
	for _, e := range out.Errors {
		key := aws.ToString(e.Key)
		if !unanswered[key] {
			unmatched++
			continue
		}
		delete(unanswered, key)
		err := objectFailure(safeCode(aws.ToString(e.Code)))
		set(key, err)
		if aws.ToString(e.Code) == "AccessDenied" && d.left > 0 {
			again = append(again, types.ObjectIdentifier{Key: e.Key})
			refusal = &denied{err}
		}
		if files.KindOf(err) == files.ErrUnavailable {
			again = append(again, types.ObjectIdentifier{Key: e.Key})
			if first == nil {
				first = err
			}
		}
	}
	for _, d := range out.Deleted { // a quiet response has none
		key := aws.ToString(d.Key)
		if !unanswered[key] {
			unmatched++
		}
		delete(unanswered, key)
	}
	// A name that the response lacks isn't deleted. Stores needn't list the deleted
	// names, but a store that lists any lists all of them.
	if len(unanswered) > 0 && (unmatched > 0 || len(out.Deleted) > 0) {
		if first == nil {
			first = driver.Errorf(files.ErrUnavailable,
				"the response doesn't list each name, or lists others")
		}
		for key := range unanswered {
			again = append(again, types.ObjectIdentifier{Key: &key})
		}
	}
	if refusal != nil {
		d.left--
		first = cmp.Or(first, refusal)
	}
	for _, o := range again {
		set(*o.Key, nil) // the next request decides
	}
	*todo = again
	return first
}

// objectFailure returns the error for the code of an Error element; nil if the file is
// gone.
func objectFailure(code string) error {
	a := response{code: code, isS3: true}
	words, kind := a.kind(opDelete)
	switch {
	case code == "NoSuchKey":
		return nil
	case kind == nil:
		kind, words = files.ErrUnavailable, "the service gives no reason"
	}
	return driver.WithCause(kind, &objectError{code}, words)
}

// sendDelete sends a checksum, or the Content-MD5 that older stores require in its place.
func (b *backend) sendDelete(ctx context.Context, in *s3.DeleteObjectsInput) (
	out *s3.DeleteObjectsOutput, err error,
) {
	if !b.noSums.Load() && !b.md5Many.Load() {
		out, err = b.client.DeleteObjects(ctx, in)
		if !wantsMD5(err) {
			return out, err
		}
	}
	if !md5Works() {
		return nil, errNoMD5
	}
	out, err = b.client.DeleteObjects(ctx, in, withMD5)
	if err == nil {
		b.md5Many.Store(true)
	}
	return out, err
}

// wantsMD5 reports whether a store may require the Content-MD5. Stores say that in many
// ways.
func wantsMD5(err error) bool {
	if err == nil {
		return false
	}
	switch a := responseOf(err); a.code {
	case "MissingContentMD5", "MissingArgument", "MissingRequiredHeader", "MissingHeader",
		"MissingDigest":
		return true
	default:
		return refusesSums(err) || strings.Contains(strings.ToLower(a.message), "content-md5")
	}
}

// objectError is the failure of one of many objects.
type objectError struct{ code string }

func (e *objectError) Error() string { return e.code }
