package compress

import (
	"fmt"
	"mime"
	"strconv"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Each file that this package stores has a mark in its metadata: "zstd-" or "plain-",
// the plain size, and "-" and a CRC-32C if it is known.
const (
	markKey  = "cloudfiles-compress"
	encoding = "zstd"
	unknown  = -1 // the size of a file that another program has compressed
)

type mark struct {
	kind   kind
	size   int64
	crc32c string
}

type kind int

const (
	unmarked     kind = iota // stored by another program, not as zstd
	unmarkedZstd             // stored by another program as zstd
	plain                    // stored as it is
	packed                   // stored as zstd
)

func (m mark) String() string {
	s := "plain-"
	if m.kind == packed {
		s = "zstd-"
	}
	s += strconv.FormatInt(m.size, 10)
	if m.crc32c != "" {
		s += "-" + m.crc32c
	}
	return s
}

// markOf returns the mark of a stored file.
func markOf(a *files.Attributes) (mark, error) {
	text, ok := a.Metadata[markKey]
	if !ok {
		if strings.EqualFold(strings.TrimSpace(a.ContentEncoding), encoding) {
			return mark{kind: unmarkedZstd, size: unknown}, nil
		}
		return mark{}, nil
	}
	m := mark{kind: plain}
	what, rest, _ := strings.Cut(text, "-")
	size, crc, _ := strings.Cut(rest, "-")
	if what == "zstd" {
		m.kind = packed
	}
	n, err := strconv.ParseInt(size, 10, 64)
	m.size, m.crc32c = n, crc
	if err != nil || n < 0 || m.String() != text || len(crc) != 0 && len(crc) != 8 {
		return mark{}, driver.Errorf(files.ErrCorrupt, "the metadata %q is damaged", markKey)
	}
	return m, nil
}

// info returns the plain file's Info. The size is unknown if another program has
// compressed the file.
func (z *codec) info(_ *files.Call, i files.Info) (files.Info, error) {
	i, _, err := plainInfo(i)
	return i, err
}

func plainInfo(i files.Info) (files.Info, mark, error) {
	m, err := markOf(&i.Attributes)
	if err != nil {
		return i, m, err
	}
	if delete(i.Metadata, markKey); len(i.Metadata) == 0 {
		i.Metadata = nil
	}
	i.Digest = files.Digest{} // Features.Digests is off
	if m.kind == packed || m.kind == unmarkedZstd {
		i.ContentEncoding = ""
	}
	switch m.kind {
	case packed, plain:
		if m.kind == plain && m.size != i.Size {
			return i, m, driver.Errorf(files.ErrCorrupt, "the stored file has %d bytes, want %d",
				i.Size, m.size)
		}
		i.Size = m.size
	case unmarkedZstd:
		i.Size = unknown
	}
	return i, m, nil
}

// fits reports whether the headers leave room for the Content-Encoding.
func fits(a *files.Attributes) bool {
	n := len(a.ContentType) + len(a.CacheControl) + len(a.ContentDisposition) +
		len(a.ContentLanguage)
	return n+len(encoding) <= files.MaxHeaders
}

// Compressed reports whether files of the content type are already compressed, such as
// JPEG and ZIP.
func Compressed(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	class, sub, _ := strings.Cut(t, "/")
	sub = strings.TrimPrefix(sub, "x-")
	switch class {
	case "image":
		return sub != "svg+xml" && sub != "bmp" && sub != "ms-bmp" && sub != "tiff" &&
			sub != "icon" && sub != "vnd.microsoft.icon"
	case "audio":
		return sub != "wav" && sub != "wave" && sub != "vnd.wave" && sub != "aiff" &&
			sub != "midi" && sub != "basic"
	case "video":
		return true
	case "font":
		return sub == "woff" || sub == "woff2"
	}
	switch sub {
	case "zip", "gzip", "zstd", "bzip2", "bzip", "xz", "lzma", "lzip", "brotli", "compress",
		"7z-compressed", "rar", "rar-compressed", "vnd.rar", "java-archive", "font-woff":
		return class == "application"
	}
	return class == "application" && (strings.HasSuffix(sub, "+zip") ||
		strings.HasPrefix(sub, "vnd.openxmlformats-officedocument.") ||
		strings.HasPrefix(sub, "vnd.oasis.opendocument."))
}

func tooLarge(limit int64) error {
	return driver.Errorf(files.ErrTooLarge, "the file decompresses to more than %s bytes, and "+
		"records no size", fmt.Sprint(limit))
}
