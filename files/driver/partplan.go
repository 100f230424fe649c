package driver

import "cloudfiles.dev/files"

// PartPlan describes how an upload is divided for a service that takes it in parts. All
// numbers but MaxConcurrency are required.
type PartPlan struct {
	// PartSize is the size of a part in bytes, except the last one. Content of at most
	// this size is one part.
	PartSize int64
	// Concurrency is how many parts are sent at a time.
	Concurrency int
	// MaxConcurrency, if it is more than Concurrency, is how many parts are sent at a
	// time as long as that is faster.
	MaxConcurrency int
	// MaxParts is how many parts the service takes, and MaxPartSize is how large each
	// part may be, in bytes.
	MaxParts    int
	MaxPartSize int64
	// Equal: the service takes only parts of one size, except the last one, so the
	// parts of a stream of unknown length don't grow.
	Equal bool
	// Memory bounds what all uploads of the bucket hold together; nil is no bound.
	// Every upload may always hold one part.
	Memory *PartMemory
}

// memory returns the most bytes of parts that are held while Concurrency parts are sent.
func (p PartPlan) memory() int64 { return p.PartSize * int64(p.Concurrency) }

// levels is the number of steps in which the parts of a stream of unknown length grow.
// Each step but the last has a tenth of the parts.
const levels = 5

// grown returns the size of part number n, from 1, of a stream of unknown length. As
// the number grows, fewer and larger parts share the memory, so that MaxParts suffice
// for long streams and small streams don't pay for it.
func (p PartPlan) grown(n int) int64 {
	if p.Equal {
		return p.PartSize
	}
	level := min((n-1)/max(p.MaxParts/10, 1), levels-1)
	inFlight := max(p.Concurrency-level*(p.Concurrency-1)/(levels-1), 1)
	size := p.memory() / int64(inFlight)
	if size > blockSize {
		size -= size % blockSize
	}
	return min(max(size, p.PartSize), p.MaxPartSize)
}

// MaxUnknownSize returns how long a stream of unknown length may be, in bytes. It is
// the value for Features.MaxUnknownSize.
func (p PartPlan) MaxUnknownSize() int64 {
	step, total := max(p.MaxParts/10, 1), int64(0)
	for n := 1; n <= p.MaxParts; n += step {
		total += p.grown(n) * int64(min(step, p.MaxParts-n+1))
	}
	return total
}

// even returns the size of each part, except the last, of a content of size bytes.
func (p PartPlan) even(size int64) int64 {
	if size <= p.PartSize*int64(p.MaxParts) {
		return p.PartSize
	}
	part := (size + int64(p.MaxParts) - 1) / int64(p.MaxParts)
	if part > blockSize {
		part += (blockSize - part%blockSize) % blockSize
	}
	return part
}

// Count returns how many parts an upload of size bytes has.
func (p PartPlan) Count(size int64) int {
	part := p.even(size)
	return int(max((size+part-1)/part, 1))
}

// PartSizeOf returns the size of the parts of a content of size bytes. A content that
// doesn't fit into MaxParts is files.ErrTooLarge.
func (p PartPlan) PartSizeOf(size int64) (int64, error) {
	part := p.even(size)
	if part > p.MaxPartSize {
		return 0, Errorf(files.ErrTooLarge, "%d bytes are more than %d parts of %d", size,
			p.MaxParts, p.MaxPartSize)
	}
	return part, nil
}
