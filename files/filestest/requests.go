package filestest

import (
	"context"
	"iter"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// costs are the requests that a service's driver makes for what its backend is asked, by
// the service's own names. The drivers' tests compare them with what a proxy counts in
// front of real servers, so they can't drift.
type costs interface {
	put(req *driver.PutRequest, size int64, sent charge)
	open(req driver.OpenRequest, o driver.Object, err error, sent charge)
	stat(sent charge)
	list(sent charge) // a page
	pageSize() int
	delete(sent charge)
	deleteMany(names int, sent charge)
	maxDeleteMany() int
	copy(req *driver.CopyRequest, itself bool, err error, sent charge)
	check(sent charge)
	upload(step string, sent charge) // of an upload in parts
	class(request string) Class
}

// charge counts requests of a kind.
type charge func(request string, n int)

const mib = 1 << 20

// partSize is that of all drivers by default.
const partSize = 8 * mib

// parts is how many parts an upload of this size has, 1 if it is no upload in parts.
func parts(size int64) int {
	plan := driver.PartPlan{
		PartSize:    partSize,
		Concurrency: 8,
		MaxParts:    10_000,
		MaxPartSize: 1 << 30,
	}
	return plan.Count(size)
}

// s3Costs are those of package drivers/s3.
type s3Costs struct{}

func (s3Costs) put(_ *driver.PutRequest, size int64, sent charge) {
	n := parts(size)
	if n == 1 {
		sent("PutObject", 1)
		return
	}
	sent("CreateMultipartUpload", 1)
	sent("UploadPart", n)
	sent("CompleteMultipartUpload", 1)
}

func (s3Costs) open(req driver.OpenRequest, o driver.Object, err error, sent charge) {
	_, n, _ := req.Range.Parts()
	if n == 0 {
		sent("HeadObject", 1)
		if files.KindOf(err) == files.ErrNotExist { // is it the bucket that is missing?
			sent("ListObjectsV2", 1)
		}
		return
	}
	sent("GetObject", 1)
	if err == nil && o.Length == 0 && req.Range != (files.Range{}) { // it is refused
		sent("HeadObject", 1)
	}
}

func (s3Costs) stat(sent charge)   { sent("HeadObject", 1) }
func (s3Costs) list(sent charge)   { sent("ListObjectsV2", 1) }
func (s3Costs) pageSize() int      { return 1000 }
func (s3Costs) delete(sent charge) { sent("DeleteObject", 1) }
func (s3Costs) maxDeleteMany() int { return 1000 }
func (s3Costs) check(sent charge)  { sent("ListObjectsV2", 1) }

func (s3Costs) deleteMany(_ int, sent charge) { sent("DeleteObjects", 1) }

func (s3Costs) copy(req *driver.CopyRequest, itself bool, _ error, sent charge) {
	if req.FullInfo || itself {
		sent("HeadObject", 1)
	}
	sent("CopyObject", 1)
}

func (s3Costs) class(request string) Class {
	switch request {
	case "GetObject":
		return ClassRead
	case "ListObjectsV2", "ListParts", "ListMultipartUploads":
		return ClassList
	case "DeleteObject", "AbortMultipartUpload":
		return ClassDelete
	case "HeadObject":
		return ClassOther
	}
	return ClassWrite // DeleteObjects too, which is a POST
}

// gcsCosts are those of package drivers/gcs.
type gcsCosts struct{}

func (gcsCosts) put(req *driver.PutRequest, size int64, sent charge) {
	n := parts(size)
	switch {
	case n == 1:
		sent("InsertObject", 1)
	case req.If.IsZero() && len(req.Native) == 0 && inHeaders(req.Attributes):
		sent("XMLPost", 2) // the begin and the end of an upload in parts
		sent("XMLPut", n)
	default:
		sent("StartUpload", 1)
		sent("UploadChunk", n)
	}
}

// inHeaders reports whether headers carry the attributes as they are, as an upload in
// parts needs it.
func inHeaders(a files.Attributes) bool {
	printable := func(s string) bool {
		return s == strings.Trim(s, " ") &&
			!strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' })
	}
	for _, v := range []string{
		a.ContentType, a.CacheControl, a.ContentDisposition, a.ContentEncoding, a.ContentLanguage,
	} {
		if !printable(v) {
			return false
		}
	}
	for k, v := range a.Metadata {
		if v == "" || !printable(v) || strings.ContainsFunc(k, func(c rune) bool {
			return !('a' <= c && c <= 'z' || '0' <= c && c <= '9' ||
				strings.ContainsRune("!#$%&'*+-.^_`|~", c))
		}) {
			return false
		}
	}
	return true
}

func (gcsCosts) open(req driver.OpenRequest, o driver.Object, err error, sent charge) {
	if _, n, _ := req.Range.Parts(); n == 0 {
		sent("GetObject", 1)
		return
	}
	sent("XMLGet", 1)
	if err == nil && o.Length == 0 && req.Range != (files.Range{}) {
		sent("GetObject", 1)
	}
}

func (gcsCosts) stat(sent charge)                  { sent("GetObject", 1) }
func (gcsCosts) list(sent charge)                  { sent("ListObjects", 1) }
func (gcsCosts) pageSize() int                     { return 1000 }
func (gcsCosts) delete(sent charge)                { sent("DeleteObject", 1) }
func (gcsCosts) deleteMany(names int, sent charge) { sent("DeleteObject", names) }
func (gcsCosts) maxDeleteMany() int                { return 1000 }
func (gcsCosts) check(sent charge)                 { sent("ListObjects", 1) }

func (gcsCosts) copy(_ *driver.CopyRequest, itself bool, _ error, sent charge) {
	if itself {
		sent("GetObject", 1)
	}
	sent("RewriteObject", 1)
}

func (gcsCosts) class(request string) Class {
	switch request {
	case "XMLGet":
		return ClassRead
	case "GetObject":
		return ClassOther
	case "ListObjects", "XMLList":
		return ClassList
	case "DeleteObject", "XMLDelete":
		return ClassDelete
	}
	return ClassWrite
}

// azureCosts are those of package drivers/azure.
type azureCosts struct{}

func (azureCosts) put(_ *driver.PutRequest, size int64, sent charge) {
	n := parts(size)
	if n == 1 {
		sent("PutBlob", 1)
		return
	}
	sent("PutBlock", n)
	sent("PutBlockList", 1)
}

func (azureCosts) open(req driver.OpenRequest, o driver.Object, err error, sent charge) {
	_, n, last := req.Range.Parts()
	switch {
	case last || n == 0:
		sent("GetBlobProperties", 1)
		if err == nil && o.Length > 0 {
			sent("GetBlob", 1)
		}
	case err == nil && o.Length == 0 && req.Range != (files.Range{}):
		sent("GetBlob", 1)
		sent("GetBlobProperties", 1)
	default:
		sent("GetBlob", 1)
	}
}

func (azureCosts) stat(sent charge)              { sent("GetBlobProperties", 1) }
func (azureCosts) list(sent charge)              { sent("ListBlobs", 1) }
func (azureCosts) pageSize() int                 { return 5000 }
func (azureCosts) delete(sent charge)            { sent("DeleteBlob", 1) }
func (azureCosts) deleteMany(_ int, sent charge) { sent("BlobBatch", 1) }
func (azureCosts) maxDeleteMany() int            { return 256 }
func (azureCosts) check(sent charge)             { sent("ListBlobs", 1) }

func (azureCosts) copy(_ *driver.CopyRequest, _ bool, err error, sent charge) {
	sent("GetBlobProperties", 1)
	if files.KindOf(err) != files.ErrNotExist {
		sent("PutBlobFromURL", 1)
	}
}

func (azureCosts) class(request string) Class {
	switch request {
	case "GetBlob":
		return ClassRead
	case "GetBlobProperties", "BlobBatch":
		return ClassOther
	case "ListBlobs":
		return ClassList
	case "DeleteBlob":
		return ClassDelete
	}
	return ClassWrite
}

// one charges the request of a call that is refused before it is carried out.
func one(c costs, call *files.Call, sent charge) {
	switch call.Op {
	case files.OpPut:
		c.put(&driver.PutRequest{}, 0, sent)
	case files.OpGet:
		c.open(driver.OpenRequest{}, driver.Object{}, files.ErrUnavailable, sent)
	case files.OpStat:
		c.stat(sent)
	case files.OpList:
		c.list(sent)
	case files.OpDelete:
		c.delete(sent)
	case files.OpDeleteMany:
		c.deleteMany(len(call.Names), sent)
	case files.OpCopy:
		c.copy(&driver.CopyRequest{}, false, nil, sent)
	case files.OpCheck:
		c.check(sent)
	}
}

// charging returns what counts the requests of the call whose context it is, or nil if
// the personality makes none.
func (b *instrumented) charging(ctx context.Context) charge {
	if b.personality.costs == nil {
		return nil
	}
	return b.fake.record.charging(ctx)
}

// List implements driver.Backend. It charges a page when its first entry is asked for.
func (b *instrumented) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	entries := b.Backend.List(ctx, req)
	sent := b.charging(ctx)
	if sent == nil {
		return entries
	}
	page := b.personality.costs.pageSize()
	if req.PageSize > 0 {
		page = min(page, req.PageSize)
	}
	return func(yield func(files.Entry, error) bool) {
		b.personality.costs.list(sent)
		n := 0
		for e, err := range entries {
			if n > 0 && n%page == 0 {
				b.personality.costs.list(sent)
			}
			n++
			if !yield(e, err) {
				return
			}
		}
	}
}

// Stat implements driver.Backend.
func (b *instrumented) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	if sent := b.charging(ctx); sent != nil {
		b.personality.costs.stat(sent)
	}
	return b.Backend.Stat(ctx, key)
}
