package bounds

import (
	"errors"
	"io"
	"slices"
	"sync"
)

// ErrTooLong is the error for content that is longer than the limit.
var ErrTooLong = errors.New("more than the limit")

const (
	firstBlock = 4 << 10
	maxBlock   = 1 << 20
)

// ReadAll reads to the end. Content of more than limit bytes is ErrTooLong. It needs
// little more memory than what it has read; io.ReadAll needs several times that while
// its buffer grows.
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

// Hold reads as ReadAll does, and returns a reader of what it read. That reader frees
// what was read from it, for a caller that needs more memory as it reads. An error is
// returned before the first byte.
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

// spare has unused blocks of maxBlock bytes. A request whose response is too long is
// retried, which would take as much memory again before the garbage collector frees the
// first response's.
var spare sync.Pool

func newBlock(size int) []byte {
	if size == maxBlock {
		if b, ok := spare.Get().(*[maxBlock]byte); ok {
			return b[:0]
		}
	}
	return make([]byte, 0, size)
}

// discard puts blocks that were read in vain into spare.
func discard(blocks [][]byte) {
	for _, b := range blocks {
		if cap(b) == maxBlock {
			spare.Put((*[maxBlock]byte)(b[:maxBlock]))
		}
	}
}

// readBlocks reads to the end. It returns at least one block.
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
