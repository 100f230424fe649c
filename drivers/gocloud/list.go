package gocloud

import (
	"context"
	"encoding/hex"
	"io"
	"iter"
	"os"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
)

// pageSize is how many keys are requested at a time by default.
const pageSize = 1000

// List pages through the keys. It skips the names that StartAfter excludes, since Go
// CDK can't begin a listing at a name. The order is the driver's, except for
// fileblob's, which is corrected.
func (b *backend) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		if err := b.checkDir(); err != nil {
			yield(files.Entry{}, err)
			return
		}
		l := &listing{
			b:     b,
			ctx:   ctx,
			req:   req,
			yield: yield,
		}
		if b.provider.kind == kindFile {
			if l.emitDir(req.Prefix) {
				if err := b.checkDir(); err != nil { // it only looked empty
					yield(files.Entry{}, err)
				}
			}
			return
		}
		l.pages()
	}
}

// listing is the state of one listing.
type listing struct {
	b       *backend
	ctx     context.Context
	req     driver.ListRequest
	yield   func(files.Entry, error) bool
	lastDir string
}

func (l *listing) options(prefix string, shallow bool) *blob.ListOptions {
	o := &blob.ListOptions{Prefix: prefix}
	if shallow {
		o.Delimiter = "/"
	}
	return o
}

// maxPageSize limits the caller's page size: ListPage allocates memory for a whole page.
const maxPageSize = 10_000

// pages yields page after page. memblob sorts all its keys for every page, so its pages
// grow.
func (l *listing) pages() {
	size, grow := min(l.req.PageSize, maxPageSize), false
	if size == 0 {
		size, grow = pageSize, l.b.provider.kind == kindMem
	}
	if n := l.req.Limit; n > 0 && n < size && l.req.StartAfter == "" {
		size = n
	}
	o := l.options(l.req.Prefix, l.req.Shallow)
	for token := blob.FirstPageToken; len(token) > 0; {
		page, next, err := l.b.bucket.ListPage(l.ctx, token, size, o)
		if err != nil && err != io.EOF {
			l.yield(files.Entry{}, l.b.mapError(l.ctx, opList, err))
			return
		}
		for _, obj := range page {
			if !l.emit(obj) {
				return
			}
		}
		if token = next; grow && size < 1<<20 {
			size *= 2
		}
	}
}

// emit yields one object, unless it is outside the request, and reports whether to
// continue.
func (l *listing) emit(obj *blob.ListObject) bool {
	if obj.Key <= l.req.StartAfter || l.inDir(obj.Key) {
		return true
	}
	e := files.Entry{Name: obj.Key, IsDir: obj.IsDir}
	name := obj.Key
	if obj.IsDir {
		if obj.Key == l.lastDir {
			return true // some stores repeat a directory on every page
		}
		l.lastDir = obj.Key
		name = strings.TrimSuffix(name, "/")
	} else {
		e.Size, e.ModTime, e.Version = obj.Size, l.b.truncateTime(obj.ModTime),
			l.b.listedVersion(obj)
	}
	if driver.CheckNameMax(name, l.b.features.MaxName) != nil {
		if !l.req.Foreign {
			return true
		}
		e.Name, e.Key = "", obj.Key
	}
	var fi os.FileInfo
	if l.b.provider.kind == kindFile && !obj.IsDir && obj.As(&fi) && !fi.Mode().IsRegular() {
		return true // links and devices aren't files (N5)
	}
	return l.yield(e, nil)
}

// inDir reports whether a shallow listing that continues after a directory has reached
// a key of that directory again.
func (l *listing) inDir(key string) bool {
	after := l.req.StartAfter
	return l.req.Shallow && strings.HasSuffix(after,
		"/") && len(after) > len(l.req.Dir()) && strings.HasPrefix(key, after)
}

// listedVersion is the version in a listing. S3's ETag is listed only if it is the
// content's MD5.
func (b *backend) listedVersion(obj *blob.ListObject) files.Version {
	switch {
	case !b.features.Versions:
	case b.provider.kind == kindS3 && len(obj.MD5) == 16:
		return files.Version(hex.EncodeToString(obj.MD5))
	case b.provider.kind == kindBridge:
		var e files.Entry
		if obj.As(&e) {
			return e.Version
		}
	}
	return ""
}
