package crypt

import (
	"context"
	"io"

	"cloudfiles.dev/files"
)

// together is the largest number of bytes that one request fetches from the beginning
// of a part to the end of the file.
const together = 4 * sealedChunk

// parts is the io.ReaderAt of a stored file for one part of it: the header and the end
// in memory, and between them one stream, which is read in order.
type parts struct {
	ctx context.Context
	get getter

	kept   []piece
	stream *files.Reader
	at     int64 // offset of the stream's next byte
	end    int64 // offset of the stream's end
	err    error // error of the bucket below
}

type piece struct {
	off   int64
	bytes []byte
}

// fetch reads n bytes from off into memory.
func (p *parts) fetch(off, n int64) (files.Info, error) {
	r, err := p.get(p.ctx, files.Bytes(off, n))
	if err != nil {
		return files.Info{}, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, n))
	if err != nil {
		return files.Info{}, err
	}
	p.kept = append(p.kept, piece{off, b})
	return r.Info(), nil
}

// begin opens the stream.
func (p *parts) begin(off int64) (err error) {
	p.stream, err = p.get(p.ctx, files.Bytes(off, p.end-off))
	p.at = off
	return err
}

func (p *parts) ReadAt(b []byte, off int64) (int, error) {
	for _, k := range p.kept {
		if off >= k.off && off < k.off+int64(len(k.bytes)) {
			return copy(b, k.bytes[off-k.off:]), nil // age's readers accept a short read
		}
	}
	if p.stream == nil || off != p.at {
		return 0, io.ErrUnexpectedEOF // the file is shorter than it was
	}
	n, err := io.ReadFull(p.stream, b)
	p.at += int64(n)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		p.err = err
	}
	return n, err
}

func (p *parts) cause(err error) error { return cause(p.err, err) }
