package compress

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/digests"
	"github.com/klauspost/compress/zstd"
)

type getter = func(context.Context, files.Range) (*files.Reader, error)

func newDecoder() (*zstd.Decoder, error) {
	// With a concurrency of 1 a decoder has no goroutine, and needs no Close.
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderMaxWindow(MaxWindow), zstd.WithDecoderMaxMemory(1<<62))
}

func (z *codec) open(ctx context.Context, c *files.Call, r files.Range,
	get getter) (files.Info, io.Reader, error) {
	stored, err := get(ctx, r) // a file that is stored as it is needs nothing more
	if err != nil {
		return files.Info{}, nil, err
	}
	info, m, err := plainInfo(cloned(stored.Info()))
	if err != nil {
		return files.Info{}, nil, err
	}
	if m.kind == unmarked || m.kind == plain {
		if r.IsWhole() && m.crc32c != "" && !skipVerify(c) {
			return info, &verified{r: stored, left: info.Size, want: m.crc32c}, nil
		}
		return info, stored, nil
	}
	whole := func() (*files.Reader, error) { return get(ctx, files.Range{}) }
	if !r.IsWhole() {
		stored.Close()
		if stored, err = whole(); err != nil {
			return files.Info{}, nil, err
		}
	}
	if m.kind == unmarkedZstd {
		known, content := false, []byte(nil)
		if info.Size, known = z.counted.get(info); !known {
			if info.Size, content, err = z.countOrRead(stored, info); err != nil {
				return files.Info{}, nil, err
			}
		}
		if content != nil {
			off, n := r.Resolve(info.Size)
			return info, bytes.NewReader(content[off : off+n]), nil
		}
		if !known { // it was read to its end
			stored.Close()
			if stored, err = whole(); err != nil {
				return files.Info{}, nil, err
			}
		}
	}
	off, n := r.Resolve(info.Size)
	want := m.crc32c
	if skipVerify(c) {
		want = ""
	}
	body, err := z.decode(stored, info.Size, off, n, want)
	if err != nil {
		return files.Info{}, nil, err
	}
	return info, body, nil
}

func skipVerify(c *files.Call) bool { return c.Get != nil && c.Get.SkipVerify }

func cloned(i files.Info) files.Info {
	i.Attributes = i.Attributes.Clone()
	return i
}

// decode returns n bytes from offset off of the plain content, which has size bytes. If
// the service has decompressed the file, its bytes are returned as they come.
func (z *codec) decode(stored *files.Reader, size, off, n int64,
	crc32c string) (*body, error) {
	from := &source{r: stored}
	head := make([]byte, 4)
	k, err := io.ReadFull(from, head)
	if from.err != nil {
		return nil, from.err
	}
	all := io.MultiReader(bytes.NewReader(head[:k]), from)
	b := &body{
		z:    z,
		from: from,
		skip: off,
		left: n,
		tail: size - off - n,
		want: crc32c,
	}
	b.sum.Init(digests.Digest{})
	switch {
	case err == nil && isFrame(head):
		if b.dec, err = z.decoder(all); err != nil {
			return nil, err
		}
		b.r = b.dec
	case stored.Info().Size == size:
		b.r = all
	default:
		return nil, driver.Errorf(files.ErrCorrupt, "the %d stored bytes are not zstd",
			stored.Info().Size)
	}
	if size == 0 { // no Read will check it
		if err := b.end(); err != nil {
			b.Close()
			return nil, err
		}
	}
	return b, nil
}

// isFrame reports whether head begins a zstd frame, or a frame that decoders skip.
func isFrame(head []byte) bool {
	magic := binary.LittleEndian.Uint32(head)
	return magic == 0xFD2FB528 || magic&^0xF == 0x184D2A50
}

func (z *codec) decoder(r io.Reader) (*zstd.Decoder, error) {
	d, _ := z.decoders.Get().(*zstd.Decoder)
	if d == nil {
		var err error
		if d, err = newDecoder(); err != nil {
			return nil, err
		}
	}
	return d, d.Reset(r)
}

// body is a part of the plain content. It decodes and discards what is before the part.
// After its first error each Read returns that error. If the part reaches the content's
// end, the last bytes are returned only once the end is proved.
type body struct {
	z    *codec
	from *source
	dec  *zstd.Decoder // nil if the bytes come plain
	r    io.Reader
	skip int64 // bytes to throw away
	left int64 // bytes to return
	tail int64 // bytes after these
	sum  digests.Hasher
	want string // CRC-32C of the whole content
	err  error
}

func (b *body) Read(p []byte) (int, error) {
	if b.err == nil && b.left == 0 {
		b.err = io.EOF
	}
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	n, err := b.read(p)
	if err != nil {
		n, b.err = 0, err
	}
	return n, err
}

func (b *body) read(p []byte) (int, error) {
	if b.skip > 0 {
		buf := make([]byte, min(b.skip, 64<<10))
		for b.skip > 0 {
			n, err := b.next(buf[:min(b.skip, int64(len(buf)))])
			if err != nil {
				return 0, err
			}
			b.skip -= int64(n)
		}
	}
	n, err := b.next(p[:min(b.left, int64(len(p)))])
	if err != nil {
		return 0, err
	}
	if b.left -= int64(n); b.left == 0 && b.tail == 0 {
		err = b.end()
	}
	return n, err
}

// next decodes. The end is an error, because it comes too early.
func (b *body) next(p []byte) (int, error) {
	for range 100 {
		n, err := b.r.Read(p)
		b.sum.Write(p[:n])
		switch {
		case n > 0:
			return n, nil // the next Read returns the error again
		case err == io.EOF:
			return 0, driver.Errorf(files.ErrCorrupt,
				"the content is shorter than its recorded size")
		case err != nil:
			return 0, b.cause(err)
		}
	}
	return 0, driver.Errorf(files.ErrCorrupt, "the decoder makes no progress")
}

// end returns nil if the content ends here and has the recorded CRC-32C.
func (b *body) end() error {
	n, err := io.ReadFull(b.r, make([]byte, 1))
	switch {
	case n > 0:
		return driver.Errorf(files.ErrCorrupt, "the content is longer than its recorded size")
	case err != io.EOF:
		return b.cause(err)
	}
	if got := b.sum.Sum().CRC32C; b.want != "" && got != b.want {
		return driver.Errorf(files.ErrCorrupt,
			"the CRC-32C is %s, want %s as recorded", got, b.want)
	}
	return nil
}

func (b *body) cause(err error) error {
	if b.from.err != nil {
		return b.from.err
	}
	return decodeError(err)
}

func decodeError(err error) error {
	switch {
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return driver.WithCause(files.ErrTooLarge, err,
			"the zstd frame needs a window of more than 8 MiB")
	case files.KindOf(err) != nil:
		return err
	}
	return driver.WithCause(files.ErrCorrupt, err, "the file can't be decompressed: "+err.Error())
}

// Close gives the decoder back.
func (b *body) Close() {
	if b.dec != nil {
		b.dec.Reset(nil)
		b.z.decoders.Put(b.dec)
		b.dec, b.err = nil, files.ErrClosed
	}
}

// verified is a body that is stored as it is, and is checked against its recorded
// CRC-32C.
type verified struct {
	r    io.Reader
	left int64
	sum  digests.Hasher
	want string
	err  error
	on   bool
}

func (v *verified) Read(p []byte) (int, error) {
	if v.err != nil {
		return 0, v.err
	}
	if !v.on {
		v.on = true
		v.sum.Init(digests.Digest{})
	}
	n, err := v.r.Read(p)
	v.sum.Write(p[:n])
	if v.left -= int64(n); v.left == 0 && n > 0 {
		if got := v.sum.Sum().CRC32C; got != v.want {
			err = driver.Errorf(files.ErrCorrupt, "the CRC-32C is %s, want %s as recorded", got,
				v.want)
		}
	}
	if v.err = err; err != nil && err != io.EOF {
		n = 0
	}
	return n, err
}
