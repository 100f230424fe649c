package gcs

import (
	"context"
	"iter"
	"net/url"
	"strconv"
	"strings"

	"cloudfiles.dev/drivers/internal/oddtext"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// maxPage is the most names that the service returns in a page.
const maxPage = 1000

// page is one response to a listing.
type page struct {
	Kind     string   `json:"kind"`
	Next     string   `json:"nextPageToken"`
	Prefixes []string `json:"prefixes"`
	Items    []item   `json:"items"`
}

func (p *page) reset() { *p = page{} }

func (p *page) limit() int64 { return maxListing }

func (p *page) invalid() string {
	if p.Kind != "storage#objects" {
		return "without the kind of a listing"
	}
	return ""
}

// restore replaces the escapes of characters that JSON can't hold.
func (p *page) restore() {
	for i := range p.Prefixes {
		p.Prefixes[i] = oddtext.Restore(p.Prefixes[i])
	}
	for i := range p.Items {
		p.Items[i].Name = oddtext.Restore(p.Items[i].Name)
	}
}

type item struct {
	Name       string  `json:"name"`
	Size       decimal `json:"size"`
	Generation decimal `json:"generation"`
	Updated    moment  `json:"updated"`
}

// List yields page after page, in the service's order, which is the byte order of UTF-8.
func (b *backend) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		l := &listing{req: req, yield: yield, check: listCheck{
			prefix:    req.Prefix,
			shallow:   req.Shallow,
			namesOnly: req.NamesOnly,
		}}
		q := b.listQuery(req)
		for {
			var p page
			c := &call{
				op:     opList,
				method: "GET",
				url:    b.resource(""),
				query:  q,
			}
			err := b.withRetry(ctx, c, &p)
			next, on := "", false
			p.restore()
			if err == nil {
				on, err = l.page(&p)
			}
			if err == nil && on {
				next, err = l.check.page(&p)
			}
			if err != nil {
				yield(files.Entry{}, err)
				return
			}
			if !on || next == "" {
				return
			}
			q.Set("pageToken", next)
		}
	}
}

// listQuery requests no more fields and names than are needed.
func (b *backend) listQuery(req driver.ListRequest) url.Values {
	q := url.Values{"fields": {"kind,nextPageToken,prefixes,items(name,size,generation,updated)"}}
	if req.NamesOnly {
		q.Set("fields", "kind,nextPageToken,prefixes,items(name)")
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
			n++ // the service returns StartAfter itself too
		}
		size = min(size, n)
	}
	q.Set("maxResults", strconv.Itoa(size))
	if req.Shallow {
		q.Set("delimiter", "/")
	}
	if start := req.StartAfter; start != "" {
		if req.Shallow && strings.HasSuffix(start, "/") && len(start) > len(req.Dir()) {
			start = driver.PrefixEnd(start) // continues after the directory
		}
		q.Set("startOffset", start)
	}
	return q
}

// listing is the state of one listing.
type listing struct {
	req   driver.ListRequest
	yield func(files.Entry, error) bool
	check listCheck
}

// page yields a page's objects and directories in their common order, and reports whether
// to continue.
func (l *listing) page(p *page) (on bool, err error) {
	items, dirs := p.Items, p.Prefixes
	for on = true; on && len(items)+len(dirs) > 0; {
		if len(items) == 0 || len(dirs) > 0 && dirs[0] < items[0].Name {
			on, err = l.dir(dirs[0])
			dirs = dirs[1:]
		} else {
			on, err = l.object(&items[0])
			items = items[1:]
		}
		if err != nil {
			return false, err
		}
	}
	return on, nil
}

func (l *listing) object(i *item) (on bool, err error) {
	if err := l.check.object(i); err != nil {
		return false, err
	}
	if _, err := l.check.entry(i.Name, false); err != nil {
		return false, err
	}
	return l.emit(i.Name, i.Name, files.Entry{
		Size:    i.Size.n,
		ModTime: truncateTime(i.Updated.Time),
		Version: version(i.Generation.n),
	}), nil
}

func (l *listing) dir(name string) (on bool, err error) {
	again, err := l.check.entry(name, true)
	if again || err != nil {
		return true, err
	}
	return l.emit(name, strings.TrimSuffix(name, "/"), files.Entry{IsDir: true}), nil
}

// emit yields an entry if its name is legal or the request includes raw keys.
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
