package resume

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/digests"
	"cloudfiles.dev/files/internal/each"
)

// readSize is how much of the source is read at a time, so that the digests are
// computed while the bytes are in the processor's cache.
const readSize = 256 << 10

// sending is a pass over the source.
type sending struct {
	u       *upload
	whole   digests.Hasher
	results chan result
	broken  each.BrokenOff
	atOnce  int // number of parts that are being sent
	free    [][]byte
	step    int  // the token is saved after this number of parts
	hashed  int  // number of parts that whole has
	torn    bool // whole has a piece of the next part, too
}

// result is the result of sending a part.
type result struct {
	n    int
	sent sent
	part driver.UploadedPart
	buf  []byte
	gone bool
	err  error
}

// transfer reads the source once, in order, and sets the digest of the whole. It
// compares the parts that the token has, and sends the parts that the service doesn't
// have, unless send is false. gone reports that the service no longer has the upload.
func (u *upload) transfer(ctx context.Context, send bool) (gone bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	s := &sending{
		u:       u,
		results: make(chan result, u.opts.Concurrency),
		step:    max(1, u.up.Parts()/100),
	}
	s.begin()
	defer s.broken.Resume()
	whole := false
	defer func() {
		cancel()
		for ; s.atOnce > 0; s.atOnce-- {
			if r := <-s.results; !r.gone && r.err == nil {
				s.note(r)
			}
		}
		if _, own := errors.AsType[*saveError](err); whole && err != nil && !own {
			s.keepState()
			u.save() // other parts may have been sent; the upload has failed anyway
		}
	}()
	gone, err = s.run(ctx, send)
	whole = true
	return gone, err
}

// begin begins the digests of the whole. If the source is the version of which the
// token has the digests of the first parts, they go on from there.
func (s *sending) begin() {
	u := s.u
	s.whole.Init(digests.Digest(u.put.Digest))
	if !u.pinned() || u.tok.Hashed <= 0 || u.tok.Hashed > u.up.Parts() {
		return
	}
	if s.whole.SetState(u.tok.Hash) != nil {
		s.whole.Init(digests.Digest(u.put.Digest))
		return
	}
	s.hashed = u.tok.Hashed
}

// pinned reports whether the source is certainly what it was when the token's upload
// began.
func (u *upload) pinned() bool {
	return u.opts.SourceVersion != "" && u.tok.Source == sourceOf(u.opts.SourceVersion)
}

// keepState puts the state of the digests into the token.
func (s *sending) keepState() {
	u := s.u
	if !u.pinned() || s.torn || s.hashed <= u.tok.Hashed {
		return
	}
	if state, err := s.whole.State(); err == nil {
		u.tok.Hash, u.tok.Hashed = state, s.hashed
	}
}

// known reports whether a part need not be read: the digests of the whole have it, and
// it is not to be sent.
func (s *sending) known(n int, send bool) bool {
	_, there := s.u.there[n]
	return n <= s.hashed && (there || !send)
}

// run is the pass itself.
func (s *sending) run(ctx context.Context, send bool) (gone bool, err error) {
	u := s.u
	for n := 1; n <= u.up.Parts(); n++ {
		if gone, err := s.take(u.opts.Concurrency - 1); gone || err != nil {
			return gone, err
		}
		s.keepState()
		if s.known(n, send) {
			continue
		}
		buf, err := s.read(ctx, n)
		if err != nil {
			return false, err
		}
		if _, there := u.there[n]; there || !send {
			s.free = append(s.free, buf)
			continue
		}
		s.send(ctx, n, buf)
	}
	if gone, err := s.take(0); gone || err != nil {
		return gone, err
	}
	if ctx.Err() != nil {
		return false, driver.ContextError(ctx)
	}
	if err := u.same(); err != nil {
		return false, err
	}
	if send && !s.adds() {
		return false, driver.Errorf(files.ErrCorrupt,
			"the source was changed, although its version is the same")
	}
	s.keepState()
	digest := files.Digest(s.whole.Sum())
	if which := digest.Conflict(u.put.Digest); which != "" {
		return false, driver.Errorf(files.ErrCorrupt,
			"the content's %s digest is not the one declared", which)
	}
	u.up.Digest = digest
	return false, nil
}

// adds reports whether the digests of the parts make the digest of the whole. They do
// not if the parts were read at different times, and a bucket's version lied.
func (s *sending) adds() bool {
	u := s.u
	if !u.pinned() {
		return true // the whole was read at once
	}
	crc := uint32(0)
	for n := 1; n <= u.up.Parts(); n++ {
		_, size := u.up.Part(n)
		crc = digests.AppendCRC32C(crc, u.sent[n].crc32c, size)
	}
	return crc == s.whole.CRC32C()
}

// take waits until at most most parts are being sent, and records the results of the
// others.
func (s *sending) take(most int) (gone bool, err error) {
	for s.atOnce > most || len(s.results) > 0 {
		r := <-s.results
		s.atOnce--
		s.free = append(s.free, r.buf)
		if r.gone || r.err != nil {
			return r.gone, r.err
		}
		u := s.u
		s.note(r)
		if u.left >= s.step {
			s.keepState() // so that the next process needn't read what was sent
			if err := u.save(); err != nil {
				return false, err
			}
		}
		u.event(UploadEvent{Kind: UploadSent, Part: r.n, Bytes: r.part.Size})
	}
	return false, nil
}

// note records the result of sending a part.
func (s *sending) note(r result) {
	s.u.sent[r.n], s.u.there[r.n] = r.sent, r.part
	s.u.left++
}

// read reads a part, and compares it with the token's digests if the token has it.
func (s *sending) read(ctx context.Context, n int) ([]byte, error) {
	off, size := s.u.up.Part(n)
	var buf []byte
	if last := len(s.free) - 1; last >= 0 {
		buf, s.free = s.free[last], s.free[:last]
	} else {
		buf = make([]byte, s.u.up.PartSize)
	}
	buf = buf[:size]
	again := n <= s.hashed // the digests of the whole have it
	before, crc := s.whole.CRC32C(), uint32(0)
	sha := sha256.New()
	for at := 0; at < len(buf); {
		if ctx.Err() != nil {
			return nil, driver.ContextError(ctx)
		}
		piece := buf[at:min(at+readSize, len(buf))]
		m, err := s.u.source.ReadAt(piece, off+int64(at))
		if m < 0 || m > len(piece) {
			return nil, driver.Errorf(files.ErrInvalid,
				"the source's ReadAt returned the impossible count %d", m)
		}
		if m < len(piece) {
			if err == nil || err == io.EOF {
				err = driver.Errorf(files.ErrCorrupt, "the source ended at %d of %d bytes",
					off+int64(at+m), s.u.size)
			}
			return nil, err
		}
		if again {
			crc = digests.UpdateCRC32C(crc, piece)
		} else {
			s.whole.Write(piece)
			s.torn = true
		}
		if s.u.keeps() {
			sha.Write(piece)
		}
		at += m
	}
	if !again {
		s.hashed, s.torn = n, false
		crc = digests.TailCRC32C(before, s.whole.CRC32C(), size)
	}
	now := sent{crc32c: crc}
	if s.u.keeps() {
		copy(now.sha256[:], sha.Sum(nil))
	}
	if was, ok := s.u.sent[n]; ok {
		if now.crc32c != was.crc32c || now.sha256 != was.sha256 {
			return nil, driver.Errorf(files.ErrCorrupt,
				"the source was changed: %s isn't what was sent",
				describe(n, off, size))
		}
		return buf, nil
	}
	s.u.sum = now
	return buf, nil
}

// send sends a part in a goroutine.
func (s *sending) send(ctx context.Context, n int, buf []byte) {
	u := s.u
	off, size := u.up.Part(n)
	sum, ok := u.sent[n]
	if !ok {
		sum = u.sum
	}
	s.atOnce++
	go func() {
		r := result{n: n, buf: buf, err: files.ErrUnavailable} // stays if a hook panics
		whole := false
		defer func() {
			if !whole {
				s.broken.By(recover())
			}
			s.results <- r
		}()
		tag := ""
		r.err, r.gone = u.step(ctx, func(ctx context.Context, to *driver.Uploader) (err error) {
			part := driver.NewPart(n, off, buf, sum.crc32c, n == u.up.Parts())
			defer part.Release()
			tag, err = to.PutPart(ctx, u.up, part)
			return err
		})
		sum.tag = tagSum(tag)
		r.sent = sum
		r.part = driver.UploadedPart{
			Number: n,
			Size:   size,
			CRC32C: sum.crc32c,
			Tag:    tag,
		}
		whole = true
	}()
}

// describe returns a text for a part, for errors.
func describe(n int, off, size int64) string {
	return "part " + strconv.Itoa(n) + fmt.Sprintf(" (bytes %d to %d)", off, off+size-1)
}
