package files

import (
	"encoding/hex"
	"hash"
	"strings"

	"cloudfiles.dev/files/internal/digests"
)

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
		c.want, c.hash = d.CRC32, digests.New("crc32")
	case d.CRC64NVME != "":
		c.want, c.hash = d.CRC64NVME, digests.New("crc64nvme")
	case d.SHA256 != "":
		c.want, c.hash = d.SHA256, digests.New("sha256")
	case d.MD5 != "":
		c.want, c.hash = d.MD5, digests.New("md5")
	}
}

func (c *checker) on() bool { return c.want != "" }

func (c *checker) add(p []byte) {
	switch {
	case c.want == "":
	case c.hash == nil:
		c.crc = digests.UpdateCRC32C(c.crc, p)
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
		digits := digests.CRCDigits(c.crc)
		if strings.EqualFold(string(digits[:]), c.want) { // without an allocation
			return nil
		}
		got = string(digits[:])
	} else if got = hex.EncodeToString(c.hash.Sum(nil)); strings.EqualFold(got, c.want) {
		return nil
	}
	return withCause(ErrCorrupt, nil, "digest is "+got+", stored was "+c.want)
}
