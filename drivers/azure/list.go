package azure

import (
	"context"
	"iter"
	"strings"

	"cloudfiles.dev/drivers/internal/paging"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

const (
	// maxPage is the most entries that the service returns in a page.
	maxPage = 5000
	// maxHeld is the most entries that are held until others have been listed, for the
	// order.
	maxHeld = 2 * maxPage
)

// List pages through the blobs, beginning at StartAfter if the service supports that.
func (b *backend) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		l := &listing{
			b:    b,
			ctx:  ctx,
			req:  req,
			size: maxPage,
		}
		if req.PageSize > 0 && req.PageSize < maxPage {
			l.size = int32(req.PageSize)
		}
		from, none := startFrom(req)
		if none { // but the container may be missing
			l.size, l.req.Prefix = 1, ""
			if _, _, err := l.page(nil, ""); err != nil {
				yield(files.Entry{}, err)
			}
			return
		}
		l.run(from, yield)
	}
}

// run lists the entries, from a name on or from the beginning.
func (l *listing) run(from string, yield func(files.Entry, error) bool) {
	all := l.size
	if n := l.req.Limit; n > 0 && n < int(all) && (from != "" || l.req.StartAfter == "") {
		l.size = int32(n)
		if from != "" {
			l.size++ // the name itself comes first
		}
	}
	if from != "" {
		if err := l.begin(from, all); err != nil {
			yield(files.Entry{}, err)
			return
		}
	}
	r := &reorder{from: l.from, most: maxHeld, yield: func(e files.Entry, err error) bool {
		if err != nil {
			return yield(e, err)
		}
		return l.emit(e, yield)
	}}
	r.run(cursor{}, 0, func(string) class { return take })
}

// listing is the state of one listing.
type listing struct {
	b     *backend
	ctx   context.Context
	req   driver.ListRequest
	size  int32
	first *firstPage // nil if the listing begins at the first name
	pages page       // the latest one, for its memory

	last    string // the latest name that was yielded
	lastDir bool
	some    bool
}

// from yields the entries from a cursor on, in the service's order.
func (l *listing) from(at cursor) iter.Seq2[cursorEntry, error] {
	return func(yield func(cursorEntry, error) bool) {
		check := &listCheck{prefix: l.req.Prefix, shallow: l.req.Shallow, tree: l.b.tree.Load()}
		for marker, index := at.marker, at.index; ; index = 0 {
			page, next, err := l.pageAt(marker)
			check.tree = check.tree || l.b.tree.Load()
			for i, e := range page {
				if key, odd := undecodable(e.Name); odd {
					// It can't be ordered, so it comes after the latest entry.
					if l.req.Foreign && i >= index && key > l.req.StartAfter {
						name := check.last
						if !check.some {
							name = l.req.Prefix
						}
						raw := files.Entry{
							Name:    name,
							Key:     key,
							Size:    e.Size,
							ModTime: e.ModTime,
							Version: e.Version,
							IsDir:   e.IsDir,
						}
						if !yield(cursorEntry{raw, cursor{marker: marker, index: i}}, nil) {
							return
						}
					}
					continue
				}
				if e.Name == "" {
					continue // a directory
				}
				again, bad := check.entry(e.Name, e.IsDir)
				if bad != nil {
					err = bad
					break
				}
				if i < index || again {
					continue
				}
				if !yield(cursorEntry{e, cursor{marker: marker, index: i}}, nil) {
					return
				}
			}
			if err == nil {
				err = check.page(value(next), len(page))
			}
			if err != nil {
				yield(cursorEntry{}, err)
				return
			}
			if value(next) == "" {
				return
			}
			marker = next
		}
	}
}

// pageAt returns the first page, or the page at the marker.
func (l *listing) pageAt(marker *string) ([]files.Entry, *string, error) {
	from := ""
	if l.first != nil {
		if from = l.first.from; marker == nil {
			return l.first.entries, l.first.next, nil
		}
	}
	return l.page(marker, from)
}

// page requests one page.
func (l *listing) page(marker *string, from string) (
	entries []files.Entry, next *string, err error,
) {
	p := &l.pages
	p.shallow = l.req.Shallow
	ctx := p.context(l.ctx, l.b)
	if from != "" {
		ctx = context.WithValue(ctx, fromKey{}, from)
	}
	err = l.b.withRetry(ctx, opList, func(ctx context.Context) error {
		return l.request(ctx, p, marker)
	})
	if err != nil {
		if l.nothing(err) {
			err = nil
		}
		return nil, nil, err
	}
	for i := range p.blobs {
		b := &p.blobs[i]
		if b.name == "" {
			return nil, nil, paging.Bad("a blob without a name")
		}
		if b.typed {
			l.b.tree.Store(true)
		}
		if !b.isDir && err == nil {
			err = checkBlob(b)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	next = p.next
	if strings.TrimSpace(value(next)) == "" {
		next = nil
	}
	return merge(p.blobs, p.dirs), next, nil
}

// request makes one request for a page.
func (l *listing) request(ctx context.Context, p *page, marker *string) error {
	p.reset()
	var items []*container.BlobItem
	var dirs []*container.BlobPrefix
	some := false
	include := container.ListBlobsInclude{Metadata: l.b.opts.HideFolderMarkers}
	if l.req.Shallow {
		out, err := l.b.client().NewListBlobsHierarchyPager("/",
			&container.ListBlobsHierarchyOptions{
				Prefix:     &l.req.Prefix,
				MaxResults: &l.size,
				Marker:     marker,
				Include:    include,
			}).NextPage(ctx)
		if err != nil {
			return err
		}
		if p.next, some = out.NextMarker, out.Segment != nil; some {
			items, dirs = out.Segment.BlobItems, out.Segment.BlobPrefixes
		}
	} else {
		out, err := l.b.client().NewListBlobsFlatPager(&container.ListBlobsFlatOptions{
			Prefix:     &l.req.Prefix,
			MaxResults: &l.size,
			Marker:     marker,
			Include:    include,
		}).NextPage(ctx)
		if err != nil {
			return err
		}
		if p.next, some = out.NextMarker, out.Segment != nil; some {
			items = out.Segment.BlobItems
		}
	}
	if !some {
		return paging.Bad("no list of blobs")
	}
	p.take(items, dirs)
	return nil
}

// nothing reports whether an error means that there is nothing below the prefix: an
// account with a hierarchical namespace returns one if an element of the prefix is a
// file's name. A second request checks that the container exists.
func (l *listing) nothing(err error) bool {
	code := responseOf(err).code
	known := code == "BlobNotFound" || code == "PathNotFound" || code == "ResourceTypeMismatch" ||
		code == "PathConflict" || code == "InvalidPathParts"
	if !known || l.req.Prefix == "" {
		return false
	}
	return l.b.Check(l.ctx) == nil
}

// merge makes entries of a page's blobs and directories, which the service returns as two
// lists, each in its order.
func merge(blobs []listedBlob, dirs []string) []files.Entry {
	all := make([]files.Entry, 0, len(blobs)+len(dirs))
	for len(blobs) > 0 || len(dirs) > 0 {
		if len(dirs) == 0 || len(blobs) > 0 && lessUTF16(blobs[0].name, dirs[0]) {
			all = append(all, blobs[0].entry())
			blobs = blobs[1:]
		} else {
			all = append(all, files.Entry{Name: dirs[0], IsDir: true})
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
	// The ranges have the order low, supplementary, high. If the first bytes that
	// differ begin characters of three or four bytes, they show the ranges.
	if a[i] >= 0xEE && b[i] >= 0xEE && (a[i] >= 0xF0) != (b[i] >= 0xF0) {
		return a[i] > b[i]
	}
	return a[i] < b[i]
}

// isDirectoryItem reports whether a listed blob is a directory of a hierarchical
// namespace, or a folder marker by its metadata, which a listing has only if it was
// requested.
func isDirectoryItem(item *container.BlobItem) bool {
	p := item.Properties
	if p == nil {
		return false
	}
	return value(p.ResourceType) == "directory" ||
		value(p.ContentLength) == 0 && isMarker(item.Metadata)
}

// isMarker is isDirMarker for a blob's metadata.
func isMarker(m map[string]*string) bool {
	marks, ours := false, false
	for k, v := range m {
		marks = marks || strings.EqualFold(k, "hdi_isfolder") && strings.EqualFold(value(v), "true")
		ours = ours || strings.EqualFold(k, digestKey) && value(v) != ""
	}
	return marks && !ours
}

// emit yields an entry, unless it is outside the request, and reports whether to
// continue.
func (l *listing) emit(e files.Entry, yield func(files.Entry, error) bool) bool {
	if e.Key != "" { // it can't be decoded
		e.Name = ""
		return yield(e, nil)
	}
	if l.some && !l.b.tree.Load() && (e.Name < l.last || e.Name == l.last && e.IsDir == l.lastDir) {
		yield(files.Entry{}, paging.Bad("names in no order, or twice"))
		return false
	}
	l.last, l.lastDir, l.some = e.Name, e.IsDir, true
	after := l.req.StartAfter
	afterDir := l.req.Shallow && strings.HasSuffix(after, "/") && len(after) > len(l.req.Dir()) &&
		strings.HasPrefix(e.Name, after)
	if e.Name <= after || afterDir {
		return true
	}
	name := strings.TrimSuffix(e.Name, "/")
	if !e.IsDir {
		name = e.Name
	}
	if files.CheckName(name) != nil {
		if !l.req.Foreign {
			return true
		}
		e.Name, e.Key = "", e.Name
	}
	return yield(e, nil)
}
