package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"reflect"
	"strconv"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// An entry is a file of the store. It identifies itself, and shows whether it is whole:
//
//	magic                  19 bytes
//	length of the header   4 bytes, big endian
//	checksum               4 bytes: CRC-32C of length and header
//	checksum               4 bytes: CRC-32C of header and data
//	header                 JSON
//	data
//
// There are two kinds. A head has the Info of one version of a file, and the first part
// unless only other parts were read. Its name is computed from origin and name, so that
// a Get finds it without knowing the version. A part has the content from PartSize·n
// on; its name is computed from version and n as well.

const (
	magic     = "cloudfiles cache 1\n"
	prefixLen = len(magic) + 12
	maxHeader = 64 << 10
	// folder is the directory of the entries in the store.
	folder = "cloudfiles-cache-1"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged is the error for an entry that is not whole, or not the expected one.
var errDamaged = errors.New("the entry is damaged")

// key identifies an entry: its kind, 'h' or 'p', and a part of a SHA-256.
type key [21]byte

// keyOf returns the key of a head, or of a part of a version.
func keyOf(kind byte, texts ...string) (k key) {
	h := sha256.New()
	for _, t := range texts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(t)))
		h.Write(n[:])
		io.WriteString(h, t)
	}
	k[0] = kind
	copy(k[1:], h.Sum(nil))
	return k
}

// name returns the entry's name in the store.
func (k key) name() string {
	h := hex.EncodeToString(k[1:])
	return folder + "/" + h[:2] + "/" + string(k[0]) + h
}

// parseName is the reverse of name; ok is false for a file that isn't an entry.
func parseName(name string) (k key, ok bool) {
	const at = len(folder) + len("/00/")
	if len(name) != at+2*len(k)-1 {
		return k, false
	}
	k[0] = name[at]
	if _, err := hex.Decode(k[1:], []byte(name[at+1:])); err != nil {
		return k, false
	}
	return k, (k[0] == 'h' || k[0] == 'p') && k.name() == name
}

// header is the JSON header of an entry.
type header struct {
	Origin  string        `json:"origin"`
	Name    string        `json:"name"`
	Version files.Version `json:"version"`
	Part    int64         `json:"part"`
	Len     int64         `json:"len"` // length of the data
	Info    *files.Info   `json:"info,omitempty"`
}

// encode returns everything before the data.
func (h *header) encode(data []byte) ([]byte, error) {
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	if len(text) > maxHeader {
		return nil, driver.Errorf(files.ErrTooLarge, "the header has %d bytes", len(text))
	}
	if h.Info != nil { // an Info that JSON would change is not cached
		var back header
		if err := json.Unmarshal(text, &back); err != nil || !sameInfo(*h.Info, *back.Info) {
			return nil, driver.Errorf(files.ErrUnsupported, "JSON can't represent the attributes")
		}
	}
	p := append(make([]byte, 0, prefixLen+len(text)), magic...)
	p = binary.BigEndian.AppendUint32(p, uint32(len(text)))
	sum := crc32.Update(crc32.Checksum(p[len(magic):], castagnoli), castagnoli, text)
	p = binary.BigEndian.AppendUint32(p, sum)
	p = binary.BigEndian.AppendUint32(p, dataSum(text, data))
	return append(p, text...), nil
}

func dataSum(text, data []byte) uint32 {
	return crc32.Update(crc32.Checksum(text, castagnoli), castagnoli, data)
}

func sameInfo(a, b files.Info) bool {
	if !a.ModTime.Equal(b.ModTime) {
		return false
	}
	a.ModTime = b.ModTime
	if len(a.Metadata) == 0 && len(b.Metadata) == 0 {
		a.Metadata, b.Metadata = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// opened is an open entry whose header was read and is whole.
type opened struct {
	header
	text []byte
	sum  uint32
	r    *files.Reader // positioned at the data
}

// readHeader reads the header. The error is errDamaged if the file is not an entry or
// has the wrong length, and otherwise the store's.
func readHeader(r *files.Reader) (*opened, error) {
	var p [prefixLen]byte
	if err := readFull(r, p[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(p[len(magic):])
	if string(p[:len(magic)]) != magic || n > maxHeader {
		return nil, errDamaged
	}
	e := &opened{r: r, text: make([]byte, n)}
	if err := readFull(r, e.text); err != nil {
		return nil, err
	}
	sum := crc32.Update(crc32.Checksum(p[len(magic):len(magic)+4], castagnoli), castagnoli, e.text)
	if sum != binary.BigEndian.Uint32(p[len(magic)+4:]) ||
		json.Unmarshal(e.text, &e.header) != nil || e.Len < 0 || e.Len > PartSize ||
		r.Info().Size != int64(prefixLen)+int64(n)+e.Len {
		return nil, errDamaged
	}
	e.sum = binary.BigEndian.Uint32(p[len(magic)+8:])
	return e, nil
}

// data reads the data, into buf if that is large enough, and checks it.
func (e *opened) data(buf []byte) ([]byte, error) {
	if int64(cap(buf)) < e.Len {
		buf = make([]byte, e.Len)
	}
	buf = buf[:e.Len]
	if err := readFull(e.r, buf); err != nil {
		return nil, err
	}
	if dataSum(e.text, buf) != e.sum {
		return nil, errDamaged
	}
	return buf, nil
}

func readFull(r *files.Reader, p []byte) error {
	_, err := io.ReadFull(r, p)
	if err == io.EOF || err == io.ErrUnexpectedEOF || files.KindOf(err) == files.ErrCorrupt {
		return errDamaged
	}
	return err
}

// content returns the whole entry for a Put, which can rewind it, and its size.
func content(head, data []byte) (io.Reader, int64) {
	if len(data) == 0 {
		return bytes.NewReader(head), int64(len(head))
	}
	p := make([]byte, 0, len(head)+len(data))
	p = append(append(p, head...), data...)
	return bytes.NewReader(p), int64(len(p))
}

func (c *cache) headKey(name string) key { return keyOf('h', c.id, name) }

func (c *cache) partKey(name string, v files.Version, part int64) key {
	return keyOf('p', c.id, name, string(v), strconv.FormatInt(part, 10))
}
