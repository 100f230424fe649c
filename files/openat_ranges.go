package files

import (
	"cmp"
	"context"
	"io"
	"slices"
	"sync"
)

// Ranges that lie near each other are read in one request. A gap of up to smallGap bytes
// costs less than a request, whatever the ranges are; one of up to largeGap is read over
// only if that wastes no more than the ranges are.
const (
	smallGap   = 64 << 10
	largeGap   = 1 << 20
	maxMerged  = 16 << 20
	rangesOnce = 8 // requests at a time
)

// ReadRanges reads many ranges of a file in few requests: those that lie near each other
// are read together, and the requests are made at the same time. All are of one version,
// or the error is ErrChanged. The ranges may have any order, overlap and repeat; each
// result is its range's bytes, cut off only by the end of the file, in memory of its own.
// No more memory is needed than for the results. Options may be nil.
//
// Errors: as Get's; ErrInvalid for a negative offset or length. An error of one range is
// that of all.
func ReadRanges(ctx context.Context, b Bucket, name string, ranges []Range,
	opts *OpenAtOptions) ([][]byte, error) {
	if opts == nil {
		opts = &OpenAtOptions{}
	}
	switch {
	case b == nil:
		return nil, NewError(OpGet, name, errNilBucket)
	case ctx == nil:
		return nil, NewError(OpGet, name, errNilContext)
	}
	if err := checkRanges(name, ranges); err != nil {
		return nil, err
	}
	p := pinned{
		b:    b,
		name: name,
		opts: GetOptions{
			IfVersion:   opts.IfVersion,
			ReadTimeout: opts.ReadTimeout,
			Growing:     opts.Growing,
			Key:         opts.Key,
		},
	}
	return readRanges(ctx, p, ranges)
}

func checkRanges(name string, ranges []Range) error {
	for _, r := range ranges {
		if err := r.Check(); err != nil {
			return NewError(OpGet, name, err)
		}
	}
	return nil
}

// readRanges makes a first request, which tells the version and the size, and then the
// others together.
func readRanges(ctx context.Context, p pinned, ranges []Range) ([][]byte, error) {
	results := make([][]byte, len(ranges))
	o := p.opts
	o.Range = firstRange(ranges)
	r, err := p.b.Get(ctx, p.name, &o)
	if err != nil {
		return nil, err
	}
	p.info = r.Info()
	if r.readsAt() {
		defer r.Close()
		for i, rg := range ranges {
			off, n := rg.Resolve(p.info.Size)
			results[i] = make([]byte, n)
			if _, err := r.readAt(results[i], off); err != nil {
				return nil, err
			}
		}
		return results, nil
	}
	parts := resolve(ranges, p.info.Size)
	var inside []*part
	parts = slices.DeleteFunc(parts, func(q *part) bool {
		in := q.off >= r.off && q.off+q.n <= r.off+r.n
		if in {
			inside = append(inside, q)
		}
		return in
	})
	err = readParts(r, inside, results)
	r.Close()
	if err == nil {
		err = readGroups(ctx, p.name, parts, results, p.open)
	}
	if err != nil {
		return nil, err
	}
	return results, nil
}

// ReadRanges is the function of that name for the version that the File has.
func (f *File) ReadRanges(ranges ...Range) ([][]byte, error) {
	if f == nil {
		return nil, errNilReader
	}
	if err := f.failure(); err != nil {
		return nil, err
	}
	if err := checkRanges(f.at.name, ranges); err != nil {
		return nil, err
	}
	results := make([][]byte, len(ranges))
	if f.direct != nil {
		for i, r := range ranges {
			off, n := r.Resolve(f.size)
			results[i] = make([]byte, n)
			if _, err := f.direct.readAt(results[i], off); err != nil {
				return nil, f.noted(err)
			}
		}
		return results, nil
	}
	err := readGroups(f.ctx, f.at.name, resolve(ranges, f.size), results,
		func(ctx context.Context, r Range) (*Reader, error) {
			body, err := f.open(ctx, r)
			if err == nil {
				f.counts.bytes.Add(body.n)
			}
			return body, err
		})
	if err != nil {
		return nil, f.noted(err)
	}
	return results, nil
}

// part is a range as it resolved, which may be cut off by the end of the file.
type part struct {
	off, n int64
	index  int // of the range
}

// resolve returns the parts of the file that the ranges are, by offset.
func resolve(ranges []Range, size int64) []*part {
	var parts []*part
	for i, r := range ranges {
		off, n := r.Resolve(size)
		parts = append(parts, &part{off, n, i})
	}
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(a.off, b.off) })
	return parts
}

// firstRange returns what is asked for first: a range that only the size places, or those
// that are read together with the first of the others. If all are empty, so is it.
func firstRange(ranges []Range) Range {
	var parts []*part
	for i, r := range ranges {
		switch {
		case r.kind == rangeBytes && r.n > 0:
			parts = append(parts, &part{r.off, r.n, i})
		case r.kind == rangeAll || r.kind == rangeFrom || r.kind == rangeLast && r.n > 0:
			return r
		}
	}
	if len(parts) == 0 {
		return Bytes(0, 0)
	}
	slices.SortFunc(parts, func(a, b *part) int { return cmp.Compare(a.off, b.off) })
	group := nextGroup(parts)
	return Bytes(group[0].off, endOf(group)-group[0].off)
}

func endOf(group []*part) (end int64) {
	for _, p := range group {
		end = max(end, p.off+min(p.n, 1<<62-p.off))
	}
	return end
}

// nextGroup returns the first parts that are read in one request.
func nextGroup(parts []*part) []*part {
	var begin, end, useful int64
	for i, p := range parts {
		pEnd := p.off + min(p.n, 1<<62-p.off)
		if i == 0 {
			begin, end, useful = p.off, pEnd, pEnd-p.off
			continue
		}
		gap := p.off - end
		grown := max(end, pEnd) - begin
		fresh := max(pEnd-max(end, p.off), 0)
		if gap > 0 && (grown > maxMerged || gap > largeGap ||
			gap > smallGap && grown-useful-fresh > useful+fresh) {
			return parts[:i]
		}
		end, useful = max(end, pEnd), useful+fresh
	}
	return parts
}

// readGroups reads parts, which are sorted, a group in a request and several at a time.
func readGroups(ctx context.Context, name string, parts []*part, results [][]byte,
	open func(context.Context, Range) (*Reader, error)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
		slots = make(chan struct{}, rangesOnce)
	)
	for len(parts) > 0 && ctx.Err() == nil {
		group := nextGroup(parts)
		parts = parts[len(group):]
		begin, n := group[0].off, endOf(group)-group[0].off
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			err := readGroup(ctx, Bytes(begin, n), group, results, open)
			if err != nil {
				once.Do(func() { first = err; cancel(err) })
			}
		})
	}
	wg.Wait()
	if first == nil && len(parts) > 0 {
		first = NewError(OpGet, name, contextError(ctx))
	}
	return first
}

func readGroup(ctx context.Context, rg Range, group []*part, results [][]byte,
	open func(context.Context, Range) (*Reader, error)) error {
	if _, n, _ := rg.Parts(); n == 0 {
		return readParts(nil, group, results)
	}
	r, err := open(ctx, rg)
	if err != nil {
		return err
	}
	defer r.Close()
	return readParts(r, group, results)
}

// readParts reads parts, which are sorted and inside the body.
func readParts(r *Reader, parts []*part, results [][]byte) error {
	var far *part // the one that reaches farthest
	for _, p := range parts {
		var known []byte // what an earlier part has of it
		if far != nil && p.off < far.off+far.n {
			known = results[far.index][p.off-far.off:]
			known = known[:min(int64(len(known)), p.n)]
		}
		left := p.n - int64(len(known))
		if left > 0 {
			gap := p.off + int64(len(known)) - (r.off + r.n - r.remaining)
			if _, err := io.CopyN(io.Discard, r, gap); err != nil {
				return early(r, err)
			}
		}
		// The memory for a large part grows with what arrives, as for ReadAll.
		dst := make([]byte, len(known), int64(len(known))+min(left, trusted))
		copy(dst, known)
		if left > 0 {
			rest, err := r.readFull(dst[len(dst):], left)
			if err != nil {
				return early(r, err)
			}
			if int64(cap(dst)) >= p.n {
				dst = dst[:p.n]
			} else {
				dst = append(dst, rest...)
			}
		}
		results[p.index] = dst
		if far == nil || p.off+p.n > far.off+far.n {
			far = p
		}
	}
	return nil
}

// early is the error of a body that ended before what it was said to have.
func early(r *Reader, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return r.wrap(Errorf(ErrCorrupt, "content ended early"))
	}
	return err
}
