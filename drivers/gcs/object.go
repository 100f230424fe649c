package gcs

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/files"
)

// object is an object's resource of the JSON API, as far as it is looked at.
type object struct {
	Name               string            `json:"name"`
	Size               int64             `json:"size,string"`
	Generation         int64             `json:"generation,string"`
	Metageneration     int64             `json:"metageneration,string"`
	Updated            time.Time         `json:"updated"`
	ContentType        string            `json:"contentType"`
	CacheControl       string            `json:"cacheControl"`
	ContentDisposition string            `json:"contentDisposition"`
	ContentEncoding    string            `json:"contentEncoding"`
	ContentLanguage    string            `json:"contentLanguage"`
	CRC32C             string            `json:"crc32c"`
	MD5                string            `json:"md5Hash"`
	Metadata           map[string]string `json:"metadata"`
}

// objectFields asks for what object has.
const objectFields = "name,size,generation,metageneration,updated,contentType,cacheControl,contentDisposition,contentEncoding,contentLanguage,crc32c,md5Hash,metadata"

// info is what the object's resource tells.
func (o *object) info() files.Info {
	info := o.written()
	info.Attributes = attributesOf(files.Attributes{ContentType: o.ContentType, CacheControl: o.CacheControl, ContentDisposition: o.ContentDisposition,
		ContentEncoding: o.ContentEncoding, ContentLanguage: o.ContentLanguage, Metadata: o.Metadata}, o.Metageneration)
	return info
}

// written is info without the attributes, which a Put knows.
func (o *object) written() files.Info {
	return files.Info{
		Entry:  files.Entry{Size: o.Size, ModTime: cut(o.Updated), Version: version(o.Generation)},
		Digest: files.Digest{CRC32C: toHex(o.CRC32C, 4), MD5: toHex(o.MD5, 16)},
	}
}

// headerInfo is what the headers of an answer of the XML API tell. ok is false where they don't tell the attributes.
func headerInfo(resp *http.Response) (info files.Info, ok bool) {
	h := resp.Header
	info.Size = sizeOf(resp)
	if t, err := http.ParseTime(h.Get("Last-Modified")); err == nil {
		info.ModTime = cut(t)
	}
	generation, _ := strconv.ParseInt(h.Get("X-Goog-Generation"), 10, 64)
	info.Version = version(generation)
	for _, v := range h["X-Goog-Hash"] { // one header for each hash, or both in one
		for p := range strings.SplitSeq(v, ",") {
			switch k, sum, _ := strings.Cut(strings.TrimSpace(p), "="); k {
			case "crc32c":
				info.Digest.CRC32C = toHex(sum, 4)
			case "md5":
				info.Digest.MD5 = toHex(sum, 16)
			}
		}
	}
	a := files.Attributes{ContentType: h.Get("Content-Type"), CacheControl: h.Get("Cache-Control"), ContentDisposition: h.Get("Content-Disposition"),
		ContentEncoding: storedEncoding(h), ContentLanguage: h.Get("Content-Language")}
	for k, v := range h {
		if name, is := strings.CutPrefix(k, "X-Goog-Meta-"); is && len(v) > 0 {
			if a.Metadata == nil {
				a.Metadata = make(map[string]string, 4)
			}
			a.Metadata[name] = v[0]
		}
	}
	metageneration := int64(1) // an emulator may not tell
	if v := h.Get("X-Goog-Metageneration"); v != "" {
		metageneration, _ = strconv.ParseInt(v, 10, 64)
	}
	_, carried := a.Metadata[carriedHeader]
	info.Attributes = attributesOf(a, metageneration)
	return info, !carried || metageneration == 1
}

// storedEncoding is the object's Content-Encoding, which is not the answer's where the service decompressed.
func storedEncoding(h http.Header) string {
	told := h.Get("Content-Encoding")
	switch v := h.Get("X-Goog-Stored-Content-Encoding"); {
	case v == "", v == told:
		return told
	case v == "identity": // which stands for none
		return ""
	default:
		return v
	}
}

// sizeOf is the size of the whole object, or -1.
func sizeOf(resp *http.Response) int64 {
	text := resp.Header.Get("X-Goog-Stored-Content-Length")
	if text == "" {
		_, text, _ = strings.Cut(resp.Header.Get("Content-Range"), "/")
	}
	if text == "" {
		return resp.ContentLength
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// version makes a Version of a generation.
func version(generation int64) files.Version {
	if generation <= 0 {
		return ""
	}
	return files.Version(strconv.FormatInt(generation, 10))
}

// generation reads a Version; what version doesn't make is none.
func generation(v files.Version) (string, bool) {
	n, err := strconv.ParseInt(string(v), 10, 64)
	return string(v), err == nil && version(n) == v
}

// cut cuts a time as all answers have it (V2).
func cut(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// toHex makes a digest of n bytes of the service's base64, or "".
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

// toBase64 is the way back.
func toBase64(sum string) string {
	raw, err := hex.DecodeString(sum)
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(raw)
}
