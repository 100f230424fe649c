package s3

import (
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/drivers/internal/plainxml"
	smithytime "github.com/aws/smithy-go/time"
)

// scan reads the objects and directories of a document, and returns the document
// without them. If it returns false, the SDK must read the document, once it is
// repaired.
func (p *listPage) scan(document []byte) (rest []byte, ok bool) {
	if p == nil {
		return nil, false
	}
	rest, ok = plainxml.Cut(document, 1, []plainxml.Kind{
		{Name: "Contents", Read: p.object},
		{Name: "CommonPrefixes", Read: p.dir},
	})
	if p.scanned = ok; !ok {
		p.reset()
	}
	return rest, ok
}

// object reads an object from after its opening tag, and returns where it ends.
func (p *listPage) object(document []byte, at int) (end int, ok bool) {
	var o listObject
	var key, etag, size, modified []byte
	end, ok = plainxml.Each(document, at, "Contents", func(name, text []byte,
		next int) (int, bool) {
		var value *[]byte
		switch string(name) {
		case "Key":
			value = &key
		case "ETag":
			value = &etag
		case "Size":
			value = &size
		case "LastModified":
			value = &modified
		}
		switch {
		case value != nil:
			if *value != nil || text == nil {
				return 0, false // twice, or it isn't text
			}
			*value = text
		case text != nil:
			for _, of := range []string{"Key", "ETag", "Size", "LastModified", "RestoreStatus"} {
				if len(name) == len(of) && strings.EqualFold(string(name), of) {
					return 0, false // the SDK takes it for the same
				}
			}
		case string(name) == "Owner":
			return plainxml.SkipTexts(document, next, "Owner")
		default:
			return 0, false
		}
		return next, true
	})
	if !ok {
		return 0, false
	}
	if len(etag) > 0 && (etag[0] <= ' ' || etag[len(etag)-1] <= ' ') {
		return 0, false // trimValues removes white space
	}
	if o.sized = size != nil; o.sized {
		n, err := strconv.ParseInt(string(size), 10, 64)
		if err != nil {
			return 0, false
		}
		o.size = n
	}
	if modified != nil {
		if o.modified, ok = dateTime(string(modified)); !ok {
			return 0, false
		}
	}
	if o.key, o.etag, p.text, ok = plainxml.Strings(p.text, key, etag); !ok {
		return 0, false
	}
	p.objects = append(p.objects, o)
	return end, true
}

// dir reads a directory from after its opening tag.
func (p *listPage) dir(document []byte, at int) (end int, ok bool) {
	name, text, at, ok := plainxml.Element(document, plainxml.AfterSpace(document, at))
	if !ok || string(name) != "Prefix" || text == nil {
		return 0, false
	}
	end, ok = plainxml.Ends(document, plainxml.AfterSpace(document, at), "CommonPrefixes")
	if !ok {
		return 0, false
	}
	if p.text, ok = plainxml.AppendText(p.text[:0], text); !ok {
		return 0, false
	}
	p.dirs = append(p.dirs, string(p.text))
	return end, true
}

// dateTime parses a time as the SDK does. It tries the usual form first.
func dateTime(s string) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, true
	}
	t, err := smithytime.ParseDateTime(s)
	return t, err == nil
}
