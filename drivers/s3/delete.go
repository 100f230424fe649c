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

// Delete is one request, which S3 answers with success for a missing key too.
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
	if files.KindOf(err) == files.ErrNotExist { // some stores
		return nil
	}
	return err
}

// deleteVersion deletes under a condition. When a response was lost, the retry can't
// know whether the first attempt has deleted the file or somebody else has replaced it.
func (b *backend) deleteVersion(ctx context.Context, in *s3.DeleteObjectInput,
	v files.Version) error {
	if err := b.usable(v); err != nil {
		return err
	}
	in.IfMatch = etagOf(v)
	lost, vague := false, false // of vague ones, something in front of the service said no
	d := b.denials(opDeleteMatch, "")
	err := b.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error {
		err := b.deleteObject(ctx, in)
		lost = lost || err != nil && !notApplied(err)
		a := responseOf(err)
		vague = vague || a.status != 0 && !a.own
		return d.classify(ctx, err, mapError(ctx, opDeleteMatch, err))
	})
	err = d.result(ctx, err)
	if err != nil && lost || vague && files.KindOf(err) == files.ErrPrecondition {
		return uncertain(err)
	}
	return err
}

// errNoMD5: the store wants a Content-MD5, and the program has no MD5.
var errNoMD5 = errors.New("there is no MD5")

// MaxDeleteMany is how many names one request deletes.
func (b *backend) MaxDeleteMany() int { return maxDelete }

// DeleteMany is one DeleteObjects; names that failed for the service's own trouble are
// asked for again.
func (b *backend) DeleteMany(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	at := make(map[string][]int, len(names)) // a name may come twice
	var todo []types.ObjectIdentifier
	for i, name := range names {
		switch err := b.known.checkName(name); {
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

// lacksMany reports whether a store says that it has no DeleteObjects.
func lacksMany(err error) bool {
	switch a := responseOf(err); {
	case a.own:
		return codes[a.code] == files.ErrUnsupported || a.code == "MethodNotAllowed" ||
			a.status == http.StatusNotImplemented || a.status == http.StatusMethodNotAllowed
	default:
		return a.bare && a.status == http.StatusNotImplemented
	}
}

// deleteAtOnce is how many deletions of one name each are in flight.
const deleteAtOnce = 16

// deleteEach deletes the names one by one, a few at a time, and reports whether all are
// gone.
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

// deleteObjects makes one request. todo is left with what is worth another one; the
// error is then the first of them.
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
	open := make(map[string]bool, len(*todo)) // what the response doesn't name
	for _, o := range *todo {
		open[*o.Key] = true
	}
	var again []types.ObjectIdentifier
	var first, refusal error
	unmatched := 0
	for _, e := range out.Errors {
		key := aws.ToString(e.Key)
		if !open[key] {
			unmatched++
			continue
		}
		delete(open, key)
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
	for _, d := range out.Deleted { // which quiet answers don't have
		key := aws.ToString(d.Key)
		if !open[key] {
			unmatched++
		}
		delete(open, key)
	}
	// What can't be matched isn't done. A store that names what it deleted, though it
	// needn't, names all.
	if len(open) > 0 && (unmatched > 0 || len(out.Deleted) > 0) {
		if first == nil {
			first = files.Errorf(files.ErrUnavailable,
				"the response doesn't tell of each name, or tells of others")
		}
		for key := range open {
			again = append(again, types.ObjectIdentifier{Key: &key})
		}
	}
	if refusal != nil {
		d.left--
		first = cmp.Or(first, refusal)
	}
	for _, o := range again {
		set(*o.Key, nil) // unless the next request fails it too
	}
	*todo = again
	return first
}

// objectFailure is what an Error element says of one name; nil if it is gone.
func objectFailure(code string) error {
	a := response{code: code, own: true}
	words, kind := a.kind(opDelete)
	switch {
	case code == "NoSuchKey":
		return nil
	case kind == nil:
		kind, words = files.ErrUnavailable, "the service tells no reason"
	}
	return files.WithCause(kind, &objectError{code}, words)
}

// sendDelete sends a checksum, or the Content-MD5 that older stores want in its place.
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

// wantsMD5 reports whether a store may want the Content-MD5. Stores say that in many
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
