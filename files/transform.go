package files

import (
	"context"
	"io"
)

// Transform describes how a wrapper stores other bytes than the caller's. It deals with
// two files: the plain one that the caller sees, and the stored one in the bucket
// below. Wrap keeps what the caller says about the plain file and what the bucket says
// about the stored one apart:
//
//   - PutOptions.Size and Digest are checked while the plain content is read, and a
//     mismatch is ErrCorrupt; the bucket below gets neither. It gets the attributes,
//     the condition and the native options. The content type is found by the plain
//     content (P6).
//   - Put's Info has the size of the plain content that was read, and its digests if
//     the wrapper's Features.Digests claims them. The sizes and digests in the results
//     of Get, Stat and List are those that Open, Info and Entry return. Versions, times
//     and conditions are those of the stored file.
//   - A range is one of the plain file: Open decides which parts of the stored file it
//     needs.
//   - The bucket below checks the stored bytes by its own digest if they are read
//     whole. A plain digest in the Info of Open is checked if the plain content is read
//     whole (G6).
//   - Server-side copies, signed URLs and Features.Digests are off, unless
//     Hooks.Features claims them again: a Copy reads and writes through the wrapper. A
//     copy between two differently wrapped views of one stored file is ErrUnsupported.
//
// Put, Open and Info are required. If one of them is nil, every call that needs it is
// ErrInvalid.
type Transform struct {
	// Put returns the content to store for the plain content, and how many bytes it
	// will have, or -1 if that isn't known in advance. plain ends with io.EOF only if
	// it matches the size and digest that the caller declared; if it ends with any
	// other error, the Read of the stored content must return that error. size is the
	// size of the plain content if it was declared or the content is in memory, and
	// otherwise -1. opts are the options for the bucket below, a copy without Size and
	// Digest, to which Put may add metadata.
	//
	// If the plain content can seek, a retry below rewinds the stored content: Put is
	// called again, with the plain content at its beginning. So each call must make its
	// own keys, nonces and whatever else may be used only once. If the stored content
	// has a Close method, with or without an error result, it is closed at the end.
	Put func(ctx context.Context, call *Call, plain io.Reader, size int64,
		opts *PutOptions) (stored io.Reader, storedSize int64, err error)
	// Open opens the part r of the plain file. get opens a part of the stored one, and
	// may be called several times: all parts are of the same version if the bucket has
	// Features.ReadConditions. The Readers that get returned are closed with the plain
	// body.
	//
	// whole is the Info of the whole plain file. body delivers the bytes that
	// r.Resolve(whole.Size) names; fewer are ErrCorrupt. It may be nil if these are
	// none. If it has a Close method, with or without an error result, Close is called
	// once: after the Readers that get returned were closed, which ends a Read in
	// progress, and not during a Read.
	Open func(ctx context.Context, call *Call, r Range,
		get func(context.Context, Range) (*Reader, error)) (whole Info, body io.Reader, err error)
	// Info returns the Info of the plain file, given that of the stored one. Name,
	// Version and ModTime need not be changed.
	Info func(call *Call, stored Info) (Info, error)
	// Entry does the same for an entry of a listing. If Entry is nil, Info is called
	// with an Info that has only the entry. The size must be the one that Stat returns
	// (L5). An error doesn't end the listing: the first one is yielded at the end, with
	// the name of its entry (L9). If ListOptions.NamesOnly was given, the entry is
	// listed without a size instead.
	Entry func(call *Call, stored Entry) (Entry, error)
	// Renew reports whether a copy of a file onto itself must read the file and store
	// it again, although its attributes stay the same, for example because it is
	// encrypted with a key that is no longer used. A nil Renew stands for false. get is
	// that of Open, and call has only the name.
	Renew func(ctx context.Context, call *Call,
		get func(context.Context, Range) (*Reader, error)) (bool, error)
	// Metadata is how many bytes of metadata Put adds at most. It is subtracted from
	// MaxMetadata: more metadata from the caller than is left is ErrInvalid.
	Metadata int
}

// closeAny closes r if it has one of the two usual Close methods.
func closeAny(r any) {
	switch c := r.(type) {
	case io.Closer:
		c.Close()
	case interface{ Close() }: // a *zstd.Decoder
		c.Close()
	}
}
