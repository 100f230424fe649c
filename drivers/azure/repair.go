package azure

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/drivers/internal/oddtext"
	"cloudfiles.dev/drivers/internal/oddtime"
)

// For these headers the SDK fails the whole response if it can't parse them, by their
// type. A time that can't be parsed is treated as absent, and so are values that the
// driver doesn't use.
var (
	timeHeaders = []string{
		"Last-Modified", "Date", "X-Ms-Creation-Time", "X-Ms-Copy-Completion-Time",
		"X-Ms-Expiry-Time",
		"X-Ms-Access-Tier-Change-Time", "X-Ms-Last-Access-Time",
		"X-Ms-Immutability-Policy-Until-Date",
	}
	numberHeaders = []string{
		"X-Ms-Blob-Committed-Block-Count", "X-Ms-Blob-Sequence-Number", "X-Ms-Tag-Count",
	}
	boolHeaders = []string{
		"X-Ms-Access-Tier-Inferred", "X-Ms-Server-Encrypted", "X-Ms-Request-Server-Encrypted",
		"X-Ms-Blob-Sealed", "X-Ms-Incremental-Copy", "X-Ms-Is-Current-Version", "X-Ms-Legal-Hold",
	}
	binaryHeaders = []string{"Content-Md5", "X-Ms-Blob-Content-Md5", "X-Ms-Content-Crc64"}
)

// repairHeader rewrites times, and removes values that the SDK can't parse.
func repairHeader(h http.Header) {
	for _, key := range timeHeaders {
		v, there := h[key]
		if !there || len(v) == 1 && isTime(v[0]) {
			continue
		}
		h.Del(key)
		if t, ok := oddtime.Parse(v[0]); ok {
			h.Set(key, t.Format(http.TimeFormat))
		}
	}
	drop := func(keys []string, ok func(string) bool) {
		for _, key := range keys {
			if v, there := h[key]; there && !ok(v[0]) {
				h.Del(key)
			}
		}
	}
	drop(numberHeaders, func(s string) bool {
		_, err := strconv.ParseInt(s, 10, 32)
		return err == nil
	})
	drop(boolHeaders, func(s string) bool { _, err := strconv.ParseBool(s); return err == nil })
	drop(binaryHeaders, func(s string) bool {
		_, err := base64.StdEncoding.DecodeString(s)
		return err == nil
	})
}

// isTime reports whether the SDK can parse the time.
func isTime(s string) bool {
	if plainTime(s) {
		return true
	}
	_, err := time.Parse(time.RFC1123, s)
	return err == nil
}

// For these elements of a listed blob the SDK fails the whole page if it can't parse
// them; the functions report whether it can. Times are rewritten. Other values that it
// can't parse are removed, since the driver doesn't use them, except for the length,
// without which a blob is invalid.
var elements = map[string]func(value []byte) bool{
	"Last-Modified":               okTime,
	"Creation-Time":               okTime,
	"CopyCompletionTime":          okTime,
	"DeletedTime":                 okTime,
	"AccessTierChangeTime":        okTime,
	"Expiry-Time":                 okTime,
	"LastAccessTime":              okTime,
	"ImmutabilityPolicyUntilDate": okTime,
	"Content-Length":              okNumber,
	"x-ms-blob-sequence-number":   okNumber,
	"TagCount":                    okNumber,
	"RemainingRetentionDays":      okNumber,
	"AccessTierInferred":          okBool,
	"ServerEncrypted":             okBool,
	"IncrementalCopy":             okBool,
	"Sealed":                      okBool,
	"LegalHold":                   okBool,
	"Deleted":                     okBool,
	"IsCurrentVersion":            okBool,
	"HasVersionsOnly":             okBool,
	"Content-MD5":                 okBinary,
}

func okTime(v []byte) bool { return len(v) == 0 || plainTime(v) || isTime(string(v)) }

// The SDK ignores white space around numbers and booleans too.
func okNumber(v []byte) bool {
	_, err := strconv.ParseInt(string(bytes.TrimSpace(v)), 10, 64)
	return err == nil
}

func okBool(v []byte) bool {
	_, err := strconv.ParseBool(string(bytes.TrimSpace(v)))
	return err == nil
}

func okBinary(v []byte) bool {
	_, err := base64.StdEncoding.DecodeString(string(v))
	return err == nil
}

// repairPage rewrites times for which the SDK would fail the whole page, and removes
// values that aren't times. It escapes characters of names that XML can't hold. It
// returns the page itself if nothing is wrong with it.
func repairPage(page []byte) []byte {
	page = markUndecodable(oddtext.XML(page))
	var anew []byte
	done := 0 // bytes of page that are copied
	for i := bytes.IndexByte(page, '<'); i >= 0; {
		name, value, n := oddElement(page[i:])
		if n > 0 {
			anew, done = append(anew, page[done:i]...), i+n
			if t, ok := oddtime.Parse(value); ok {
				anew = append(anew, "<"+name+">"+t.Format(http.TimeFormat)+"</"+name+">"...)
			}
		}
		i += max(n, 1)
		next := bytes.IndexByte(page[i:], '<')
		if next < 0 {
			break
		}
		i += next
	}
	if done == 0 {
		return page
	}
	return append(anew, page[done:]...)
}

// maxElementName is longer than the name of any of the elements.
const maxElementName = 32

// oddElement reads an element at the beginning of p that the SDK can't parse. n is its
// length, 0 if there is none. name and value are set if it may be a time.
func oddElement(p []byte) (name, value string, n int) {
	tag := p[1:min(len(p), maxElementName)]
	end := bytes.IndexByte(tag, '>')
	if end <= 0 || tag[0] == '/' {
		return "", "", 0
	}
	tag = tag[:end]
	if alone, ok := bytes.CutSuffix(tag, []byte("/")); ok {
		if string(alone) == "Content-Length" {
			return "", "", end + 2
		}
		return "", "", 0
	}
	ok, known := elements[string(tag)]
	if !known {
		return "", "", 0
	}
	begin := end + 2
	length := bytes.IndexByte(p[begin:], '<')
	if length < 0 || ok(p[begin:begin+length]) {
		return "", "", 0
	}
	shut := "</" + string(tag) + ">"
	if !bytes.HasPrefix(p[begin+length:], []byte(shut)) {
		return "", "", 0
	}
	return string(tag), string(p[begin : begin+length]), begin + length + len(shut)
}

// plainTime reports quickly whether a time has the service's own form, "Mon, 02 Jan 2006
// 15:04:05 GMT".
func plainTime[T string | []byte](s T) bool {
	const form = "Mon, 02 Jan 2006 15:04:05 GMT"
	if len(s) != len(form) {
		return false
	}
	for i := range len(form) {
		c := form[i]
		digit := s[i] >= '0' && s[i] <= '9'
		switch {
		case i < 3 || i >= 8 && i < 11: // names, which are compared below
		case c >= '0' && c <= '9' && !digit, (c < '0' || c > '9') && s[i] != c:
			return false
		}
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	most := 30
	if string(s[8:11]) == "Feb" {
		most = 28
	}
	return strings.Index("Mon Tue Wed Thu Fri Sat Sun", string(s[:3]))%4 == 0 &&
		strings.Index(months, string(s[8:11]))%4 == 0 &&
		two(5) >= 1 && two(5) <= most && two(17) < 24 && two(20) < 60 && two(23) < 60
}
