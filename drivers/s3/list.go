package s3

import (
	"context"
	"iter"
	"net/url"
	"strings"
	"unicode/utf8"

	"cloudfiles.dev/drivers/internal/etag"
	"cloudfiles.dev/drivers/internal/oddtext"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// pageSize is the largest number of keys on one page of S3's.
const pageSize = 1000

// List pages through the keys.
func (b *backend) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		prefix, exists := b.known.prefix(req.Prefix)
		if !exists { // no key has the prefix, but the bucket may be missing
			one := driver.ListRequest{Limit: 1}
			b.listPages(ctx, one, "", "", func(_ files.Entry, err error) bool {
				return err == nil || yield(files.Entry{}, err)
			})
			return
		}
		after, _ := b.known.prefix(xmlPrefix(req.StartAfter))
		if b.isDirectory() {
			// A directory bucket lists what is below a directory, and has no
			// StartAfter. filterEntry leaves out the rest:
			// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
			prefix, after = prefix[:strings.LastIndexByte(prefix, '/')+1], ""
		}
		if !b.known.losesAfter() || req.Shallow || !strings.Contains(after, "/") {
			b.listPages(ctx, req, prefix, after, yield)
			return
		}
		b.listByLevel(ctx, req, prefix, after, yield)
	}
}

// listPages lists the names that begin with prefix and sort after the name after. The
// keys come URL-encoded, since XML can't hold every character that a key can. It
// returns false if the listing must end.
func (b *backend) listPages(ctx context.Context, req driver.ListRequest, prefix, after string,
	yield func(files.Entry, error) bool,
) bool {
	in := &s3.ListObjectsV2Input{
		Bucket:       &b.bucket,
		Prefix:       strPtr(prefix),
		StartAfter:   strPtr(after),
		EncodingType: types.EncodingTypeUrl,
		MaxKeys:      aws.Int32(pageKeys(req, prefix)),
	}
	if req.Shallow {
		in.Delimiter = aws.String("/")
	}
	check := &listCheck{
		prefix:    prefix,
		shallow:   req.Shallow,
		namesOnly: req.NamesOnly,
		ordered:   b.ordered(),
	}
	var p listPage
	for {
		var out *s3.ListObjectsV2Output
		err := b.withRetry(ctx, opList, func(ctx context.Context) (err error) {
			out, err = p.list(ctx, b, in)
			return err
		})
		if err != nil {
			return yield(files.Entry{}, err) && false
		}
		if !emit(req, check, &p, out.EncodingType == types.EncodingTypeUrl, yield) {
			return false
		}
		next, err := check.page(out, len(p.objects)+len(p.dirs) > 0)
		if err != nil {
			return yield(files.Entry{}, err) && false
		}
		if next == "" {
			return true
		}
		in.ContinuationToken = &next
	}
}

// listByLevel lists a store that ends a page too early if StartAfter is in a directory
// below the prefix. (MinIO counts siblings of the directory that sort before it, and
// leaves them out.) So it first lists the directory of StartAfter, and then, level by
// level, what sorts after each directory: "d0" is the first name after all of "d/".
func (b *backend) listByLevel(ctx context.Context, req driver.ListRequest, prefix, after string,
	yield func(files.Entry, error) bool,
) {
	if after < prefix {
		b.listPages(ctx, req, prefix, "", yield)
		return
	}
	inner := req // each listing is whole, and the limit is the caller's
	end := max(strings.LastIndexByte(after, '/')+1, len(prefix))
	if !strings.HasPrefix(after, prefix) {
		return
	}
	if !b.listPages(ctx, inner, after[:end], after, yield) {
		return
	}
	for end > len(prefix) {
		dir := after[:end-1] // "p/d" of "p/d/"
		up := max(strings.LastIndexByte(dir, '/')+1, len(prefix))
		next := dir + "0"
		if !b.listPages(ctx, inner, next, "", yield) {
			return
		}
		last := next + string(utf8.MaxRune)
		only := func(e files.Entry, err error) bool {
			return err == nil && strings.HasPrefix(e.Name+e.Key, next) || yield(e, err)
		}
		if !b.listPages(ctx, inner, after[:up], last, only) {
			return
		}
		end = up
	}
}

// xmlPrefix cuts the string before the first character that XML can't hold, since
// stores repeat it in their response. filterEntry leaves out the names that are listed
// in excess.
func xmlPrefix(s string) string {
	for i, r := range s {
		if r < ' ' || r == utf8.RuneError || r == '\uFFFE' || r == '\uFFFF' {
			return s[:i]
		}
	}
	return s
}

// pageKeys returns how many keys to request at a time. One page suffices for a limit;
// it has one key more if the entry of StartAfter may come again. A page of a prefix has
// two at least: asked for one, MinIO responds with the object whose key the prefix is, and
// claims that there are no more (cmd/erasure-server-pool.go, listObjectsGeneric).
func pageKeys(req driver.ListRequest, prefix string) int32 {
	n := pageSize
	if req.PageSize > 0 {
		n = min(n, req.PageSize)
	}
	if req.Limit > 0 && req.Limit < n {
		n = req.Limit
		if req.Shallow && req.StartAfter != "" {
			n++
		}
	}
	if prefix != "" {
		n = max(n, 2)
	}
	return int32(n)
}

// ordered reports whether listings come in order.
func (b *backend) ordered() bool {
	return b.known.is(Order) != NotKept && !b.isDirectory()
}

// isDirectory reports whether the name is a directory bucket's or one of its access
// points':
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html
// and
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-directory-buckets-restrictions-limitations-naming-rules.html
func (b *backend) isDirectory() bool {
	return strings.HasSuffix(b.bucket, "--x-s3") || strings.HasSuffix(b.bucket, "--xa-s3")
}

// emit yields a page, in which files and directories are two lists, each in order. It
// returns whether to continue.
func emit(req driver.ListRequest, check *listCheck, p *listPage, encoded bool,
	yield func(files.Entry, error) bool,
) bool {
	objects, dirs := p.objects, p.dirs
	var object, dir string
	haveObject, haveDir := false, false
	odd, oddDir := false, false // the key, or the prefix, can't be decoded
	for {
		if !haveObject && len(objects) > 0 {
			object, odd = decode(&objects[0].key, encoded)
			haveObject = true
		}
		if !haveDir && len(dirs) > 0 {
			dir, oddDir = decode(&dirs[0], encoded)
			haveDir = true
		}
		var e files.Entry
		var unreadable bool
		switch {
		case haveObject && (!haveDir || object < dir):
			o := objects[0]
			if err := check.object(o); err != nil {
				return yield(files.Entry{}, err) && false
			}
			e = files.Entry{
				Name:    object,
				Size:    o.size,
				ModTime: o.modified.UTC().Truncate(timeResolution),
				Version: etag.Version(o.etag),
			}
			objects, haveObject, unreadable = objects[1:], false, odd
		case haveDir:
			e = files.Entry{Name: dir, IsDir: true}
			dirs, haveDir, unreadable = dirs[1:], false, oddDir
		default:
			return true
		}
		if !unreadable { // otherwise its position in the order is unknown
			again, err := check.entry(e.Name, e.IsDir)
			if err != nil {
				return yield(files.Entry{}, err) && false
			}
			if again {
				continue
			}
		}
		if entry, ok := filterEntry(req, e, unreadable); ok && !yield(entry, nil) {
			return false
		}
	}
}

// filterEntry reports whether an entry belongs to the listing, and returns it. A key
// that is outside the naming rule or can't be decoded belongs to it only if req.Foreign
// is set (L7).
func filterEntry(req driver.ListRequest, e files.Entry, unreadable bool) (files.Entry, bool) {
	if e.Name <= req.StartAfter || !unreadable && !strings.HasPrefix(e.Name, req.Prefix) {
		return e, false // some stores list the StartAfter itself, and S3 its directory
	}
	name := e.Name
	if e.IsDir {
		name = strings.TrimSuffix(name, "/")
	}
	if unreadable || files.CheckName(name) != nil {
		e.Name, e.Key = "", e.Name
		return e, req.Foreign
	}
	return e, true
}

// decode undoes the URL encoding of a listing, in which a space is "+". A key that
// can't be decoded is returned as it is; it isn't a file's name.
func decode(s *string, encoded bool) (key string, odd bool) {
	raw := oddtext.Restore(aws.ToString(s))
	if !encoded || !strings.ContainsAny(raw, "%+") {
		return raw, false
	}
	key, err := url.QueryUnescape(raw)
	if err != nil {
		return raw, true
	}
	return key, false
}
