package local

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"reflect"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// sidecar is the JSON beside a file. The first fields are fileblob's, with the values
// of the newest content. Own has what fileblob lacks, and makes content and attributes
// change together: the sidecar is replaced first and describes both the old content and
// the new one, and a reader uses what belongs to the content that it has open.
type sidecar struct {
	CacheControl       string            `json:"user.cache_control"`
	ContentDisposition string            `json:"user.content_disposition"`
	ContentEncoding    string            `json:"user.content_encoding"`
	ContentLanguage    string            `json:"user.content_language"`
	ContentType        string            `json:"user.content_type"`
	Metadata           map[string]string `json:"user.metadata"`
	MD5                []byte            `json:"md5"`
	Own                *ownFields        `json:"cloudfiles,omitempty"`

	broken error
}

type ownFields struct {
	Format      int          `json:"v"`
	Generations []generation `json:"generations"` // the newest first, at most two
}

// generation is what belongs to one content. Size and time identify the content, since
// copying programs keep them, unlike inodes.
type generation struct {
	Size    int64        `json:"size"`
	ModTime int64        `json:"mtime_ns"`
	Token   string       `json:"token,omitempty"`
	Inode   uint64       `json:"inode,omitempty"` // set if the file was put and has no record
	Digest  files.Digest `json:"digest,omitzero"`
	files.Attributes
}

const (
	sidecarFormat = 1
	// maxSidecar is the longest sidecar that is read, in bytes. The driver's are far
	// shorter (P7); other programs have no limit.
	maxSidecar = 16 << 20
)

// unreadable returns the error for attributes that exist but can't be read. They are
// never left out (P7).
func unreadable(what string) error {
	return driver.Errorf(files.ErrCorrupt, "the sidecar with the file's attributes %s", what)
}

func (g *generation) of(st fsys.Stat, token string) bool {
	return g.Size == st.Size && g.ModTime == st.ModTime && (token == "" || g.Token == "" ||
		token == g.Token)
}

// owns reports whether the generation replaces the record of the file that was put.
func (g *generation) owns(st fsys.Stat) bool { return g.Inode != 0 && g.Inode == st.Ino }

// generation returns the index of the generation that belongs to a content, or -1.
func (s *sidecar) generation(st fsys.Stat, token string) (at int) {
	at = -1
	for i := range s.Own.Generations {
		g := &s.Own.Generations[i]
		if g.of(st, token) && (at < 0 || g.Inode == st.Ino) {
			at = i
		}
	}
	return at
}

// newest returns the attributes of the newest generation, or the values of fileblob's
// fields if another program has edited them.
func (s *sidecar) newest() files.Attributes {
	g := s.Own.Generations[0].Attributes
	if a := s.attributes(); !reflect.DeepEqual(a, normal(g)) {
		return a
	}
	return g
}

// edited reports whether the sidecar may differ from the record of a file with that
// time. An unedited sidecar has the file's time.
func edited(d fsys.Dir, path string, time int64) bool {
	side, err := d.Lstat(path)
	return err == nil && (side.ModTime != time || wholeMicro(side.ModTime))
}

// encodeSidecar returns the sidecar of the new content and, if there is one, the old one.
func encodeSidecar(generations ...generation) ([]byte, error) {
	g := &generations[0]
	s := sidecar{
		CacheControl:       g.CacheControl,
		ContentDisposition: g.ContentDisposition,
		ContentEncoding:    g.ContentEncoding,
		ContentLanguage:    g.ContentLanguage,
		ContentType:        g.ContentType,
		Metadata:           g.Metadata,
		Own:                &ownFields{Format: sidecarFormat, Generations: generations},
	}
	s.MD5, _ = hex.DecodeString(g.Digest.MD5)
	if len(s.MD5) == 0 {
		s.MD5 = nil
	}
	b, err := json.Marshal(&s)
	return append(b, '\n'), err
}

// readSidecar reads the sidecar at the path. It returns nil if there is none, or if the
// file there isn't a sidecar. If a sidecar can't be read whole, its field broken is the
// error.
func readSidecar(d fsys.Dir, path string) (*sidecar, fsys.Stat, error) {
	f, st, err := d.OpenFile(path)
	if missing(err) {
		return nil, st, nil
	}
	if err != nil {
		return nil, st, mapError(err)
	}
	defer f.Close()
	if st.Size > maxSidecar {
		if !headIsSidecar(f) {
			return nil, st, nil
		}
		return &sidecar{broken: unreadable(fmt.Sprintf("has %d bytes", st.Size))}, st, nil
	}
	data := make([]byte, max(st.Size, 0))
	n, err := f.ReadAt(data, 0)
	if err != nil && err != io.EOF {
		return nil, st, mapError(err)
	}
	if data = data[:n]; !beginsSidecar(data) {
		return nil, st, nil
	}
	s := &sidecar{}
	if err := json.Unmarshal(data, s); err != nil {
		return &sidecar{broken: unreadable("is damaged")}, st, nil
	}
	return s, st, nil
}

// headIsSidecar reports whether the content of a file x.attrs begins like a sidecar.
func headIsSidecar(f fsys.File) bool {
	var head [sidecarHeadLen]byte
	n, _ := f.ReadAt(head[:], 0)
	return beginsSidecar(head[:n])
}

// sidecarHeadLen is how many bytes of a file headIsSidecar reads.
const sidecarHeadLen = 64

// beginsSidecar reports whether the data begin like a sidecar of the driver or of
// fileblob, which an editor may have indented.
func beginsSidecar(data []byte) bool {
	for i := range len(sidecarHead) {
		data = bytes.TrimLeft(data, " \t\r\n")
		if len(data) == 0 || data[0] != sidecarHead[i] {
			return false
		}
		if data = data[1:]; i > 0 {
			return bytes.HasPrefix(data, []byte(sidecarHead)[i+1:])
		}
	}
	return false
}

// attributes returns the values of fileblob's fields.
func (s *sidecar) attributes() files.Attributes {
	a := files.Attributes{
		ContentType:        s.ContentType,
		CacheControl:       s.CacheControl,
		ContentDisposition: s.ContentDisposition,
		ContentEncoding:    s.ContentEncoding,
		ContentLanguage:    s.ContentLanguage,
		Metadata:           s.Metadata,
	}
	return normal(a)
}

func normal(a files.Attributes) files.Attributes {
	if n, err := a.Normalize(); err == nil {
		a = n
	}
	if len(a.Metadata) == 0 {
		a.Metadata = nil
	}
	return a
}
