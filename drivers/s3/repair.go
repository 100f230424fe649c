package s3

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"cloudfiles.dev/drivers/internal/oddtext"
	"cloudfiles.dev/drivers/internal/oddtime"
	smithytime "github.com/aws/smithy-go/time"
)

// repairHeader removes headers that nothing needs and for which the SDK would fail a
// response, and rewrites odd times.
func repairHeader(h http.Header) {
	dropUnless := func(key string, ok func(string) bool) {
		if v, there := h[key]; there && (len(v) != 1 || !ok(v[0])) {
			h.Del(key)
		}
	}
	if v := h.Get("Last-Modified"); v != "" || h["Last-Modified"] != nil {
		if _, err := smithytime.ParseHTTPDate(v); err != nil {
			h.Del("Last-Modified")
			if t, ok := oddtime.Parse(v); ok {
				h.Set("Last-Modified", t.Format(http.TimeFormat))
			}
		}
	}
	dropUnless("X-Amz-Object-Lock-Retain-Until-Date", func(s string) bool {
		_, err := smithytime.ParseDateTime(s)
		return err == nil
	})
	for _, key := range []string{
		"X-Amz-Missing-Meta", "X-Amz-Mp-Parts-Count", "X-Amz-Tagging-Count", "X-Amz-Object-Size",
	} {
		dropUnless(key, func(s string) bool {
			_, err := strconv.ParseInt(s, 10, 32)
			return err == nil
		})
	}
	for _, key := range []string{
		"X-Amz-Delete-Marker", "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled",
	} {
		dropUnless(key, func(s string) bool { _, err := strconv.ParseBool(s); return err == nil })
	}
}

// repairPage fixes what would make the SDK refuse a page: keys with characters that XML
// can't hold, although an encoding was requested, odd times, and odd elements that
// nothing needs. It returns page itself if nothing is wrong with it.
func repairPage(page []byte) []byte {
	return repairTimes(dropOdd(trimValues(oddtext.XML(page))))
}

// repairDocument does the same for other documents, with white space around values and
// odd times.
func repairDocument(document []byte) []byte {
	document = dropElements(trimValues(document), "DeleteMarker", isBool)
	return repairTimes(document)
}

// dropOdd leaves out elements that nothing needs and for which the SDK would fail a
// page: those that should repeat a number of the request but aren't numbers, and what a
// page says about restored objects.
func dropOdd(page []byte) []byte {
	isNumber := func(s []byte) bool {
		_, err := strconv.ParseInt(string(s), 10, 64)
		return err == nil
	}
	page = dropElements(page, "IsTruncated", func(s []byte) bool { return len(s) > 0 })
	page = dropElements(page, "MaxKeys", isNumber)
	page = dropElements(page, "KeyCount", isNumber)
	return dropElements(page, "RestoreStatus", func([]byte) bool { return false })
}

func isBool(s []byte) bool { _, err := strconv.ParseBool(string(s)); return err == nil }

// maxDropped is the length in bytes of the longest element that is left out.
const maxDropped = 1 << 10

// dropElements leaves out the elements of that name whose value isn't ok.
func dropElements(page []byte, name string, ok func(value []byte) bool) []byte {
	open, empty, shut := []byte("<"+name), []byte("/>"), []byte("</"+name+">")
	var kept []byte
	rest := page
	for {
		i := bytes.Index(rest, open)
		if i < 0 {
			break
		}
		length, value := 0, rest[i+len(open):]
		if inside, found := bytes.CutPrefix(value, []byte(">")); found {
			n := bytes.Index(inside[:min(len(inside), maxDropped)], shut)
			if n < 0 {
				break // the element doesn't end: the rest stays as it is
			}
			if !ok(inside[:n]) {
				length = len(open) + 1 + n + len(shut)
			}
		} else if bytes.HasPrefix(value, empty) {
			length = len(open) + len(empty)
		}
		if length == 0 {
			length = len(open)
			if kept != nil {
				kept = append(kept, rest[:i+length]...)
			}
		} else {
			if kept == nil {
				kept = append(make([]byte, 0, len(page)), page[:len(page)-len(rest)]...)
			}
			kept = append(kept, rest[:i]...)
		}
		rest = rest[i+length:]
	}
	if kept == nil {
		return page
	}
	return append(kept, rest...)
}

// repairTimes rewrites times that the SDK can't read, and leaves out values that aren't
// times.
func repairTimes(page []byte) []byte {
	const open, shut = "<LastModified>", "</LastModified>"
	var b []byte
	rest := page
	for {
		i := bytes.Index(rest, []byte(open))
		if i < 0 {
			break
		}
		i += len(open)
		end := bytes.Index(rest[i:], []byte(shut))
		if end < 0 {
			break
		}
		value := string(rest[i : i+end])
		if plainTime(value) {
			if b != nil {
				b = append(b, rest[:i+end+len(shut)]...)
			}
			rest = rest[i+end+len(shut):]
			continue
		}
		if b == nil {
			b = append(make([]byte, 0, len(page)), page[:len(page)-len(rest)]...)
		}
		b = append(b, rest[:i-len(open)]...)
		if t, ok := oddtime.Parse(value); ok {
			b = append(append(append(b, open...), smithytime.FormatDateTime(t)...), shut...)
		}
		rest = rest[i+end+len(shut):]
	}
	if b == nil {
		return page
	}
	return append(b, rest...)
}

// plainTime reports whether the SDK can read a time. It checks S3's form itself, which
// is quicker.
func plainTime(s string) bool {
	if n := len(s); (n == 20 || n == 24) && s[10] == 'T' && s[n-1] == 'Z' {
		_, err := time.Parse(time.RFC3339Nano, s)
		return err == nil
	}
	_, err := smithytime.ParseDateTime(s)
	return err == nil
}
