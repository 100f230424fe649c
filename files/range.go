package files

import (
	"fmt"
	"math"
)

// Range is a part of a file, for Get. The zero Range is the whole file, and a length
// that was computed as 0 is 0 bytes. Make a Range with Bytes, From or Last.
type Range struct {
	kind   rangeKind
	off, n int64
}

type rangeKind uint8

const (
	rangeAll rangeKind = iota
	rangeBytes
	rangeFrom
	rangeLast
)

// Bytes returns the range of the n bytes that begin at offset off. If the file ends
// inside the range, the body is shorter; if it ends at off or before, the body is
// empty, without an error (G3).
func Bytes(off, n int64) Range { return Range{rangeBytes, off, n} }

// From returns the range from offset off, in bytes, to the end of the file.
func From(off int64) Range { return Range{rangeFrom, off, 0} }

// Last returns the range of the last n bytes, or of the whole file if it is shorter.
func Last(n int64) Range { return Range{rangeLast, 0, n} }

// IsWhole reports whether the range is the zero Range: the whole file.
func (r Range) IsWhole() bool { return r.kind == rangeAll }

// Check returns ErrInvalid for a negative offset or length.
func (r Range) Check() error {
	if r.off < 0 {
		return invalid("negative offset %d in range", r.off)
	}
	if r.n < 0 {
		return invalid("negative length %d in range", r.n)
	}
	return nil
}

// Resolve returns what the range is in a file of size bytes: the offset and count of
// the bytes to deliver, with 0 <= off <= size and off+n <= size. The range must have
// passed Check.
func (r Range) Resolve(size int64) (off, n int64) {
	switch r.kind {
	case rangeBytes:
		off = min(r.off, size)
		return off, min(r.n, size-off)
	case rangeFrom:
		off = min(r.off, size)
		return off, size - off
	case rangeLast:
		n = min(r.n, size)
		return size - n, n
	}
	return 0, size
}

// Parts returns the range for a protocol that has offsets, lengths and suffixes. off
// and n are as they were given, and n is math.MaxInt64 for "to the end". For Last, last
// is true and n is the count from the end.
func (r Range) Parts() (off, n int64, last bool) {
	switch r.kind {
	case rangeBytes:
		return r.off, r.n, false
	case rangeFrom:
		return r.off, math.MaxInt64, false
	case rangeLast:
		return 0, r.n, true
	}
	return 0, math.MaxInt64, false
}

// String returns the range as text for logs.
func (r Range) String() string {
	switch r.kind {
	case rangeBytes:
		return fmt.Sprintf("%d bytes from %d", r.n, r.off)
	case rangeFrom:
		return fmt.Sprintf("from %d", r.off)
	case rangeLast:
		return fmt.Sprintf("last %d bytes", r.n)
	}
	return "whole"
}
