package digests

import (
	"fmt"
	"hash/crc32"
	"hash/crc64"
)

// Part computes the CRC of one part of a content, which can be combined with the CRCs
// of the others.
type Part struct {
	bits uint   // of the CRC
	poly uint64 // in reversed bit order
	crc  uint64
	n    int64
}

// NewPart returns an empty Part for the first CRC that the digest has, and the digits
// of the whole content's CRC. ok is false if the digest has none.
func NewPart(d Digest) (p Part, want string, ok bool) {
	switch {
	case d.CRC32C != "":
		return Part{bits: 32, poly: crc32.Castagnoli}, d.CRC32C, true
	case d.CRC32 != "":
		return Part{bits: 32, poly: crc32.IEEE}, d.CRC32, true
	case d.CRC64NVME != "":
		return Part{bits: 64, poly: nvmePoly}, d.CRC64NVME, true
	}
	return Part{}, "", false
}

// Write adds p.
func (c *Part) Write(p []byte) {
	c.n += int64(len(p))
	switch c.poly {
	case crc32.Castagnoli:
		c.crc = uint64(crc32.Update(uint32(c.crc), castagnoli, p))
	case crc32.IEEE:
		c.crc = uint64(crc32.Update(uint32(c.crc), crc32.IEEETable, p))
	case nvmePoly:
		c.crc = crc64.Update(c.crc, nvme, p)
	}
}

// Append makes c the CRC of its content followed by next's. The first CRC is shifted by
// next's length: it is multiplied by a power of x modulo the polynomial, which takes a
// few thousand steps whatever the length is.
func (c *Part) Append(next Part) {
	shift := c.power(next.n)
	c.crc = c.times(shift, c.crc) ^ next.crc
	c.n += next.n
}

// TailCRC32C returns the CRC-32C of the last n bytes of a content, given the content's
// CRC-32C before these bytes and after them.
func TailCRC32C(before, after uint32, n int64) uint32 {
	if before == 0 {
		return after
	}
	c := Part{bits: 32, poly: crc32.Castagnoli}
	return after ^ uint32(c.times(c.power(n), uint64(before)))
}

// AppendCRC32C returns the CRC-32C of a content followed by n bytes, given the CRC-32C of
// both.
func AppendCRC32C(before, next uint32, n int64) uint32 {
	return next ^ TailCRC32C(before, 0, n)
}

// Digits returns the CRC as files.Digest has it.
func (c *Part) Digits() string { return fmt.Sprintf("%0*x", c.bits/4, c.crc) }

// times multiplies two polynomials. The highest bit is the coefficient of x^0.
func (c *Part) times(a, b uint64) (product uint64) {
	for bit := uint64(1) << (c.bits - 1); bit > 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		if b&1 != 0 {
			b = b>>1 ^ c.poly
		} else {
			b >>= 1
		}
	}
	return product
}

// power returns x to the power of 8n.
func (c *Part) power(n int64) uint64 {
	square := uint64(1) << (c.bits - 2) // x
	for range 3 {
		square = c.times(square, square)
	}
	result := uint64(1) << (c.bits - 1) // 1
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			result = c.times(square, result)
		}
		square = c.times(square, square)
	}
	return result
}
