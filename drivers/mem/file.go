package mem

import (
	"bytes"
	"strconv"
	"time"

	"cloudfiles.dev/files"
)

// file is one version of one file. It never changes once it is in the tree.
type file struct {
	data        []byte
	modTime     time.Time
	version     files.Version
	crc32c      string
	contentType string
	more        *more // nil for most
}

// more holds what only few files have.
type more struct {
	attributes files.Attributes
	digest     files.Digest
	upload     string // the ID of the upload in parts that became the file
}

func newFile(data []byte, a files.Attributes, d files.Digest) *file {
	f := &file{data: data, crc32c: d.CRC32C}
	d.CRC32C = ""
	f.setAttributes(a, d)
	return f
}

func (f *file) setAttributes(a files.Attributes, d files.Digest) {
	f.contentType, f.more = a.ContentType, nil
	plain := len(a.Metadata) == 0 && a.CacheControl == "" && a.ContentDisposition == "" &&
		a.ContentEncoding == "" && a.ContentLanguage == ""
	if !plain || !d.IsZero() {
		f.more = &more{attributes: a, digest: d}
	}
}

// setUpload sets the ID of the upload in parts that became the file.
func (f *file) setUpload(id string) {
	if f.more == nil {
		f.more = &more{attributes: files.Attributes{ContentType: f.contentType}}
	}
	f.more.upload = id
}

// copy returns a file with the same content, and with the attributes a if a isn't nil.
func (f *file) copy(a *files.Attributes) *file {
	c := *f
	if a != nil {
		var d files.Digest
		if f.more != nil {
			d = f.more.digest
		}
		c.setAttributes(*a, d)
	}
	return &c
}

// setCountedVersion makes a version from the number of a commit. The digest in it makes
// versions of different content differ in another process too, for an HTTP cache that
// keeps them longer than a bucket in memory lives.
func (f *file) setCountedVersion(commit uint64) {
	var buf [32]byte
	f.setVersion(strconv.AppendUint(buf[:0], commit, 10))
}

// setHashedVersion makes a version from the content alone, as S3 does: an unpredictable
// hash and the digest, together 96 bits.
func (f *file) setHashedVersion() {
	var buf [32]byte
	f.setVersion(strconv.AppendUint(buf[:0], hashOf(f.data), 16))
}

// sameBytes reports whether the contents are equal, and so have one version. Comparing
// is faster than hashing.
func (f *file) sameBytes(g *file) bool {
	return f.crc32c == g.crc32c && bytes.Equal(f.data, g.data)
}

// setVersion makes the version of a first part and the digest, which then share memory.
func (f *file) setVersion(b []byte) {
	b = append(b, '-')
	b = append(b, f.crc32c...)
	v := string(b)
	f.version, f.crc32c = files.Version(v), v[len(v)-len(f.crc32c):]
}

func (f *file) entry(name string) files.Entry {
	return files.Entry{
		Name:    name,
		Size:    int64(len(f.data)),
		ModTime: f.modTime,
		Version: f.version,
	}
}

func (f *file) info(name string) files.Info {
	i := files.Info{Entry: f.entry(name)}
	if f.more != nil {
		i.Attributes, i.Digest = f.more.attributes, f.more.digest
	}
	i.ContentType, i.Digest.CRC32C = f.contentType, f.crc32c
	return i
}
