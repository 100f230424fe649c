package local

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"sync"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// recordAttr is the extended attribute that each staged file gets, and that moves with
// the file. It counts only if it has the content's size and time; otherwise another
// program changed the content.
const recordAttr = "user.cloudfiles"

// record is what recordAttr holds.
type record struct {
	there       bool // it was read
	size, mtime int64
	sidecar     bool   // the file has a sidecar; if false, a sidecar that exists is a leftover
	token       string // 8 random bytes, which make the version unique if the time doesn't
	digest      files.Digest
	typ         string // the content type, if it was found by the content, not by the name
	// attrs are the sidecar's attributes, if they are short enough. The driver then
	// uses them, and the sidecar is for programs that don't know the record, and for
	// copies without it.
	attrs *files.Attributes
}

// The layout: format (1 byte), flags (1), size (uvarint), time (8 bytes), the parts
// that the flags name, and then the type or the attributes. It is short, because ext4
// has room for about 60 bytes beside the inode, and uses a block for more.
const (
	recordFormat = 1

	hasSidecar = 1 << iota >> 1
	hasToken
	hasCRC32C
	hasMD5
	hasSHA256
	hasCRC32
	hasCRC64
	hasAttrs
)

const tokenLen = 8

// parts returns the optional parts, in order.
func (r *record) parts() [6]struct {
	flag byte
	n    int
	text *string
} {
	return [...]struct {
		flag byte
		n    int
		text *string
	}{
		{hasToken, tokenLen, &r.token},
		{hasCRC32C, 4, &r.digest.CRC32C},
		{hasMD5, 16, &r.digest.MD5},
		{hasSHA256, 32, &r.digest.SHA256},
		{hasCRC32, 4, &r.digest.CRC32},
		{hasCRC64, 8, &r.digest.CRC64NVME},
	}
}

func (r *record) encode(b []byte) []byte {
	var flags byte
	if r.sidecar {
		flags = hasSidecar
	}
	b = append(b, recordFormat, 0)
	b = binary.AppendUvarint(b, uint64(r.size))
	b = binary.LittleEndian.AppendUint64(b, uint64(r.mtime))
	for _, p := range r.parts() {
		if *p.text == "" {
			continue
		}
		if c, err := hex.AppendDecode(b, []byte(*p.text)); err == nil && len(c) == len(b)+p.n {
			b = c
			flags |= p.flag
		}
	}
	if r.attrs == nil {
		b[1] = flags
		return append(b, r.typ...)
	}
	b[1] = flags | hasAttrs
	return appendAttributes(b, r.attrs)
}

var errRecord = errors.New("not a record")

func decodeRecord(b []byte) (r record, err error) {
	if len(b) < 2 || b[0] != recordFormat {
		return r, errRecord
	}
	flags := b[1]
	size, n := binary.Uvarint(b[2:])
	if n <= 0 || len(b) < 2+n+8 {
		return r, errRecord
	}
	b = b[2+n:]
	r.size, r.mtime, r.sidecar = int64(size), int64(binary.LittleEndian.Uint64(b)),
		flags&hasSidecar != 0
	b = b[8:]
	for _, p := range r.parts() {
		if flags&p.flag == 0 {
			continue
		}
		if len(b) < p.n {
			return r, errRecord
		}
		*p.text = hex.EncodeToString(b[:p.n])
		b = b[p.n:]
	}
	if flags&hasAttrs == 0 {
		r.typ = string(b)
		return r, nil
	}
	r.attrs = &files.Attributes{}
	return r, decodeAttributes(b, r.attrs)
}

// records is a pool of buffers for one record each.
var records = sync.Pool{New: func() any { return new([maxRecord]byte) }}

// readRecord returns the record of an open file, and whether it belongs to the content.
func readRecord(f fsys.File, st *fsys.Stat) (r record, ok bool, err error) {
	short := records.Get().(*[maxRecord]byte)
	defer records.Put(short)
	buf := short[:]
	n, err := f.Getxattr(recordAttr, buf)
	if err != nil && err != fsys.ErrNoXattr { // a long content type
		buf = make([]byte, 64<<10)
		n, err = f.Getxattr(recordAttr, buf)
	}
	if err == fsys.ErrNoXattr {
		return r, false, nil
	}
	if err != nil { // without the record, the content would not be checked
		return r, false, mapError(err)
	}
	if r, err = decodeRecord(buf[:n]); err != nil {
		return r, false, nil
	}
	r.there = true
	return r, r.belongsTo(st), nil
}

// belongsTo reports whether the record belongs to a content of that size and time.
func (r *record) belongsTo(st *fsys.Stat) bool {
	return r.there && r.mtime == st.ModTime && r.size == st.Size
}
