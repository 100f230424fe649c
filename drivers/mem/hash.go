package mem

import (
	"math/bits"
	"math/rand/v2"
)

// blockSize is how many bytes one round of the hash takes.
const blockSize = 64

// keys are random and secret, so nobody can make different contents with one hash. All
// backends of a process have the same keys, since they copy from each other.
var keys = func() (k [8]uint64) {
	for i := range k {
		k[i] = rand.Uint64()
	}
	return k
}()

// hashOf hashes content by keyed multiplications, as wyhash does, in four lanes that
// the processor computes in parallel. It takes about as long as a CRC-32C, and half as
// long as hash/maphash.
func hashOf(p []byte) uint64 {
	size := uint64(len(p))
	s := [4]uint64{keys[4], keys[5], keys[6], keys[7]}
	whole := len(p) / blockSize * blockSize
	s = hashBlocks(s, p[:whole])
	if whole < len(p) {
		var last [blockSize]byte
		copy(last[:], p[whole:])
		s = hashBlocks(s, last[:])
	}
	return mix(mix(s[0]^keys[0], s[1]^keys[1])^size, mix(s[2]^keys[2], s[3]^keys[3])^keys[4])
}

// hashBlocks hashes whole blocks.
func hashBlocks(s [4]uint64, p []byte) [4]uint64 {
	k0, k1, k2, k3 := keys[0], keys[1], keys[2], keys[3]
	s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
	for len(p) >= blockSize {
		q := p[:blockSize:blockSize]
		s0 = mix(load(q[0:])^k0, load(q[8:])^s0)
		s1 = mix(load(q[16:])^k1, load(q[24:])^s1)
		s2 = mix(load(q[32:])^k2, load(q[40:])^s2)
		s3 = mix(load(q[48:])^k3, load(q[56:])^s3)
		p = p[blockSize:]
	}
	return [4]uint64{s0, s1, s2, s3}
}

// mix folds the product of a and b.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// load reads eight bytes. encoding/binary would be linked for this alone.
func load(p []byte) uint64 {
	_ = p[7]
	return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 |
		uint64(p[4])<<32 | uint64(p[5])<<40 | uint64(p[6])<<48 | uint64(p[7])<<56
}
