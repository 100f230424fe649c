package s3

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/drivers/internal/oddtime"
	smithytime "github.com/aws/smithy-go/time"
)

// mendHeader removes what the SDK would fail an answer for and nobody asks about, and writes times
// anew.
func mendHeader(h http.Header) {
	mend := func(key string, ok func(string) bool) {
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
	mend("X-Amz-Object-Lock-Retain-Until-Date", func(s string) bool {
		_, err := smithytime.ParseDateTime(s)
		return err == nil
	})
	for _, key := range []string{
		"X-Amz-Missing-Meta", "X-Amz-Mp-Parts-Count", "X-Amz-Tagging-Count", "X-Amz-Object-Size",
	} {
		mend(key, func(s string) bool { _, err := strconv.ParseInt(s, 10, 32); return err == nil })
	}
	for _, key := range []string{
		"X-Amz-Delete-Marker", "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled",
	} {
		mend(key, func(s string) bool { _, err := strconv.ParseBool(s); return err == nil })
	}
}

// Characters that XML can't hold are taken for others while the SDK reads a page, and decode turns
// them back. They are of the last plane for private use.
const standIn = 0x10FF00

// mendPage lets a page be read whose keys have characters that XML can't hold, though they were
// asked for in an encoding, and whose times are odd. The page itself comes back where it is as it
// should be.
func mendPage(page []byte) []byte {
	return mendTimes(mendCharacters(page))
}

func mendCharacters(page []byte) []byte {
	if !hasIllegal(page) {
		return page
	}
	var b bytes.Buffer
	b.Grow(len(page) + 64)
	for len(page) > 0 {
		if c, n := illegal(page); n > 0 {
			b.WriteRune(standIn + rune(c))
			page = page[n:]
			continue
		}
		b.WriteByte(page[0])
		page = page[1:]
	}
	return b.Bytes()
}

func hasIllegal(page []byte) bool {
	for i, c := range page {
		if c < ' ' || c == '&' {
			if _, n := illegal(page[i:]); n > 0 {
				return true
			}
		}
	}
	return false
}

// illegal reads a control character at the beginning, raw or as "&#x1;", that XML can't hold. n is
// its length; 0 where it is none.
func illegal(p []byte) (c byte, n int) {
	bad := func(c uint64) bool { return c < ' ' && c != '\t' && c != '\n' && c != '\r' }
	if bad(uint64(p[0])) {
		return p[0], 1
	}
	if !bytes.HasPrefix(p, []byte("&#")) {
		return 0, 0
	}
	end := bytes.IndexByte(p[:min(len(p), 12)], ';')
	if end < 0 {
		return 0, 0
	}
	digits, base := string(p[2:end]), 10
	if hex, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
		digits, base = hex, 16
	}
	u, err := strconv.ParseUint(digits, base, 32)
	if err != nil || !bad(u) {
		return 0, 0
	}
	return byte(u), end + 1
}

// unmended gives a key its characters back.
func unmended(key string) string {
	if !strings.Contains(key, "\U0010FF00"[:3]) {
		return key
	}
	return strings.Map(func(r rune) rune {
		if r >= standIn && r < standIn+' ' {
			return r - standIn
		}
		return r
	}, key)
}

// mendTimes writes times anew that the SDK can't read, and leaves out what is none.
func mendTimes(page []byte) []byte {
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

// plainTime is a quick look that knows S3's own form, and the SDK's word for others.
func plainTime(s string) bool {
	if n := len(s); (n == 20 || n == 24) && s[10] == 'T' && s[n-1] == 'Z' {
		_, err := time.Parse(time.RFC3339Nano, s)
		return err == nil
	}
	_, err := smithytime.ParseDateTime(s)
	return err == nil
}
