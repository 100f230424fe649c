package gcs

import (
	"context"
	"iter"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// maxPage is the most names that the service gives at a time.
const maxPage = 1000

// page is one answer to a listing.
type page struct {
	Next     string   `json:"nextPageToken"`
	Prefixes []string `json:"prefixes"`
	Items    []item   `json:"items"`
}

type item struct {
	Name       string    `json:"name"`
	Size       int64     `json:"size,string"`
	Generation int64     `json:"generation,string"`
	Updated    time.Time `json:"updated"`
}

// List yields page after page, in byte order of UTF-8, which is the service's.
func (b *backend) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		l := &listing{req: req, yield: yield}
		q := b.listQuery(req)
		for {
			var p page
			c := &call{op: opList, method: "GET", url: b.resource(""), query: q}
			if err := b.retried(ctx, c, &p); err != nil {
				yield(files.Entry{}, err)
				return
			}
			if !l.page(&p) || p.Next == "" {
				return
			}
			q.Set("pageToken", p.Next)
		}
	}
}

// listQuery asks for no more fields and names than needed.
func (b *backend) listQuery(req driver.ListRequest) url.Values {
	q := url.Values{"fields": {"nextPageToken,prefixes,items(name,size,generation,updated)"}}
	if req.NamesOnly {
		q.Set("fields", "nextPageToken,prefixes,items(name)")
	}
	if req.Prefix != "" {
		q.Set("prefix", req.Prefix)
	}
	size := maxPage
	if req.PageSize > 0 {
		size = min(size, req.PageSize)
	}
	if req.Limit > 0 {
		n := req.Limit
		if req.StartAfter != "" {
			n++ // which itself comes too
		}
		size = min(size, n)
	}
	q.Set("maxResults", strconv.Itoa(size))
	if req.Shallow {
		q.Set("delimiter", "/")
	}
	if start := req.StartAfter; start != "" {
		if req.Shallow && strings.HasSuffix(start, "/") && len(start) > len(req.Dir()) {
			start = driver.After(start) // goes on behind the directory
		}
		q.Set("startOffset", start)
	}
	return q
}

// listing is one listing.
type listing struct {
	req     driver.ListRequest
	yield   func(files.Entry, error) bool
	lastDir string
}

// page yields a page's objects and directories in their common order, and returns whether to go on.
func (l *listing) page(p *page) bool {
	items, dirs := p.Items, p.Prefixes
	for len(items)+len(dirs) > 0 {
		if len(items) == 0 || len(dirs) > 0 && dirs[0] < items[0].Name {
			if !l.dir(dirs[0]) {
				return false
			}
			dirs = dirs[1:]
			continue
		}
		if i := &items[0]; !l.emit(i.Name, i.Name, files.Entry{Size: i.Size, ModTime: cut(i.Updated), Version: version(i.Generation)}) {
			return false
		}
		items = items[1:]
	}
	return true
}

func (l *listing) dir(name string) bool {
	if name == l.lastDir {
		return true // emulators repeat a directory on every page
	}
	l.lastDir = name
	return l.emit(name, strings.TrimSuffix(name, "/"), files.Entry{IsDir: true})
}

// emit yields an entry, whose name must be legal or asked for as foreign.
func (l *listing) emit(key, name string, e files.Entry) bool {
	if key <= l.req.StartAfter {
		return true
	}
	if files.CheckName(name) == nil {
		e.Name = key
	} else if e.Key = key; !l.req.Foreign {
		return true
	}
	return l.yield(e, nil)
}
