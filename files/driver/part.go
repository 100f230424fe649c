package driver

import (
	"errors"
	"io"
	"sync"

	"cloudfiles.dev/files"
)

// Parts are held in blocks, so that parts of any size share one pool, and a part that
// ends early holds no more than its content.
const (
	blockSize = 1 << 20
	smallSize = 64 << 10
	// pieceSize is how much is read at a time, so that the digests are computed while
	// the piece is still in the processor's cache.
	pieceSize = 128 << 10
)

var (
	blocks      = sync.Pool{New: func() any { b := make([]byte, blockSize); return &b }}
	smallBlocks = sync.Pool{New: func() any { b := make([]byte, smallSize); return &b }}
)

// block is a piece of a part.
type block struct {
	bytes  []byte
	buf    *[]byte // holds the bytes; nil if they are the caller's own
	shared bool    // it counts as the bucket's, not as the upload's own
}

// Part is one part of an upload, in memory, so it can be sent again. What the caller
// gave in memory is not copied.
type Part struct {
	Number int   // from 1
	Offset int64 // in the content
	Size   int64 // in bytes
	// CRC32C is the part's CRC-32C, which was computed while the content was read.
	CRC32C uint32
	// Last is true if the content ended with this part: its size and digests match
	// (P10).
	Last bool

	owner  *Parts
	mu     sync.Mutex
	blocks []block
	one    [1]block // most parts have no more
	gone   bool
}

// Reader returns a new reader of the part, for one goroutine. Release closes it.
func (p *Part) Reader() *PartReader { return &PartReader{part: p} }

// Release returns the part's memory to the pool. Send calls it for the parts that it
// sends. A transport may still be reading a body after its request has failed. After
// Release it gets an error, and never the content of another part.
func (p *Part) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	for _, b := range p.blocks {
		if b.buf == nil {
			continue
		}
		if len(*b.buf) == smallSize {
			smallBlocks.Put(b.buf)
		} else if len(*b.buf) == blockSize {
			blocks.Put(b.buf)
		}
		p.owner.memory.give(b.shared)
	}
	p.blocks, p.one = nil, [1]block{}
}

// PartReader reads a part. It is an io.ReadSeeker, which SDKs need to send a body
// again.
type PartReader struct {
	part  *Part
	pos   int64
	i     int // the block at pos
	begin int64
}

// Len returns how many bytes are left.
func (r *PartReader) Len() int { return int(r.part.Size - r.pos) }

// Read reads the part. It fails once the part is released.
func (r *PartReader) Read(p []byte) (int, error) {
	r.part.mu.Lock()
	defer r.part.mu.Unlock()
	if r.part.gone {
		return 0, files.ErrClosed
	}
	if r.pos >= r.part.Size {
		return 0, io.EOF
	}
	n := copy(p, r.rest())
	r.pos += int64(n)
	return n, nil
}

// writeTo writes what is left without a copy. Release waits for it.
func (r *PartReader) writeTo(w io.Writer) (total int64, err error) {
	r.part.mu.Lock()
	defer r.part.mu.Unlock()
	if r.part.gone {
		return 0, files.ErrClosed
	}
	for r.pos < r.part.Size {
		n, err := w.Write(r.rest())
		r.pos += int64(n)
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// rest returns what is left of the block at pos.
func (r *PartReader) rest() []byte {
	b := r.part.blocks[r.i]
	for r.pos >= r.begin+int64(len(b.bytes)) {
		r.begin += int64(len(b.bytes))
		r.i++
		b = r.part.blocks[r.i]
	}
	return b.bytes[r.pos-r.begin:]
}

// Seek moves the reader.
func (r *PartReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.part.Size
	}
	if offset < 0 {
		return 0, errors.New("seek before the part's beginning")
	}
	r.pos, r.i, r.begin = offset, 0, 0
	return offset, nil
}
