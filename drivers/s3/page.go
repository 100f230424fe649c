package s3

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// listPage has the objects and directories of a page of a listing, each in the order in
// which they came. Keys and prefixes are as they were sent, so they may be URL-encoded.
type listPage struct {
	objects []listObject
	dirs    []string
	scanned bool   // scan has read them
	text    []byte // scan's, for values
}

// listObject is an object of a page.
type listObject struct {
	key      string // "" if there was none
	etag     string
	modified time.Time
	size     int64
	sized    bool // there was a size
}

// pageKey is the key of a *listPage in the context of a request for a page.
type pageKey struct{}

// reset forgets the page, and keeps its memory for the next one.
func (p *listPage) reset() {
	clear(p.objects)
	clear(p.dirs)
	p.objects, p.dirs, p.scanned = p.objects[:0], p.dirs[:0], false
}

// list requests a page. The result has the rest of the response.
func (p *listPage) list(ctx context.Context, b *backend,
	in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	p.reset()
	if !b.lean.readsNothing {
		ctx = context.WithValue(ctx, pageKey{}, p)
	}
	out, err := b.client.ListObjectsV2(ctx, in)
	if err == nil && !p.scanned {
		p.take(out)
	}
	return out, err
}

// take takes what the SDK has read.
func (p *listPage) take(out *s3.ListObjectsV2Output) {
	for _, o := range out.Contents {
		p.objects = append(p.objects, listObject{
			key:      aws.ToString(o.Key),
			etag:     aws.ToString(o.ETag),
			modified: aws.ToTime(o.LastModified),
			size:     aws.ToInt64(o.Size),
			sized:    o.Size != nil,
		})
	}
	for _, d := range out.CommonPrefixes {
		p.dirs = append(p.dirs, aws.ToString(d.Prefix))
	}
}
