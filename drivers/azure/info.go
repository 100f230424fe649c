package azure

import (
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// value is *p, or the zero value if p is nil.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// isDirMarker reports whether a response is about a directory. A directory of an
// account with a hierarchical namespace and a tool's folder marker both have the form
// of an empty blob. See
// https://learn.microsoft.com/rest/api/storageservices/get-blob-properties
func isDirMarker(h http.Header) bool {
	if h.Get("X-Ms-Resource-Type") == "directory" {
		return true
	}
	return strings.EqualFold(h.Get("X-Ms-Meta-Hdi_isfolder"),
		"true") && h.Get("Content-Length") == "0" &&
		h.Get("X-Ms-Meta-"+digestKey) == "" // which every Put of this package has
}

// isTree reports whether a response has a header that only accounts with a hierarchical
// namespace send.
func isTree(h http.Header) bool {
	return h.Get("X-Ms-Resource-Type") != "" || h.Get("X-Ms-Permissions") != ""
}

// truncateTime truncates a time to the precision that all responses have, HTTP's (V2).
func truncateTime(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// downloaded is the Info in the response to Get Blob.
func downloaded(r blob.DownloadStreamResponse, size int64) files.Info {
	info := files.Info{
		Entry: files.Entry{
			Size:    size,
			ModTime: truncateTime(r.LastModified),
			Version: version(r.ETag),
		},
		Attributes: files.Attributes{
			ContentType:        value(r.ContentType),
			CacheControl:       value(r.CacheControl),
			ContentDisposition: value(r.ContentDisposition),
			ContentEncoding:    value(r.ContentEncoding),
			ContentLanguage:    value(r.ContentLanguage),
			Metadata:           decodeMetadata(r.Metadata),
		},
	}
	md5 := r.ContentMD5
	if r.ContentRange != nil { // then ContentMD5 is the range's
		md5 = r.BlobContentMD5
	}
	info.Digest = digestOf(r.Metadata, md5, size)
	return info
}

// properties is the Info in the response to Get Blob Properties.
func properties(r blob.GetPropertiesResponse) files.Info {
	size := value(r.ContentLength)
	return files.Info{
		Entry: files.Entry{
			Size:    size,
			ModTime: truncateTime(r.LastModified),
			Version: version(r.ETag),
		},
		Attributes: files.Attributes{
			ContentType:        value(r.ContentType),
			CacheControl:       value(r.CacheControl),
			ContentDisposition: value(r.ContentDisposition),
			ContentEncoding:    value(r.ContentEncoding),
			ContentLanguage:    value(r.ContentLanguage),
			Metadata:           decodeMetadata(r.Metadata),
		},
		Digest: digestOf(r.Metadata, r.ContentMD5, size),
	}
}

// digestMark is the stored form of the digests: the size, and each digest after a
// letter. The size shows whether they are the blob's: a tool may have stored other
// content with the same metadata.
func digestMark(d files.Digest, size int64) string {
	var room [64]byte // enough for the digest that is always present
	s := strconv.AppendInt(append(room[:0], 'n'), size, 10)
	for _, f := range digestFields(&d) {
		if *f.text != "" {
			s = append(append(s, '_', f.letter), *f.text...)
		}
	}
	return string(s)
}

type digestField struct {
	letter byte
	text   *string
}

func digestFields(d *files.Digest) [5]digestField {
	return [5]digestField{
		{'c', &d.CRC32C},
		{'m', &d.MD5},
		{'s', &d.SHA256},
		{'i', &d.CRC32},
		{'x', &d.CRC64NVME},
	}
}

// digestOf returns the digests that Put stored, or else the blob's MD5, which the
// service or another program set.
func digestOf(m map[string]*string, md5 []byte, size int64) files.Digest {
	of, rest, _ := strings.Cut(reservedValue(m, digestKey), "_")
	if n, ok := strings.CutPrefix(of, "n"); !ok || n != strconv.FormatInt(size, 10) {
		if len(md5) == 16 {
			return files.Digest{MD5: hex.EncodeToString(md5)}
		}
		return files.Digest{}
	}
	var d files.Digest
	for part := range strings.SplitSeq(rest, "_") {
		for _, f := range digestFields(&d) {
			if part != "" && part[0] == f.letter {
				*f.text = part[1:]
			}
		}
	}
	if d, err := d.Normalize(); err == nil {
		return d
	}
	return files.Digest{}
}
