// Package digests computes the digests that buckets store and check (G6, P10), for
// package files and for drivers.
package digests

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(nvmePoly)
)

// nvmePoly is the polynomial of CRC-64/NVME in reversed bit order (NVM Express NVM
// Command Set 1.0d, 5.2.1.3.4).
const nvmePoly = 0x9a6c9329ac4bc9b5

// Digest has the fields of files.Digest, to which it can be converted.
type Digest struct {
	CRC32C, MD5, SHA256, CRC32, CRC64NVME string
}

// New returns the hash of a digest by its name in the JSON of files.Digest.
func New(name string) hash.Hash {
	switch name {
	case "md5":
		return md5.New()
	case "sha256":
		return sha256.New()
	case "crc32":
		return crc32.NewIEEE()
	case "crc64nvme":
		return crc64.New(nvme)
	}
	panic("digests: unknown digest " + name)
}

// UpdateCRC32C adds p to a CRC-32C, which needs no allocation.
func UpdateCRC32C(crc uint32, p []byte) uint32 { return crc32.Update(crc, castagnoli, p) }

// CRCDigits returns the hexadecimal digits of a CRC.
func CRCDigits(crc uint32) (b [8]byte) {
	const digits = "0123456789abcdef"
	for i := range b {
		b[i] = digits[crc>>(28-4*i)&15]
	}
	return b
}

// Hasher computes digests of a stream: CRC-32C always, and others on request.
type Hasher struct {
	crc    uint32
	hashes [4]hash.Hash // in the order of others
}

var others = [4]string{"md5", "sha256", "crc32", "crc64nvme"}

func (d *Digest) others() [4]*string {
	return [4]*string{&d.MD5, &d.SHA256, &d.CRC32, &d.CRC64NVME}
}

// Init makes the Hasher compute CRC-32C and every digest that ask has, from the
// beginning.
func (h *Hasher) Init(ask Digest) {
	*h = Hasher{}
	for i, v := range ask.others() {
		if *v != "" {
			h.hashes[i] = New(others[i])
		}
	}
}

// Write adds p. It never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	h.crc = UpdateCRC32C(h.crc, p)
	for _, x := range h.hashes {
		if x != nil {
			x.Write(p)
		}
	}
	return len(p), nil
}

// CRC32C returns the CRC-32C of what was written so far.
func (h *Hasher) CRC32C() uint32 { return h.crc }

// Sum returns the digests of what was written so far.
func (h *Hasher) Sum() Digest {
	crc := CRCDigits(h.crc)
	d := Digest{CRC32C: string(crc[:])}
	for i, v := range d.others() {
		if h.hashes[i] != nil {
			*v = hex.EncodeToString(h.hashes[i].Sum(nil))
		}
	}
	return d
}

// State returns the state of the Hasher, from which another process can go on.
func (h *Hasher) State() ([]byte, error) {
	b := binary.BigEndian.AppendUint32(nil, h.crc)
	for _, x := range h.hashes {
		var state []byte
		if x != nil {
			m, ok := x.(encoding.BinaryMarshaler)
			if !ok {
				return nil, errState
			}
			var err error
			if state, err = m.MarshalBinary(); err != nil {
				return nil, err
			}
		}
		b = binary.BigEndian.AppendUint16(b, uint16(len(state)))
		b = append(b, state...)
	}
	return b, nil
}

var errState = errors.New("digests: the state is not one of this Hasher")

// SetState makes a Hasher go on from a state. The state must be of a Hasher that
// computes the same digests.
func (h *Hasher) SetState(b []byte) error {
	if len(b) < 4 {
		return errState
	}
	crc := binary.BigEndian.Uint32(b)
	b = b[4:]
	for _, x := range h.hashes {
		if len(b) < 2 {
			return errState
		}
		n := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; len(b) < n || (n > 0) != (x != nil) {
			return errState
		}
		if x != nil {
			m, ok := x.(encoding.BinaryUnmarshaler)
			if !ok || m.UnmarshalBinary(b[:n]) != nil {
				return errState
			}
		}
		b = b[n:]
	}
	if len(b) > 0 {
		return errState
	}
	h.crc = crc
	return nil
}
