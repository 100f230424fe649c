package files

import (
	"context"
	"io"
)

// Transform says how a wrapper stores other bytes than the caller's. All of it speaks
// of two files: the plain one that the caller sees, and the stored one in the bucket
// below. What the caller says of the plain file stays above, and what the bucket says
// of the stored one stays below:
//
//   - PutOptions.Size and Digest are checked while the plain content is read, and a
//     mismatch is ErrCorrupt; the bucket below gets neither. Attributes, the condition
//     and native options pass on; the content type is found by the plain content (P6).
//   - Put's Info has the size of the plain content that was read, and its digests, if
//     the wrapper's Features.Digests claims them. Those of Get, Stat and the listing
//     are what Open, Info and Entry make of the stored ones. Versions, times and
//     conditions are those below.
//   - A range is of the plain file: Open says which parts of the stored one it needs.
//   - The bucket below checks the stored bytes by its own digest, where they are read
//     whole. A plain digest that Open's Info tells is checked where the plain content
//     is read whole (G6).
//   - Server-side copies, signed URLs and Features.Digests are off, unless
//     Hooks.Features claims them again: a Copy reads and writes through the wrapper. A
//     copy between two differently wrapped views of one stored file is ErrUnsupported.
//
// Put, Open and Info are required; a Transform without one of them refuses what needs
// it with ErrInvalid.
type Transform struct {
	// Put returns the stored content of a plain one, and how many bytes it will have,
	// or -1 where that isn't known beforehand. plain ends with io.EOF only if it is
	// what the caller declared; any other error of it must be returned by the stored
	// content's Read. size is the plain size as declared, or -1. opts are those that
	// the bucket below gets, a copy without Size and Digest: Put may add metadata.
	//
	// If the plain content can seek, what Put returns is rewound by calling Put again,
	// with the plain content at its beginning: as a retry below does. So each call must
	// make what is used once, such as a key or a nonce, anew. A stored content with a
	// Close method, with an error or without, is closed at the end.
	Put func(ctx context.Context, call *Call, plain io.Reader, size int64,
		opts *PutOptions) (stored io.Reader, storedSize int64, err error)
	// Open opens a part of the plain file, which r says. get opens a part of the stored
	// one, and may be called again: all parts are of the same version, as far as the
	// bucket has Features.ReadConditions. Readers that get returned are closed with the
	// plain body.
	Open func(ctx context.Context, call *Call, r Range,
		get func(context.Context, Range) (*Reader, error)) (Plain, error)
	// Info returns the Info of the plain file, given that of the stored one. Name,
	// Version and ModTime may stay.
	Info func(call *Call, stored Info) (Info, error)
	// Entry does the same for an entry of a listing; nil is Info with what the entry
	// has. L5 asks for the size that Stat tells.
	Entry func(call *Call, stored Entry) (Entry, error)
	// Metadata is how many bytes of metadata Put adds at most: the caller may use so
	// many fewer than MaxMetadata, and more is ErrInvalid.
	Metadata int
}

// Plain is an open plain file, or a part of it.
type Plain struct {
	Info Info // of the whole plain file
	// Offset and Length are what the body delivers, in bytes, as Range.Resolve says of
	// Info.Size.
	Offset, Length int64
	// Body delivers Length bytes; fewer are ErrCorrupt. It may be nil where Length is
	// 0. A Close method, with an error or without, is called once: after the Readers of
	// get were closed, which ends a Read in progress, and not during a Read.
	Body io.Reader
}

// closeAny closes what has one of the two methods that the world calls so.
func closeAny(r any) {
	switch c := r.(type) {
	case io.Closer:
		c.Close()
	case interface{ Close() }: // a *zstd.Decoder
		c.Close()
	}
}
