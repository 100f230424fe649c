package driver

import (
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/digests"
)

// Hasher computes digests of a stream: CRC-32C always, and others on request. It is not
// for concurrent use.
type Hasher struct{ h digests.Hasher }

// NewHasher returns a Hasher that computes CRC-32C and every digest that isn't empty in
// ask.
func NewHasher(ask files.Digest) *Hasher {
	h := &Hasher{}
	h.Init(ask)
	return h
}

// Init is NewHasher in place.
func (h *Hasher) Init(ask files.Digest) { h.h.Init(digests.Digest(ask)) }

// Write adds p. It never fails.
func (h *Hasher) Write(p []byte) (int, error) { return h.h.Write(p) }

// Sum returns the digests of what was written so far.
func (h *Hasher) Sum() files.Digest { return files.Digest(h.h.Sum()) }
