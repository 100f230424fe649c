package files

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	// nvme is the polynomial of CRC-64/NVME in reversed bit order (NVM Express NVM
	// Command Set 1.0d, 5.2.1.3.4).
	nvme = crc64.MakeTable(0x9a6c9329ac4bc9b5)
)

// newHash returns the hash of a digest by its name in Digest's JSON.
func newHash(name string) hash.Hash {
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
	panic("files: unknown digest " + name)
}

// Hasher computes digests of a stream: CRC-32C always, others if they are asked for. It
// is for drivers and wrappers, and not for concurrent use.
type Hasher struct {
	crc    uint32
	hashes [4]hash.Hash // in the order of others
}

var others = [4]string{"md5", "sha256", "crc32", "crc64nvme"}

func (d *Digest) others() [4]*string {
	return [4]*string{&d.MD5, &d.SHA256, &d.CRC32, &d.CRC64NVME}
}

// NewHasher returns a Hasher that computes CRC-32C and every digest that ask has.
func NewHasher(ask Digest) *Hasher {
	h := &Hasher{}
	h.Init(ask)
	return h
}

// Init is NewHasher in place.
func (h *Hasher) Init(ask Digest) {
	*h = Hasher{}
	for i, v := range ask.others() {
		if *v != "" {
			h.hashes[i] = newHash(others[i])
		}
	}
}

// Write adds p. It never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	h.crc = crc32.Update(h.crc, castagnoli, p)
	for _, x := range h.hashes {
		if x != nil {
			x.Write(p)
		}
	}
	return len(p), nil
}

// Sum returns the digests of what was written so far.
func (h *Hasher) Sum() Digest {
	d := Digest{CRC32C: hexCRC(h.crc)}
	for i, v := range d.others() {
		if h.hashes[i] != nil {
			*v = hex.EncodeToString(h.hashes[i].Sum(nil))
		}
	}
	return d
}

func hexCRC(crc uint32) string {
	b := crcDigits(crc)
	return string(b[:])
}

func crcDigits(crc uint32) (b [8]byte) {
	const digits = "0123456789abcdef"
	for i := range b {
		b[i] = digits[crc>>(28-4*i)&15]
	}
	return b
}

// checker computes the one digest that a whole read is checked against.
type checker struct {
	want string
	crc  uint32
	hash hash.Hash // nil for CRC-32C, which is kept without an allocation
}

// start chooses the cheapest digest that is known.
func (c *checker) start(d Digest) {
	switch {
	case d.CRC32C != "":
		c.want = d.CRC32C
	case d.CRC32 != "":
		c.want, c.hash = d.CRC32, newHash("crc32")
	case d.CRC64NVME != "":
		c.want, c.hash = d.CRC64NVME, newHash("crc64nvme")
	case d.SHA256 != "":
		c.want, c.hash = d.SHA256, newHash("sha256")
	case d.MD5 != "":
		c.want, c.hash = d.MD5, newHash("md5")
	}
}

func (c *checker) on() bool { return c.want != "" }

func (c *checker) add(p []byte) {
	switch {
	case c.want == "":
	case c.hash == nil:
		c.crc = crc32.Update(c.crc, castagnoli, p)
	default:
		c.hash.Write(p)
	}
}

func (c *checker) verify() error {
	if c.want == "" {
		return nil
	}
	var got string
	if c.hash == nil {
		digits := crcDigits(c.crc)
		if strings.EqualFold(string(digits[:]), c.want) { // without an allocation
			return nil
		}
		got = string(digits[:])
	} else if got = hex.EncodeToString(c.hash.Sum(nil)); strings.EqualFold(got, c.want) {
		return nil
	}
	return WithCause(ErrCorrupt, nil, "digest is "+got+", stored was "+c.want)
}
