package gcs

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/drivers/internal/oddtime"
	"cloudfiles.dev/files"
)

// object is the fields of an object's resource in the JSON API that are used here.
type object struct {
	Kind               string            `json:"kind"`
	Name               string            `json:"name"`
	Size               decimal           `json:"size"`
	Generation         decimal           `json:"generation"`
	Metageneration     decimal           `json:"metageneration"`
	Updated            moment            `json:"updated"`
	ContentType        string            `json:"contentType"`
	CacheControl       string            `json:"cacheControl"`
	ContentDisposition string            `json:"contentDisposition"`
	ContentEncoding    string            `json:"contentEncoding"`
	ContentLanguage    string            `json:"contentLanguage"`
	CRC32C             string            `json:"crc32c"`
	MD5                string            `json:"md5Hash"`
	Metadata           map[string]string `json:"metadata"`

	of string // the requested name
}

// objectFields selects the fields of object.
const objectFields = "kind,name,size,generation,metageneration,updated,contentType,cacheControl," +
	"contentDisposition,contentEncoding,contentLanguage,crc32c,md5Hash,metadata"

func (o *object) reset() { *o = object{of: o.of} }

func (o *object) limit() int64 { return maxResource }

func (o *object) invalid() string {
	switch {
	case o.Kind != "storage#object":
		return "without the kind of an object"
	case !o.Size.known || !o.Generation.known || o.Generation.n <= 0:
		return "an object without a size or a generation"
	case o.Size.n < 0:
		return "an object of a negative size"
	case o.Name != "" && o.of != "" && o.Name != o.of:
		return "an object of another name"
	}
	return ""
}

// info returns the Info of the object's resource.
func (o *object) info() files.Info {
	info := o.written()
	info.Attributes = decodeAttributes(files.Attributes{
		ContentType:        o.ContentType,
		CacheControl:       o.CacheControl,
		ContentDisposition: o.ContentDisposition,
		ContentEncoding:    o.ContentEncoding,
		ContentLanguage:    o.ContentLanguage,
		Metadata:           o.Metadata,
	}, o.Metageneration.n)
	return info
}

// written is info without the attributes, which a Put already has.
func (o *object) written() files.Info {
	return files.Info{
		Entry: files.Entry{
			Size:    o.Size.n,
			ModTime: truncateTime(o.Updated.Time),
			Version: version(o.Generation.n),
		},
		Digest: files.Digest{CRC32C: toHex(o.CRC32C, 4), MD5: toHex(o.MD5, 16)},
	}
}

// decimal is a number of 64 bits, which JSON has as a string. Any other text leaves known
// false, and the rest of the response can still be read.
type decimal struct {
	n     int64
	known bool
}

func (d *decimal) UnmarshalJSON(text []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	*d = decimal{n, err == nil}
	return nil
}

// moment is a time. Any other text is the zero time.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(text []byte) error {
	m.Time, _ = oddtime.Parse(strings.Trim(string(text), `"`))
	return nil
}

// headerInfo reads the headers of a response of the XML API. ok is false if they don't
// have the attributes.
func headerInfo(resp *http.Response) (info files.Info, ok bool) {
	h := resp.Header
	info.Size = sizeOf(resp)
	modified := h.Get("Last-Modified")
	t, err := http.ParseTime(modified)
	if err != nil {
		t, _ = oddtime.Parse(modified)
	}
	info.ModTime = truncateTime(t)
	generation, _ := strconv.ParseInt(h.Get("X-Goog-Generation"), 10, 64)
	info.Version = version(generation)
	info.Digest = headerDigest(h)
	encoding, _ := storedEncoding(h)
	a := files.Attributes{
		ContentType:        h.Get("Content-Type"),
		CacheControl:       h.Get("Cache-Control"),
		ContentDisposition: h.Get("Content-Disposition"),
		ContentEncoding:    encoding,
		ContentLanguage:    h.Get("Content-Language"),
	}
	for k, v := range h {
		if name, is := strings.CutPrefix(k, "X-Goog-Meta-"); is && len(v) > 0 {
			if a.Metadata == nil {
				a.Metadata = make(map[string]string, 4)
			}
			a.Metadata[name] = v[0]
		}
	}
	metageneration := int64(1) // an emulator may omit it
	if v := h.Get("X-Goog-Metageneration"); v != "" {
		metageneration, _ = strconv.ParseInt(v, 10, 64)
	}
	_, carried := a.Metadata[carriedHeader]
	info.Attributes = decodeAttributes(a, metageneration)
	return info, !carried || metageneration == 1
}

// headerDigest reads x-goog-hash, which is about the whole object even in the response
// to a range
// (https://cloud.google.com/storage/docs/xml-api/reference-headers#xgooghash). There is
// one header for each hash, or one for both. Two values that differ count as none.
func headerDigest(h http.Header) (d files.Digest) {
	set := func(to *string, sum string) {
		if *to != "" && *to != sum {
			sum = "-"
		}
		*to = sum
	}
	for _, v := range h["X-Goog-Hash"] {
		for p := range strings.SplitSeq(v, ",") {
			switch k, sum, _ := strings.Cut(strings.TrimSpace(p), "="); k {
			case "crc32c":
				set(&d.CRC32C, toHex(sum, 4))
			case "md5":
				set(&d.MD5, toHex(sum, 16))
			}
		}
	}
	for _, s := range []*string{&d.CRC32C, &d.MD5} {
		if *s == "-" {
			*s = ""
		}
	}
	return d
}

// storedEncoding is the object's Content-Encoding. asStored is false if the response
// has another one: the service, or something in front of it, has compressed or
// decompressed the content on the way
// (https://cloud.google.com/storage/docs/transcoding).
func storedEncoding(h http.Header) (encoding string, asStored bool) {
	encoded := h.Get("Content-Encoding")
	switch v := h.Get("X-Goog-Stored-Content-Encoding"); v {
	case "", encoded:
		return encoded, true
	case "identity": // which stands for none
		return "", encoded == ""
	default:
		return v, false
	}
}

// sizeOf is the size of the whole object as the service reports it, or -1. In a response
// without a range it is the response's length if no other header has it.
func sizeOf(resp *http.Response) int64 {
	text := resp.Header.Get("X-Goog-Stored-Content-Length")
	if text == "" {
		_, text, _ = strings.Cut(resp.Header.Get("Content-Range"), "/")
	}
	if text == "" && resp.StatusCode == http.StatusOK {
		return resp.ContentLength
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// version makes a Version from a generation.
func version(generation int64) files.Version {
	if generation <= 0 {
		return ""
	}
	return files.Version(strconv.FormatInt(generation, 10))
}

// generation reads a Version; ok is false for one that version can't have made.
func generation(v files.Version) (string, bool) {
	n, err := strconv.ParseInt(string(v), 10, 64)
	return string(v), err == nil && version(n) == v
}

// truncateTime truncates a time to the precision that all responses have (V2).
func truncateTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// toHex converts the service's base64 digest of n bytes to hex, or returns "".
func toHex(sum string, n int) string {
	var buf [16]byte
	if base64.StdEncoding.DecodedLen(len(sum)) > len(buf)+2 {
		return ""
	}
	raw, err := base64.StdEncoding.AppendDecode(buf[:0], []byte(sum))
	if err != nil || len(raw) != n {
		return ""
	}
	return hex.EncodeToString(raw)
}

// toBase64 is the reverse of toHex.
func toBase64(sum string) string {
	raw, err := hex.DecodeString(sum)
	if err != nil {
		return ""
	}
	return base64Of(raw)
}

func base64Of(sum []byte) string { return base64.StdEncoding.EncodeToString(sum) }
