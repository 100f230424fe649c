package check

import (
	"bytes"
	"fmt"
	"io"
)

// generatedBlock is how many bytes of generated content are made at a time.
const generatedBlock = 64 << 10

// generated is content of n bytes that is never in memory as a whole. Any two of its
// blocks differ.
type generated struct {
	pos, n int64
	block  []byte // the rest of the block at pos
}

// Generated returns a stream of n bytes that depend on their offset.
func Generated(n int64) io.Reader { return &generated{n: n} }

func (g *generated) Read(p []byte) (int, error) {
	if g.pos == g.n {
		return 0, io.EOF
	}
	if len(g.block) == 0 {
		skip := g.pos % generatedBlock
		g.block = Content(int(g.pos/generatedBlock), generatedBlock)[skip:]
		g.block = g.block[:min(int64(len(g.block)), g.n-g.pos)]
	}
	n := copy(p, g.block)
	g.pos, g.block = g.pos+int64(n), g.block[n:]
	return n, nil
}

// WantGenerated reads n bytes of generated content that begin at offset off of it. The
// error says what differs, as the end of a sentence.
func WantGenerated(r io.Reader, off, n int64) error {
	want := &generated{pos: off, n: off + n}
	p, q := make([]byte, generatedBlock), make([]byte, generatedBlock)
	for at := int64(0); ; {
		k, err := io.ReadFull(r, p)
		if wanted, _ := io.ReadFull(want, q[:k]); wanted < k {
			return fmt.Errorf("goes on after %d bytes, want the end", n)
		}
		if !bytes.Equal(p[:k], q[:k]) {
			return fmt.Errorf("%s, from byte %d on", Diff(p[:k], q[:k]), at)
		}
		at += int64(k)
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			if at != n {
				return fmt.Errorf("ends after %d bytes, want %d", at, n)
			}
			return nil
		case err != nil:
			return fmt.Errorf("can't be read after byte %d: %w", at, err)
		}
	}
}
