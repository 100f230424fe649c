package bounds

import (
	"errors"
	"io"
	"slices"
)

// ErrTooLong is content of more than the limit.
var ErrTooLong = errors.New("more than the limit")

const (
	firstBlock = 4 << 10
	maxBlock   = 1 << 20
)

// ReadAll reads to the end; what is longer than limit bytes is ErrTooLong. It takes little more
// memory than it has read, where io.ReadAll takes several times that while it grows.
func ReadAll(r io.Reader, limit int64) ([]byte, error) {
	var blocks [][]byte
	block, total := make([]byte, 0, firstBlock), int64(0)
	for {
		n, err := r.Read(block[len(block):cap(block)])
		block, total = block[:len(block)+n], total+int64(n)
		switch {
		case total > limit:
			return nil, ErrTooLong
		case err == io.EOF && blocks == nil:
			return block, nil
		case err == io.EOF:
			return slices.Concat(append(blocks, block)...), nil
		case err != nil:
			return nil, err
		case len(block) == cap(block):
			blocks = append(blocks, block)
			block = make([]byte, 0, min(2*cap(block), maxBlock))
		}
	}
}
