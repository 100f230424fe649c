package bounds

import (
	"errors"
	"io"
	"slices"
	"sync"
)

// ErrTooLong is content of more than the limit.
var ErrTooLong = errors.New("more than the limit")

const (
	firstBlock = 4 << 10
	maxBlock   = 1 << 20
)

// ReadAll reads to the end; what is longer than limit bytes is ErrTooLong. It takes
// little more memory than it has read, where io.ReadAll takes several times that while
// it grows.
func ReadAll(r io.Reader, limit int64) ([]byte, error) {
	blocks, err := readBlocks(r, limit)
	switch {
	case err != nil:
		return nil, err
	case len(blocks) == 1:
		return blocks[0], nil
	}
	return slices.Concat(blocks...), nil
}

// Hold reads as ReadAll does, for a reader who grows as it reads: it lets go of what
// was read from it, and an error comes before the first byte.
func Hold(r io.Reader, limit int64) (io.Reader, error) {
	blocks, err := readBlocks(r, limit)
	if err != nil {
		return nil, err
	}
	return &held{blocks}, nil
}

type held struct{ blocks [][]byte }

func (h *held) Read(p []byte) (n int, err error) {
	for n < len(p) && len(h.blocks) > 0 {
		k := copy(p[n:], h.blocks[0])
		n += k
		if h.blocks[0] = h.blocks[0][k:]; len(h.blocks[0]) == 0 {
			h.blocks[0] = nil
			h.blocks = h.blocks[1:]
		}
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// spare are blocks of maxBlock bytes that nobody needs any more. A response that is too
// long is asked for again, which would take as much memory again before the garbage
// collector finds the first one's.
var spare sync.Pool

func newBlock(size int) []byte {
	if size == maxBlock {
		if b, ok := spare.Get().(*[maxBlock]byte); ok {
			return b[:0]
		}
	}
	return make([]byte, 0, size)
}

// discard gives blocks back that were read in vain.
func discard(blocks [][]byte) {
	for _, b := range blocks {
		if cap(b) == maxBlock {
			spare.Put((*[maxBlock]byte)(b[:maxBlock]))
		}
	}
}

// readBlocks reads to the end; there is always a block.
func readBlocks(r io.Reader, limit int64) (blocks [][]byte, err error) {
	block, total := make([]byte, 0, firstBlock), int64(0)
	defer func() {
		if err != nil {
			discard(append(blocks, block))
			blocks = nil
		}
	}()
	for {
		n, err := r.Read(block[len(block):cap(block)])
		block, total = block[:len(block)+n], total+int64(n)
		switch {
		case total > limit:
			return blocks, ErrTooLong
		case err == io.EOF:
			return append(blocks, block), nil
		case err != nil:
			return blocks, err
		case len(block) == cap(block):
			blocks = append(blocks, block)
			block = newBlock(min(2*cap(block), maxBlock))
		}
	}
}
