package s3

import (
	"context"
	"iter"
	"net/url"
	"strings"
	"unicode/utf8"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// pageSize is how many keys S3 lists at a time at most.
const pageSize = 1000

// List pages through the keys, which come URL-encoded: XML can't hold every character that a key can.
func (b *backend) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		in := &s3.ListObjectsV2Input{Bucket: &b.bucket, Prefix: text(req.Prefix), StartAfter: text(printed(req.StartAfter)), EncodingType: types.EncodingTypeUrl, MaxKeys: aws.Int32(pageKeys(req))}
		if req.Shallow {
			in.Delimiter = aws.String("/")
		}
		for {
			var out *s3.ListObjectsV2Output
			err := b.do(ctx, opList, func(ctx context.Context) (err error) {
				out, err = b.client.ListObjectsV2(ctx, in)
				return err
			})
			if err != nil {
				yield(files.Entry{}, err)
				return
			}
			if !emit(req, out, yield) || !aws.ToBool(out.IsTruncated) {
				return
			}
			next := aws.ToString(out.NextContinuationToken)
			if next == "" || next == aws.ToString(in.ContinuationToken) {
				yield(files.Entry{}, files.Errorf(files.ErrUnavailable, "the service's listing doesn't go on"))
				return
			}
			in.ContinuationToken = &next
		}
	}
}

// printed cuts the string where XML can't hold it, in which stores answer it. What is listed too much is passed over.
func printed(s string) string {
	for i, r := range s {
		if r < ' ' || r == utf8.RuneError || r == '\uFFFE' || r == '\uFFFF' {
			return s[:i]
		}
	}
	return s
}

// pageKeys is how many keys to ask for at a time. A limit is met by one page, and one more is asked for because what
// StartAfter stands for may come again.
func pageKeys(req driver.ListRequest) int32 {
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
	return int32(n)
}

// emit yields a page, in which files and directories are two lists, each in order. It returns whether to go on.
func emit(req driver.ListRequest, page *s3.ListObjectsV2Output, yield func(files.Entry, error) bool) bool {
	encoded := page.EncodingType == types.EncodingTypeUrl
	objects, dirs := page.Contents, page.CommonPrefixes
	var object, dir string
	haveObject, haveDir := false, false
	for {
		if !haveObject && len(objects) > 0 {
			object, haveObject = decode(objects[0].Key, encoded), true
		}
		if !haveDir && len(dirs) > 0 {
			dir, haveDir = decode(dirs[0].Prefix, encoded), true
		}
		var e files.Entry
		switch {
		case haveObject && (!haveDir || object < dir):
			o := objects[0]
			e = files.Entry{Name: object, Size: aws.ToInt64(o.Size), ModTime: cut(o.LastModified), Version: version(o.ETag)}
			objects, haveObject = objects[1:], false
		case haveDir:
			e = files.Entry{Name: dir, IsDir: true}
			dirs, haveDir = dirs[1:], false
		default:
			return true
		}
		if entry, ok := legal(req, e); ok && !yield(entry, nil) {
			return false
		}
	}
}

// legal passes over what was not asked for, and over keys outside the naming rule, unless they are (L7).
func legal(req driver.ListRequest, e files.Entry) (files.Entry, bool) {
	if e.Name <= req.StartAfter {
		return e, false // some stores list what StartAfter stands for, and S3 the directory
	}
	name := e.Name
	if e.IsDir {
		name = strings.TrimSuffix(name, "/")
	}
	if files.CheckName(name) != nil {
		e.Name, e.Key = "", e.Name
		return e, req.Foreign
	}
	return e, true
}

// decode undoes the URL encoding of a listing, in which a space is "+".
func decode(s *string, encoded bool) string {
	raw := aws.ToString(s)
	if !encoded || !strings.ContainsAny(raw, "%+") {
		return raw
	}
	key, err := url.QueryUnescape(raw)
	if err != nil {
		return raw
	}
	return key
}
