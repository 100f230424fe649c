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

// value is what p points to, or the zero value.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// isDirMarker reports whether a response is of a directory: an account with a
// hierarchical namespace, or a tool that makes a marker of its own kind, answers for it
// as for an empty blob. See
// https://learn.microsoft.com/rest/api/storageservices/get-blob-properties
func isDirMarker(h http.Header) bool {
	if h.Get("X-Ms-Resource-Type") == "directory" {
		return true
	}
	return strings.EqualFold(h.Get("X-Ms-Meta-Hdi_isfolder"),
		"true") && h.Get("Content-Length") == "0" &&
		h.Get("X-Ms-Meta-"+digestKey) == "" // which a Put of ours has, whatever its metadata
}

// isTree reports whether a response has what only accounts with a hierarchical namespace
// tell.
func isTree(h http.Header) bool {
	return h.Get("X-Ms-Resource-Type") != "" || h.Get("X-Ms-Permissions") != ""
}

// truncateTime cuts a time to what all responses have, as HTTP gives it (V2).
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
	if r.ContentRange != nil { // then that is of the range
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

// digestMark is how the digests are written: each with a letter in front, and the size,
// so that they are not taken for those of other content, which a tool put in the place
// of ours with our metadata.
func digestMark(d files.Digest, size int64) string {
	var room [64]byte // enough for the digest that is always there
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

// digestOf is what Put stored of digests, or else the MD5 that the service or whoever
// wrote the blob has of it.
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
