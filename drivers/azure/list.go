package azure

import (
	"context"
	"iter"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

const (
	// maxPage is how many entries the service gives at a time, at most.
	maxPage = 5000
	// maxHeld is how many entries wait for others at most, for the sake of order.
	maxHeld = 2 * maxPage
)

// List pages through the blobs. What StartAfter excludes is passed over, for the service has nothing to begin a listing with.
func (b *backend) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		l := &listing{b: b, ctx: ctx, req: req, size: maxPage}
		if req.PageSize > 0 && req.PageSize < maxPage {
			l.size = int32(req.PageSize)
		}
		if n := req.Limit; n > 0 && n < int(l.size) && req.StartAfter == "" {
			l.size = int32(n)
		}
		r := &reorder{from: l.from, most: maxHeld, yield: func(e files.Entry, err error) bool {
			if err != nil {
				return yield(e, err)
			}
			return l.emit(e, yield)
		}}
		r.run(place{}, 0, func(string) class { return take })
	}
}

// listing is one listing.
type listing struct {
	b    *backend
	ctx  context.Context
	req  driver.ListRequest
	size int32
	last string // the directory that was yielded last: one that a page's end cuts can come again
}

// from yields the entries from the place on, as the service has them.
func (l *listing) from(at place) iter.Seq2[placed, error] {
	return func(yield func(placed, error) bool) {
		for marker, index := at.marker, at.index; ; index = 0 {
			page, next, err := l.page(marker)
			if err != nil {
				yield(placed{}, err)
				return
			}
			for i, e := range page {
				if i >= index && e.Name != "" && !yield(placed{e, place{marker: marker, index: i}}, nil) {
					return
				}
			}
			if value(next) == "" {
				return
			}
			marker = next
		}
	}
}

// page asks for one page.
func (l *listing) page(marker *string) (entries []files.Entry, next *string, err error) {
	err = l.b.do(l.ctx, opList, func(ctx context.Context) error {
		if l.req.Shallow {
			page, err := l.b.client.NewListBlobsHierarchyPager("/", &container.ListBlobsHierarchyOptions{Prefix: &l.req.Prefix, MaxResults: &l.size, Marker: marker}).NextPage(ctx)
			if err == nil && page.Segment != nil {
				entries, next = merge(page.Segment.BlobItems, page.Segment.BlobPrefixes), page.NextMarker
			}
			return err
		}
		page, err := l.b.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &l.req.Prefix, MaxResults: &l.size, Marker: marker}).NextPage(ctx)
		if err == nil && page.Segment != nil {
			entries, next = merge(page.Segment.BlobItems, nil), page.NextMarker
		}
		return err
	})
	return entries, next, err
}

// merge makes entries of a page's blobs and directories, which the service gives apart, each in its order.
func merge(items []*container.BlobItem, dirs []*container.BlobPrefix) []files.Entry {
	all := make([]files.Entry, 0, len(items)+len(dirs))
	for len(items) > 0 || len(dirs) > 0 {
		if len(dirs) == 0 || len(items) > 0 && lessUTF16(value(items[0].Name), value(dirs[0].Name)) {
			all = append(all, entryOf(items[0]))
			items = items[1:]
		} else {
			all = append(all, files.Entry{Name: value(dirs[0].Name), IsDir: true})
			dirs = dirs[1:]
		}
	}
	return all
}

// lessUTF16 compares names as the service does.
func lessUTF16(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == len(a) || i == len(b) {
		return len(a) < len(b)
	}
	// The parts have the order low, supplementary, high, and the first bytes that differ tell the part where they begin a character of
	// three or four bytes.
	if a[i] >= 0xEE && b[i] >= 0xEE && (a[i] >= 0xF0) != (b[i] >= 0xF0) {
		return a[i] > b[i]
	}
	return a[i] < b[i]
}

// entryOf is what a listing tells of a blob. Under a hierarchical namespace directories come as blobs: they have no name here.
func entryOf(item *container.BlobItem) files.Entry {
	e := files.Entry{Name: value(item.Name)}
	if p := item.Properties; p != nil {
		if value(p.ResourceType) == "directory" {
			return files.Entry{}
		}
		e.Size, e.ModTime, e.Version = value(p.ContentLength), cut(p.LastModified), version(p.ETag)
	}
	return e
}

// emit yields an entry, unless it is outside of what is asked for, and returns whether to go on.
func (l *listing) emit(e files.Entry, yield func(files.Entry, error) bool) bool {
	after := l.req.StartAfter
	behindDir := l.req.Shallow && strings.HasSuffix(after, "/") && len(after) > len(l.req.Dir()) && strings.HasPrefix(e.Name, after)
	if e.Name <= after || behindDir {
		return true
	}
	name := e.Name
	if e.IsDir {
		if e.Name == l.last {
			return true
		}
		l.last, name = e.Name, strings.TrimSuffix(e.Name, "/")
	}
	if files.CheckName(name) != nil {
		if !l.req.Foreign {
			return true
		}
		e.Name, e.Key = "", e.Name
	}
	return yield(e, nil)
}
