package gocloud

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"cloudfiles.dev/files"
	"gocloud.dev/blob/driver"
)

// Attributes is Stat. CreateTime is unknown.
func (b *bridge) Attributes(ctx context.Context, key string) (*driver.Attributes, error) {
	info, err := b.stat(ctx, key)
	if err != nil {
		return nil, err
	}
	md5, _ := hex.DecodeString(info.Digest.MD5)
	if len(md5) == 0 {
		md5 = nil
	}
	return &driver.Attributes{
		CacheControl:       info.CacheControl,
		ContentDisposition: info.ContentDisposition,
		ContentEncoding:    info.ContentEncoding,
		ContentLanguage:    info.ContentLanguage,
		ContentType:        typeOf(info),
		Metadata:           info.Metadata,
		ModTime:            info.ModTime,
		Size:               info.Size,
		MD5:                md5,
		ETag:               etagOf(info),
		AsFunc:             as(info),
	}, nil
}

// typeOf is never empty, as Go CDK requires.
func typeOf(info files.Info) string {
	if info.ContentType == "" {
		return "application/octet-stream"
	}
	return info.ContentType
}

// etagOf is the version, or a weak tag of time and size if there is no version.
func etagOf(info files.Info) string {
	if info.Version == "" {
		return fmt.Sprintf(`W/"%x-%x"`, info.ModTime.UnixNano(), info.Size)
	}
	return `"` + string(info.Version) + `"`
}

// NewRangeReader is Get.
func (b *bridge) NewRangeReader(ctx context.Context, key string, offset, length int64,
	opts *driver.ReaderOptions) (driver.Reader, error) {
	o := &files.GetOptions{}
	switch {
	case length >= 0:
		o.Range = files.Bytes(offset, length)
	case offset > 0:
		o.Range = files.From(offset)
	}
	if err := before(opts.BeforeRead, o); err != nil {
		return nil, err
	}
	r, err := b.get(ctx, key, o)
	if err != nil {
		return nil, err
	}
	info := r.Info()
	return &bridgeReader{r, driver.ReaderAttributes{
		ContentType: typeOf(info),
		ModTime:     info.ModTime,
		Size:        info.Size,
	}}, nil
}

type bridgeReader struct {
	*files.Reader
	attrs driver.ReaderAttributes
}

func (r *bridgeReader) Attributes() *driver.ReaderAttributes { return &r.attrs }

func (r *bridgeReader) As(target any) bool { return set(target, r.Reader) || set(target, r.Info()) }

// Download copies with the Reader's WriteTo.
func (r *bridgeReader) Download(w io.Writer) error {
	_, err := r.WriteTo(w)
	return err
}

// prefixOf returns the common beginning of the names of all keys with the prefix, as a
// directory and the beginning of a name in it. Names with that beginning may have other
// keys. paths is true if there may be fileblob's own names, in which more is escaped.
// marker is true if the prefix is itself a key whose name doesn't have that beginning:
// "dir/".
func prefixOf(prefix string, paths bool) (dir, rest string, marker bool) {
	// A prefix may end within a character.
	if valid := strings.ToValidUTF8(prefix, "\x00"); valid != prefix {
		prefix, _, _ = strings.Cut(valid, "\x00")
		dir, rest, _ = prefixOf(prefix, paths)
		return dir, rest, false
	}
	for {
		element, after, more := strings.Cut(prefix, "/")
		switch {
		case element == "" && !more:
			return dir, "", dir != ""
		case element == "", element == ".", element == "..", paths && more &&
			strings.HasSuffix(element,
				".."), strings.Contains(element,
			escapeMark), strings.ContainsFunc(element, isControl):
			return dir, "", false
		case !more:
			return dir, element, false
		}
		if dir != "" {
			dir += "/"
		}
		dir, prefix = dir+element, after
	}
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
