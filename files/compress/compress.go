// Package compress stores files as zstd, in the standard form that other programs can
// read.
//
//	b, err = compress.New(b, nil)
//
// # What is stored
//
// A stored file is plain zstd (RFC 8878) with the header "Content-Encoding: zstd", so a
// browser, curl --compressed or the zstd command reads it. The metadata entry
// "cloudfiles-compress" has the plain size, and a CRC-32C if the content was known
// before it was stored or the caller gave one.
//
// Some content is stored as it is:
//
//   - content that compression doesn't make more than a sixteenth smaller, which is
//     tried with the first 1 MiB;
//   - the content types of compressed formats such as JPEG and ZIP ([Options].Plain);
//   - content that the caller has encoded (PutOptions with a ContentEncoding), which is
//     returned as it was given.
//
// Files that other programs put are read as they are, unless they have the
// Content-Encoding zstd: then they are decompressed. The plain size of such a file
// isn't recorded. So the first Get, Stat or List reads and decompresses the whole file
// to find its size, and remembers the size of this version. If it has more than 1 MiB,
// a Get then reads the file a second time.
//
// # What it promises
//
//   - All sizes and ranges refer to the plain content. Info has neither the
//     Content-Encoding nor the metadata that the package adds.
//   - A whole read is compared with the recorded size, with the CRC-32C if there is
//     one, and with the checksum of each frame. Reading a file that was truncated, even
//     between two frames or to 0 bytes, or that has bytes after its end, is ErrCorrupt
//     before the last bytes are returned.
//   - Frames that the package writes need a window of at most 8 MiB, which browsers
//     accept. A frame of another program that needs more is ErrTooLarge. A Read decodes
//     at most 8 MiB more than it returns, whatever the frame claims.
//   - Drivers request the stored bytes. If a service decompresses a file nevertheless,
//     its bytes are returned if they have the recorded size; otherwise reading is
//     ErrCorrupt.
//
// # What it can't keep
//
//   - Listings have no metadata, so a listing calls Stat for each file, eight at a
//     time. With ListOptions.NamesOnly it doesn't, and leaves the size out.
//   - The caller's metadata may have at most files.MaxMetadata less [MetadataSize]
//     bytes, and no entry "cloudfiles-compress". A Put with more, or with that entry,
//     is ErrInvalid.
//   - Server-side copies, signed URLs and raw keys are unsupported. Features.Digests is
//     false and Info has no digest, because not every file has one. Recorded digests
//     are checked.
//   - The bucket below must store attributes; otherwise New is ErrUnsupported. It must
//     not be compressed already; otherwise New is ErrInvalid.
//
// # What it costs
//
// To read a range of a compressed file, the package makes one more request, and reads
// the file from its beginning to the range's end. OpenAt on a large compressed file is
// therefore slow. A file that is stored as it is has no such cost.
//
// A Put of up to 1 MiB knows the stored size, and is one request. A larger Put of a
// declared size streams to the bucket below without a size. A larger Put of unknown
// size (files.NewWriter) first compresses into a temporary file as large as the stored
// one, because metadata is sent before content.
//
// A Put of a large file holds the buffers of one zstd encoder, which grow with the
// level, and a read holds the buffers of one decoder, with a window of at most 8 MiB. A
// listing makes a request for each file. The package links
// github.com/klauspost/compress/zstd.
package compress

import (
	"context"
	"strings"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
	"github.com/klauspost/compress/zstd"
)

const (
	// MaxWindow is the largest window of a frame, written or read, in bytes.
	MaxWindow = 8 << 20
	// MetadataSize is the largest number of bytes of metadata that the package adds.
	MetadataSize = len(markKey) + len("plain-9223372036854775807-00000000")
	// DefaultMaxUnmarked is the default of Options.MaxUnmarked: 1 GiB.
	DefaultMaxUnmarked = 1 << 30

	// tried is how much content is held in memory to try compression.
	tried = 1 << 20
)

// Options are the options of New. The zero value has the defaults.
type Options struct {
	// Level is one of zstd's levels, 1 to 22; 0 is 3. The encoder has only four levels,
	// 1, 3, 6 and 10; any other level is the next lower one of these.
	Level int
	// Plain reports whether content of this type is stored as it is; nil is Compressed.
	// It is called concurrently.
	Plain func(contentType string) bool
	// TempDir is the folder for temporary files; "" is os.TempDir. A file is removed at
	// the end of its Put, on Unix as soon as it is open.
	TempDir string
	// MaxUnmarked is the largest plain size, in bytes, of a zstd file that another
	// program put and whose size must be counted. A larger file is ErrTooLarge. 0 is
	// DefaultMaxUnmarked.
	MaxUnmarked int64
}

// codec has the options, and what all calls share.
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
	failed   sync.Map // *files.Call to the error of an entry that can't be listed
}

// New returns a bucket that keeps its files compressed in b. It is safe for concurrent
// use, and closing it leaves b open. opts may be nil.
//
// Errors: ErrInvalid for a nil bucket, for options that make no sense, and for a bucket
// that is compressed already, also if other layers are in between; ErrUnsupported if b
// stores no attributes.
func New(b files.Bucket, opts *Options) (files.Bucket, error) {
	w, err := newBucket(b, opts)
	if err != nil {
		return nil, driver.NewError(files.OpOpen, "", err)
	}
	return w, nil
}

func newBucket(b files.Bucket, opts *Options) (files.Bucket, error) {
	if nils.Is(b) {
		return nil, driver.Errorf(files.ErrInvalid, "the bucket is nil")
	}
	var o Options
	if opts != nil {
		o = *opts
	}
	switch {
	case o.Level < 0 || o.Level > 22:
		return nil, driver.Errorf(files.ErrInvalid, "the level %d is not from 1 to 22", o.Level)
	case o.MaxUnmarked < 0:
		return nil, driver.Errorf(files.ErrInvalid, "negative MaxUnmarked %d", o.MaxUnmarked)
	case isCompressed(b):
		return nil, driver.Errorf(files.ErrInvalid, "the bucket is compressed already")
	case !b.Features().Attributes:
		return nil, driver.Errorf(files.ErrUnsupported,
			"the bucket stores no attributes, so it can't record what is compressed")
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
		return nil, driver.WithCause(files.ErrInvalid, err, "no zstd encoder")
	}
	h := files.Hooks{
		Layer:    layer,
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

// layer is what files.Layers shows.
const layer = "compress zstd"

// isCompressed reports whether the bucket, or a member of a bucket that is made of
// several, is one of New. Its metadata has no room for a second mark.
func isCompressed(b files.Bucket) bool {
	for _, text := range files.Layers(b) {
		for _, part := range strings.FieldsFunc(text, func(r rune) bool {
			return r == ',' || r == ';' || r == ':'
		}) {
			if strings.HasSuffix(" "+part, " "+layer) {
				return true
			}
		}
	}
	return false
}

// features removes the limit of streams: content above it is spooled, so that its size
// is known.
func features(f files.Features) files.Features {
	f.MaxSize, f.MaxUnknownSize = mostPlain(f.MaxSize), 0
	return f
}

// mostPlain returns the largest size of content that always fits into the given number
// of bytes, compressed or not; 0 is no limit.
func mostPlain(stored int64) int64 {
	if stored <= 0 {
		return stored
	}
	return max(stored-stored>>12-1024, 1)
}

// around sets the size of files that other programs have compressed, which Stat doesn't
// have.
func (z *codec) around(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	err := next(ctx)
	if err == nil && c.Op == files.OpStat && c.Info.Size == unknown {
		c.Info.Size, err = z.count(ctx, c.Info)
	}
	return err
}
