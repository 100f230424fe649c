package files

import (
	"io"
	"iter"
)

// Next returns the next chunk of ChunkSize bytes. The last chunk may be shorter; after
// it, Next returns io.EOF. The chunk is valid until the next call.
//
// Errors: those of Read. If bytes came before an error, Next returns them as a shorter
// chunk, and the next call returns the error.
func (r *Reader) Next() ([]byte, error) { return r.next(ChunkSize) }

func (r *Reader) next(size int) ([]byte, error) {
	if r == nil {
		return nil, errNilReader
	}
	// Take no more memory than there is content.
	chunk, err := r.readFull(r.chunk, min(int64(size), max(r.remaining, 1)))
	r.chunk = chunk
	if err = kept(chunk, err); err != nil {
		return nil, err
	}
	return chunk, nil
}

// Chunks iterates over the rest of the body in chunks of size bytes; a size of 0 or
// less means ChunkSize. The last chunk may be shorter. A chunk is valid until the next.
// An error ends the loop; the end of the file is not an error.
func (r *Reader) Chunks(size int) iter.Seq2[[]byte, error] {
	if size <= 0 {
		size = ChunkSize
	}
	return func(yield func([]byte, error) bool) {
		returned := true
		if r != nil {
			defer r.breaksOff(&returned)
		}
		for yield != nil {
			chunk, err := r.next(size)
			if err == io.EOF {
				return
			}
			returned = false
			more := yield(chunk, err)
			returned = true
			if !more || err != nil {
				return
			}
		}
	}
}
