package azure

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/drivers/internal/etag"
	"cloudfiles.dev/drivers/internal/oddtext"
	"cloudfiles.dev/drivers/internal/plainxml"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// page has the blobs and directories of a page of a listing, each in the order in which
// they came.
type page struct {
	shallow bool // it may have directories
	blobs   []listedBlob
	dirs    []string
	next    *string
	scanned bool   // scan has read them
	text    []byte // scan's, for values
}

// listedBlob is a blob of a page.
type listedBlob struct {
	name     string // "" if there was none
	etag     string
	modified time.Time
	size     int64
	sized    bool // there was a size
	typed    bool // there was a type of resource, as in a hierarchical namespace
	isDir    bool
}

// pageKey is the key of a *page in the context of a request for a page.
type pageKey struct{}

// reset forgets the page, and keeps its memory for the next one.
func (p *page) reset() {
	clear(p.blobs)
	clear(p.dirs)
	p.blobs, p.dirs, p.next, p.scanned = p.blobs[:0], p.dirs[:0], nil, false
}

// context returns the context of requests for the page. The SDK reads all responses of a
// caller's client, whose policies may see them.
func (p *page) context(ctx context.Context, b *backend) context.Context {
	if !b.ownClient {
		return ctx
	}
	return context.WithValue(ctx, pageKey{}, p)
}

// read reads what it can of the response to a request for a page, and leaves the rest to
// the SDK.
func (p *page) read(resp *http.Response, document []byte) (read bool) {
	if p == nil {
		return false
	}
	rest, ok := p.scan(document)
	if ok {
		resp.Body = io.NopCloser(bytes.NewReader(rest))
	}
	return ok
}

// take takes what the SDK has read.
func (p *page) take(items []*container.BlobItem, dirs []*container.BlobPrefix) {
	if p.scanned {
		return
	}
	for _, item := range items {
		var b listedBlob
		if item != nil {
			b.name, b.isDir = oddtext.Restore(value(item.Name)), isDirectoryItem(item)
			if of := item.Properties; of != nil {
				b.etag, b.modified = string(value(of.ETag)), value(of.LastModified)
				b.size, b.sized = value(of.ContentLength), of.ContentLength != nil
				b.typed = of.ResourceType != nil
			}
		}
		p.blobs = append(p.blobs, b)
	}
	for _, d := range dirs {
		var name string
		if d != nil {
			name = oddtext.Restore(value(d.Name))
		}
		p.dirs = append(p.dirs, name)
	}
}

// entry returns the blob's entry. A directory has no name here.
func (b *listedBlob) entry() files.Entry {
	if b.isDir {
		return files.Entry{}
	}
	return files.Entry{
		Name:    b.name,
		Size:    b.size,
		ModTime: truncateTime(&b.modified),
		Version: etag.Version(b.etag),
	}
}

// scan reads the blobs and directories of a document, and returns the document without
// them. If it returns false, the SDK must read the document, once it is repaired.
func (p *page) scan(document []byte) (rest []byte, ok bool) {
	kinds := []plainxml.Kind{{Name: "Blob", Read: p.blob}, {Name: "BlobPrefix", Read: p.dir}}
	if !p.shallow {
		kinds = kinds[:1]
	}
	rest, ok = plainxml.Cut(document, 2, kinds)
	if p.scanned = ok; !ok {
		p.reset()
	}
	return rest, ok
}

// blob reads a blob from after its opening tag, and returns where it ends.
func (p *page) blob(document []byte, at int) (end int, ok bool) {
	var b listedBlob
	var name []byte
	var of blobTexts
	end, ok = plainxml.Each(document, at, "Blob", func(tag, text []byte, next int) (int, bool) {
		switch {
		case string(tag) == "Name" && text != nil && name == nil:
			name = text
		case string(tag) == "Properties" && text == nil && !of.read:
			return of.scan(document, next)
		case string(tag) == "Properties", string(tag) == "Name":
			return 0, false
		case string(tag) == "OrMetadata" && text == nil:
			return plainxml.SkipTexts(document, next, "OrMetadata")
		case text == nil:
			// Metadata, which may show that the blob is a folder marker, or tags
			return 0, false
		}
		return next, true
	})
	if !ok {
		return 0, false
	}
	if b.sized = of.length != nil; b.sized {
		n, err := strconv.ParseInt(string(of.length), 10, 64)
		if err != nil {
			return 0, false
		}
		b.size = n
	}
	if of.modified != nil {
		if b.modified, ok = rfc1123(of.modified); !ok {
			return 0, false
		}
	}
	b.typed, b.isDir = of.kind != nil, string(of.kind) == "directory"
	if b.name, b.etag, p.text, ok = plainxml.Strings(p.text, name, of.etag); !ok {
		return 0, false
	}
	p.blobs = append(p.blobs, b)
	return end, true
}

// blobTexts has the texts of a blob's properties; nil if there was none.
type blobTexts struct {
	read                         bool
	length, modified, etag, kind []byte
}

// scan reads the properties from after their opening tag, and returns where they end.
func (of *blobTexts) scan(document []byte, at int) (end int, ok bool) {
	of.read = true
	return plainxml.Each(document, at, "Properties", func(tag, text []byte,
		next int) (int, bool) {
		var value *[]byte
		switch string(tag) {
		case "Content-Length":
			value = &of.length
		case "Last-Modified":
			value = &of.modified
		case "Etag":
			value = &of.etag
		case "ResourceType":
			value = &of.kind
		}
		if text == nil || value != nil && *value != nil {
			return 0, false // it isn't text, or comes twice
		}
		if value != nil {
			*value = text
		}
		return next, true
	})
}

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"

// rfc1123 parses a time as the SDK does. It tries the service's form first.
func rfc1123(s []byte) (time.Time, bool) {
	if !plainTime(s) {
		t, err := time.Parse(time.RFC1123, string(s))
		return t, err == nil
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	month := time.Month(strings.Index(months, string(s[8:11]))/4 + 1)
	year := two(12)*100 + two(14)
	return time.Date(year, month, two(5), two(17), two(20), two(23), 0, time.UTC), true
}

// dir reads a directory from after its opening tag.
func (p *page) dir(document []byte, at int) (end int, ok bool) {
	var name []byte
	end, ok = plainxml.Each(document, at, "BlobPrefix", func(tag, text []byte,
		next int) (int, bool) {
		switch {
		case string(tag) == "Name" && text != nil && name == nil:
			name = text
		case string(tag) == "Properties" && text == nil: // in a hierarchical namespace
			return plainxml.SkipTexts(document, next, "Properties")
		case text == nil, string(tag) == "Name":
			return 0, false
		}
		return next, true
	})
	if !ok {
		return 0, false
	}
	if p.text, ok = plainxml.AppendText(p.text[:0], name); !ok {
		return 0, false
	}
	p.dirs = append(p.dirs, string(p.text))
	return end, true
}
