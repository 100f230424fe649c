package files

import (
	"cmp"
	"context"
	"io"
	"math"
	"slices"
	"sync"

	"cloudfiles.dev/files/internal/each"
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

// ReadRanges reads many ranges of a file in few requests: those that lie near each
// other are read together, and the requests are made at the same time. All bytes are of
// one version, or the error is ErrChanged. The ranges may have any order, overlap and
// repeat; each result is its range's bytes, cut off only by the end of the file, in
// memory of its own. No more memory is needed than for the results. Without ranges the
// result is empty, but the file must exist. Options may be nil.
//
// Errors: those of Get and of reading; ErrInvalid for a negative offset or length. If
// one range fails, all fail.
func ReadRanges(ctx context.Context, b Bucket, name string, ranges []Range,
	opts *OpenAtOptions) ([][]byte, error) {
	if opts == nil {
		opts = &OpenAtOptions{}
	}
	if err := checkRanges(name, ranges); err != nil {
		return nil, err
	}
	ctx, b = given(ctx, b)
	return readRanges(ctx, pinned{b: b, name: name, opts: opts.get()}, ranges)
}

func checkRanges(name string, ranges []Range) error {
	for _, r := range ranges {
		if err := r.Check(); err != nil {
			return newError(OpGet, name, err)
		}
	}
	return nil
}

// readRanges makes a first request, which returns the version and the size, and then
// the others at the same time.
func readRanges(ctx context.Context, p pinned, ranges []Range) ([][]byte, error) {
	o := p.opts
	o.Range = firstRange(ranges)
	r, err := p.b.Get(ctx, p.name, &o)
	if err != nil {
		return nil, err
	}
	if err := p.pin(r); err != nil {
		return nil, err
	}
	if r.readsAt() {
		defer r.Close()
		return readDirectly(r, ranges, p.info.Size)
	}
	results := make([][]byte, len(ranges))
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
		err = readGroups(ctx, parts, results, p.open)
	}
	if err != nil {
		return nil, err
	}
	return results, nil
}

// ReadRanges is like the function ReadRanges, for the version that the File has. Without
// ranges it makes no request.
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
	if f.direct != nil {
		results, err := readDirectly(f.direct, ranges, f.size)
		return results, f.noted(err)
	}
	results := make([][]byte, len(ranges))
	err := readGroups(f.ctx, resolve(ranges, f.size), results,
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

// readDirectly reads from a body that reads at any place. The memory for a large range
// grows with what arrives.
func readDirectly(r *Reader, ranges []Range, size int64) ([][]byte, error) {
	results := make([][]byte, len(ranges))
	for i, rg := range ranges {
		off, n := rg.Resolve(size)
		p := []byte{}
		for have := int64(0); have < n; have = int64(len(p)) {
			next := make([]byte, min(n, max(trusted, grows*have)))
			copy(next, p)
			if _, err := r.readAt(next[have:], off+have); err != nil {
				return nil, err
			}
			p = next
		}
		results[i] = p
	}
	return results, nil
}

// part is a range as it resolved, which may be cut off by the end of the file.
type part struct {
	off, n int64
	index  int // of the range
}

// resolve returns the ranges as parts of the file, sorted by offset.
func resolve(ranges []Range, size int64) []*part {
	var parts []*part
	for i, r := range ranges {
		off, n := r.Resolve(size)
		parts = append(parts, &part{off, n, i})
	}
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(a.off, b.off) })
	return parts
}

// firstRange returns the range to request first: one whose offset depends on the size,
// or else the first group of ranges that are read together. If all are empty, the
// result is empty.
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

// end returns where the part ends. Before the size is known, that may be beyond the end
// of the file.
func (p *part) end() int64 {
	if p.n > math.MaxInt64-p.off {
		return math.MaxInt64
	}
	return p.off + p.n
}

func endOf(group []*part) (end int64) {
	for _, p := range group {
		end = max(end, p.end())
	}
	return end
}

// nextGroup returns the first parts, as many as are read in one request.
func nextGroup(parts []*part) []*part {
	var begin, end, useful int64
	for i, p := range parts {
		pEnd := p.end()
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

// readGroups reads parts, which are sorted: a group in one request, and several groups
// at a time.
func readGroups(ctx context.Context, parts []*part, results [][]byte,
	open func(context.Context, Range) (*Reader, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var groups [][]*part
	for len(parts) > 0 {
		group := nextGroup(parts)
		groups, parts = append(groups, group), parts[len(group):]
	}
	var (
		once  sync.Once
		first error
	)
	each.Index(rangesOnce, len(groups), func(i int) bool {
		begin := groups[i][0].off
		rg := Bytes(begin, endOf(groups[i])-begin)
		err := readGroup(ctx, rg, groups[i], results, open)
		if err != nil {
			once.Do(func() { first = err })
			cancel()
		}
		return err == nil
	})
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

// readParts reads parts, which are sorted and inside the body. The Reader itself reports
// a body that ends early.
func readParts(r *Reader, parts []*part, results [][]byte) error {
	var far *part // the part that reaches farthest
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
				return err
			}
		}
		// The memory for a large part grows with what arrives, as for ReadAll.
		dst := make([]byte, len(known), int64(len(known))+min(left, trusted))
		copy(dst, known)
		if left > 0 {
			rest, err := r.readFull(dst[len(dst):], left)
			if err != nil {
				return err
			}
			dst = append(dst, rest...) // rest is in its memory already if that was enough
		}
		results[p.index] = dst
		if far == nil || p.off+p.n > far.off+far.n {
			far = p
		}
	}
	return nil
}
