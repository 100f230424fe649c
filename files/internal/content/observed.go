package content

import "io"

// Observe returns content that calls note with how many bytes have been read of it. It
// can seek if r can. Code that calls Inside gets the content itself, so that
// observation loses nothing: neither a size nor a faster way to read.
func Observe(r io.Reader, note func(n int64)) io.Reader {
	o := &Observed{r, note}
	if s, ok := r.(io.Seeker); ok {
		return &seekable{o, s}
	}
	return o
}

// Observed is content whose bytes are counted.
type Observed struct {
	r    io.Reader
	note func(n int64)
}

// seekable is Observed of content that can seek.
type seekable struct {
	*Observed
	io.Seeker
}

func (o *Observed) Read(p []byte) (int, error) {
	n, err := o.r.Read(p)
	if n > 0 && n <= len(p) {
		o.note(int64(n))
	}
	return n, err
}

func (o *Observed) observed() *Observed { return o }

// Inside returns the content that is observed, and the functions that observe it, the
// nearest last. Code that reads the content must call them.
func Inside(r io.Reader) (io.Reader, []func(n int64)) {
	var notes []func(int64)
	for {
		o, ok := r.(interface{ observed() *Observed })
		if !ok {
			return r, notes
		}
		r, notes = o.observed().r, append(notes, o.observed().note)
	}
}
