package driver

import (
	"context"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/digests"
)

// Parts reads the content of one Put in parts, in bounded memory. It holds at most
// PartSize × Concurrency bytes, or PartSize × MaxConcurrency while so many parts are
// sent. The exception is content of a known size so great that one of MaxParts parts is
// larger than that: then it holds one part. If the plan has a
// Memory, all but one part is taken from there. The methods of Parts are for one
// goroutine.
type Parts struct {
	plan    PartPlan
	content *Content
	size    int64 // known, or -1
	part    int64 // the size of each part if size is known
	block   int
	memory  partTokens
	crc     uint32 // of the parts that were read
	n       int    // parts that were read
	off     int64
	peeked  [1]byte
	have    bool // peeked is the content's next byte
	eof     bool
}

// ended reports whether no part is left.
func (p *Parts) ended() bool { return p.eof && !p.have }

// NewParts begins to read the request's content.
//
// Errors: files.ErrTooLarge if the size of the content is known and doesn't fit into
// plan.MaxParts parts.
func NewParts(plan PartPlan, req *PutRequest) (*Parts, error) {
	p := &Parts{
		plan:    plan,
		content: req.Content,
		size:    req.Size,
		block:   blockSize,
	}
	if p.size >= 0 {
		var err error
		if p.part, err = plan.PartSizeOf(p.size); err != nil {
			return nil, err
		}
	}
	if p.content.held.ok {
		return p, nil
	}
	if plan.PartSize < blockSize {
		p.block = int(plan.PartSize)
	}
	p.memory.init(plan.Memory, p.tokens(p.held(plan.Concurrency)))
	return p, nil
}

// held returns how many bytes may be in memory while n parts are sent at a time.
func (p *Parts) held(n int) int64 { return max(p.plan.PartSize*int64(n), p.part) }

// tokens returns how many blocks hold size bytes. A part may have two small blocks beside
// its large ones.
func (p *Parts) tokens(size int64) int { return int((size+int64(p.block)-1)/int64(p.block)) + 2 }

// next returns the size of the part that follows those that were read.
func (p *Parts) next() int64 {
	if p.size >= 0 && p.off < p.size {
		return p.part
	}
	return max(p.plan.grown(p.n+1), p.part) // also if the content is longer than it reported
}

// Next reads the next part, which is shorter than the others only at the end of the
// content. If there is no memory left for it, Next waits until a part that is being
// sent is released. After the last part it returns io.EOF. Content that needs more than
// MaxParts parts is files.ErrTooLarge.
func (p *Parts) Next(ctx context.Context) (*Part, error) {
	if p.ended() {
		return nil, io.EOF
	}
	if p.n == p.plan.MaxParts {
		return nil, Errorf(files.ErrTooLarge, "content is longer than %d parts hold", p.n)
	}
	part := &Part{Number: p.n + 1, Offset: p.off, owner: p}
	part.blocks = part.one[:0]
	before := p.crc
	if p.content.held.ok {
		if err := p.lend(part, p.next()); err != nil {
			return nil, err
		}
	} else if err := p.fill(ctx, part, p.next()); err != nil {
		part.Release()
		return nil, err
	}
	part.CRC32C = digests.TailCRC32C(before, p.crc, part.Size)
	p.n++
	p.off += part.Size
	part.Last = p.ended()
	return part, nil
}

// lend fills the part with up to size bytes that are in memory already.
func (p *Parts) lend(part *Part, size int64) error {
	bytes, err := p.content.inPlace(size)
	if err != nil && err != io.EOF {
		return err
	}
	p.eof = err == io.EOF
	p.crc = p.content.crc32c()
	part.blocks = append(part.blocks, block{bytes: bytes})
	part.Size = int64(len(bytes))
	return nil
}

// fill reads size bytes, and one more to find out whether they are the last.
func (p *Parts) fill(ctx context.Context, part *Part, size int64) error {
	p.memory.own(p.tokens(size))
	for part.Size < size && !p.ended() {
		b, err := p.take(ctx, size-part.Size, p.off+part.Size)
		if err != nil {
			return err
		}
		part.blocks = append(part.blocks, b)
		last := &part.blocks[len(part.blocks)-1]
		buf := (*b.buf)[:min(int64(len(*b.buf)), size-part.Size)]
		n := 0
		if p.have {
			buf[0], n, p.have = p.peeked[0], 1, false
		}
		for n < len(buf) && !p.eof {
			m, err := p.read(ctx, buf[n:min(n+pieceSize, len(buf))])
			n += m
			if err != nil {
				return err
			}
		}
		last.bytes = buf[:n]
		part.Size += int64(n)
	}
	p.crc = p.content.crc32c() // before the byte that is the next part's
	for !p.eof && !p.have {
		n, err := p.read(ctx, p.peeked[:])
		if err != nil {
			return err
		}
		p.have = n > 0
	}
	return nil
}

// read reads once; the end is kept in eof.
func (p *Parts) read(ctx context.Context, buf []byte) (int, error) {
	if ctx.Err() != nil {
		return 0, ContextError(ctx)
	}
	n, err := p.content.Read(buf)
	if err == io.EOF {
		p.eof, err = true, nil
	}
	return n, err
}

// take waits for a block for the want bytes from off.
func (p *Parts) take(ctx context.Context, want, off int64) (block, error) {
	shared, err := p.memory.take(ctx)
	if err != nil {
		return block{}, err
	}
	b := block{shared: shared}
	switch {
	case p.block != blockSize:
		buf := make([]byte, p.block)
		b.buf = &buf
	case want <= smallSize || off <= p.size && p.size-off <= smallSize:
		b.buf = smallBlocks.Get().(*[]byte)
	default:
		b.buf = blocks.Get().(*[]byte)
	}
	return b, nil
}
