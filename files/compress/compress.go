// Package compress stores files as zstd, in the standard way that others can read.
//
//	b, err = compress.New(b, nil)
//
// # Format
//
// A stored file is plain zstd (RFC 8878) with the header "Content-Encoding: zstd", so a
// browser, curl --compressed or the zstd command reads it. The metadata entry
// "cloudfiles-compress" has the plain size, and a CRC-32C if the content was known before
// it was stored or the caller gave one.
//
// Content that compression doesn't make at least a sixteenth smaller is stored as it is:
// of up to 1 MiB the whole is tried, and otherwise the first 1 MiB. So are the content
// types of compressed formats such as JPEG and ZIP ([Options].Plain), and content that
// the caller has encoded (a Content-Encoding of its own), which is returned as it was
// given.
//
// Files that others put are read as they are; those with the Content-Encoding zstd are
// decompressed. Nothing records the plain size of the latter. If they decompress to more
// than 1 MiB, Get, Stat and List read them once more than others, to count; the size is
// remembered for each version.
//
// # What it promises
//
//   - Size and range are those of the plain content, in every answer; Info has no
//     Content-Encoding and not the package's metadata.
//   - A whole read is compared with the recorded size, with the CRC-32C if there is one,
//     and with the checksum that each frame has. A file that was cut, also between two
//     frames or to nothing, or that has something at its end, is ErrCorrupt before its
//     last bytes are returned.
//   - Frames that it writes ask for a window of at most 8 MiB, which browsers take. A
//     frame of others that asks for more is ErrTooLarge. A Read never expands more than
//     it returns and 8 MiB, whatever the frame claims.
//   - If a service decompresses by itself, the bytes are returned as they come if they
//     have the recorded size, and are ErrCorrupt otherwise. Drivers ask services for the
//     stored bytes.
//
// # What it can't keep
//
//   - Listings have no metadata, so a listing asks Stat for the size of each file, eight
//     at a time, which costs a request an entry. With ListOptions.NamesOnly it doesn't,
//     and leaves the size out.
//   - The caller's metadata may have [MetadataSize] bytes less than files.MaxMetadata,
//     and no "cloudfiles-compress" entry: both are ErrInvalid.
//   - There are no server-side copies, signed URLs and foreign keys. Features.Digests is
//     off and Info has no digest, because not every file has one; those that are recorded
//     are checked.
//   - The bucket below must store attributes; otherwise New is ErrUnsupported.
//
// # Cost
//
// A range of a compressed file begins decoding at the file's beginning: its cost is that
// of reading everything up to the range's end, and a request more. OpenAt on a large
// compressed file is therefore slow. What is stored as it is has no such cost.
//
// A Put of up to 1 MiB knows the stored size, and is one request. A larger one of a
// declared size streams to the bucket below without a size. A larger one of an unknown
// size (files.NewWriter) is compressed into a temporary file first, because the metadata
// is sent before the content; the file takes as much room as the stored one.
//
// A Put of a large file holds some 30 MiB, or 80 MiB at the highest level; a read holds
// about 20 MiB. The package links github.com/klauspost/compress/zstd, 1 MB of a program;
// nothing else of files does.
package compress

import (
	"context"
	"sync"

	"cloudfiles.dev/files"
	"github.com/klauspost/compress/zstd"
)

const (
	// MaxWindow is the window in bytes that a frame may ask for, written or read.
	MaxWindow = 8 << 20
	// MetadataSize is how many bytes of metadata the package adds at most.
	MetadataSize = len(markKey) + len("plain-9223372036854775807-00000000")
	// DefaultMaxUnmarked is the MaxUnmarked of Options if none is given: 1 GiB.
	DefaultMaxUnmarked = 1 << 30

	// tried is how much content is held in memory to see what compression makes of it.
	tried = 1 << 20
)

// Options are the options of New. The zero value has the defaults.
type Options struct {
	// Level is one of zstd's levels, 1 to 22; 0 is 3. The encoder knows four: 1, 3, 6 and
	// 10 stand for those up to the next.
	Level int
	// Plain reports whether content of this type is stored as it is; nil is Compressed.
	// It is called concurrently.
	Plain func(contentType string) bool
	// TempDir is the folder for temporary files; "" is os.TempDir. A file is removed at
	// the end of its Put, and on Unix as soon as it is open.
	TempDir string
	// MaxUnmarked is the largest plain size, in bytes, of a zstd file that others put,
	// which must be counted; a larger one is ErrTooLarge. 0 is DefaultMaxUnmarked.
	MaxUnmarked int64
}

// codec is the options made usable.
type codec struct {
	below       files.Bucket
	plain       func(string) bool
	level       zstd.EncoderLevel
	tempDir     string
	maxUnmarked int64

	small    *zstd.Encoder // for EncodeAll
	encoders sync.Pool
	decoders sync.Pool
	counted  counted
	failed   sync.Map // of *files.Call: why its entry can't be listed
}

// New returns a bucket that keeps its files compressed in b. It doesn't own b. opts may
// be nil.
//
// Errors: ErrInvalid for a nil bucket and wrong options; ErrUnsupported if b stores no
// attributes.
func New(b files.Bucket, opts *Options) (files.Bucket, error) {
	if b == nil {
		return nil, files.Errorf(files.ErrInvalid, "the bucket is nil")
	}
	var o Options
	if opts != nil {
		o = *opts
	}
	switch {
	case o.Level < 0 || o.Level > 22:
		return nil, files.Errorf(files.ErrInvalid, "the level %d is not from 1 to 22", o.Level)
	case o.MaxUnmarked < 0:
		return nil, files.Errorf(files.ErrInvalid, "negative MaxUnmarked %d", o.MaxUnmarked)
	case !b.Features().Attributes:
		return nil, files.Errorf(files.ErrUnsupported,
			"the bucket stores no attributes, so it can't say what is compressed")
	}
	z := &codec{
		below:       b,
		plain:       o.Plain,
		level:       zstd.SpeedDefault,
		tempDir:     o.TempDir,
		maxUnmarked: o.MaxUnmarked,
	}
	if o.Level > 0 {
		z.level = zstd.EncoderLevelFromZstd(o.Level)
	}
	if z.plain == nil {
		z.plain = Compressed
	}
	if z.maxUnmarked == 0 {
		z.maxUnmarked = DefaultMaxUnmarked
	}
	if err := z.begin(); err != nil {
		return nil, files.WithCause(files.ErrInvalid, err, "no zstd encoder")
	}
	h := files.Hooks{
		Layer:    "compress zstd",
		Around:   z.around,
		Features: features,
		Transform: &files.Transform{
			Put:      z.put,
			Open:     z.open,
			Info:     z.info,
			Entry:    z.entry,
			Metadata: MetadataSize,
		},
		List:  z.list,
		Entry: isThere,
	}
	return files.Wrap(b, h), nil
}

// features: all content has a stored size that is known or below that of a stream.
func features(f files.Features) files.Features {
	f.MaxSize, f.MaxUnknownSize = mostPlain(f.MaxSize), 0
	return f
}

// mostPlain returns the longest content that surely fits in so many bytes, compressed or
// not; 0 is no limit.
func mostPlain(stored int64) int64 {
	if stored <= 0 {
		return stored
	}
	return max(stored-stored>>12-1024, 1)
}

// around fills in the size of files that others have compressed, which Stat doesn't see.
func (z *codec) around(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	err := next(ctx)
	if err == nil && c.Op == files.OpStat && c.Info.Size == unknown {
		c.Info.Size, err = z.count(ctx, c.Info)
	}
	return err
}
