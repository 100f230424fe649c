package compress

import (
	"bytes"
	"context"
	"io"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/digests"
	"github.com/klauspost/compress/zstd"
)

// begin makes the encoder for small contents, and checks the options of encoders and
// decoders.
func (z *codec) begin() (err error) {
	if z.small, err = z.newEncoder(); err != nil {
		return err
	}
	_, err = newDecoder()
	return err
}

func (z *codec) newEncoder() (*zstd.Encoder, error) {
	window := MaxWindow
	if z.level == zstd.SpeedFastest {
		window = 4 << 20
	}
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(z.level), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(window), zstd.WithEncoderCRC(true))
}

// put tries compression with the content's beginning, and returns the content
// compressed or as it is.
func (z *codec) put(_ context.Context, c *files.Call, content io.Reader, size int64,
	opts *files.PutOptions) (io.Reader, int64, error) {
	if _, taken := opts.Metadata[markKey]; taken {
		return nil, 0, driver.Errorf(files.ErrInvalid, "the metadata key %q is reserved", markKey)
	}
	var first bytes.Buffer
	if size >= 0 {
		first.Grow(int(min(size, tried)) + bytes.MinRead)
	}
	n, err := first.ReadFrom(io.LimitReader(content, tried+1))
	if err != nil {
		return nil, 0, err
	}
	head := first.Bytes()
	pack := opts.ContentEncoding == "" && fits(&opts.Attributes) && !z.plain(opts.ContentType)
	var made []byte
	if pack {
		sample := head[:min(n, tried)]
		made = z.small.EncodeAll(sample, make([]byte, 0, len(sample)/2))
		pack = len(made) < len(sample)-len(sample)/16
	}
	if n <= tried {
		var sum digests.Hasher
		sum.Init(digests.Digest{})
		sum.Write(head)
		m := mark{kind: plain, size: n, crc32c: sum.Sum().CRC32C}
		if pack {
			m.kind, head = packed, made
		}
		m.set(opts)
		return bytes.NewReader(head), int64(len(head)), nil
	}
	whole := io.MultiReader(&first, content)
	if size < 0 || z.mustSpool(size) {
		return z.spool(whole, pack, opts)
	}
	m := mark{kind: plain, size: size}
	if c.Put != nil {
		m.crc32c = strings.ToLower(c.Put.Digest.CRC32C)
	}
	stored, storedSize := whole, size
	if pack {
		m.kind, storedSize = packed, -1
		if stored, err = z.encode(whole, size); err != nil {
			return nil, 0, err
		}
	}
	m.set(opts)
	return stored, storedSize, nil
}

func (m mark) set(opts *files.PutOptions) {
	opts.Metadata[markKey] = m.String()
	if m.kind == packed {
		opts.ContentEncoding = encoding
	}
}

// mustSpool reports whether content of this size is too large for the bucket below as a
// stream of unknown size.
func (z *codec) mustSpool(size int64) bool {
	most := z.below.Features().MaxUnknownSize
	return most > 0 && size > mostPlain(most)
}

// encoder compresses what it reads.
type encoder struct {
	z       *codec
	content io.Reader
	enc     *zstd.Encoder
	in      []byte
	out     bytes.Buffer
	err     error
}

// encode compresses content of the given size; a negative size is unknown.
func (z *codec) encode(content io.Reader, size int64) (io.Reader, error) {
	enc, _ := z.encoders.Get().(*zstd.Encoder)
	if enc == nil {
		var err error
		if enc, err = z.newEncoder(); err != nil {
			return nil, err
		}
	}
	e := &encoder{
		z:       z,
		content: content,
		enc:     enc,
		in:      make([]byte, 128<<10),
	}
	if size >= 0 {
		enc.ResetContentSize(&e.out, size)
	} else {
		enc.Reset(&e.out)
	}
	return e, nil
}

func (e *encoder) Read(p []byte) (int, error) {
	for e.out.Len() == 0 {
		if e.err != nil {
			return 0, e.err
		}
		if len(p) == 0 {
			return 0, nil
		}
		n, err := e.content.Read(e.in)
		if n > 0 {
			if _, werr := e.enc.Write(e.in[:n]); werr != nil {
				err = werr
			}
		}
		if err == io.EOF {
			if cerr := e.enc.Close(); cerr != nil {
				err = cerr
			}
		}
		e.err = err
	}
	return e.out.Read(p)
}

// Close gives the encoder back.
func (e *encoder) Close() {
	if e.enc != nil {
		e.enc.Reset(nil)
		e.z.encoders.Put(e.enc)
		e.enc, e.err = nil, files.ErrClosed
	}
}
