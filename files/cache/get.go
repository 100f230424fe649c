package cache

import (
	"context"
	"math"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// maxSize is the largest size of a file that is cached, larger than any real file.
const maxSize = 1 << 60

// get carries out a Get: from the store, or from a download that fills it.
func (c *cache) get(ctx context.Context, call *files.Call, next func(context.Context) error) error {
	var o files.GetOptions
	if call.Get != nil {
		o = *call.Get
	}
	if c.bypasses(&o) {
		c.opts.Stats.bypassed.Add(1)
		return next(ctx)
	}
	s := c.state(call.Name)
	b := newBody(ctx, s, &o)
	made := false
	defer func() {
		if !made { // after an error, or a panic of the origin
			b.Close()
		}
	}()
	res := s.lookup(ctx, b)
	switch {
	case res.uncached:
		c.opts.Stats.bypassed.Add(1)
		return next(ctx)
	case res.err != nil && (o.IfVersion != "" || o.IfNotVersion != "") &&
		files.KindOf(res.err) == files.ErrNotExist:
		return next(ctx) // the origin returns the error for the condition
	case res.err != nil:
		return res.err
	case o.IfVersion != "" && o.IfVersion != res.info.Version:
		return files.ErrPrecondition
	case o.IfNotVersion == res.info.Version:
		return files.ErrNotModified
	}
	if res.hit {
		c.opts.Stats.hits.Add(1)
	} else {
		c.opts.Stats.misses.Add(1)
	}
	info := res.info
	info.Attributes = info.Attributes.Clone()
	off, n := o.Range.Resolve(info.Size)
	b.begin(&res, off, n)
	made = true
	call.Opened = driver.NewReader(ctx, driver.ReaderConfig{
		Name:    call.Name,
		Info:    info,
		Offset:  off,
		Length:  n,
		Body:    b,
		Timeout: o.ReadTimeout,
		Verify:  c.origin.Features().Digests,
	})
	return nil
}

// bypasses reports whether a Get goes to the origin alone: a raw key, a growing
// file, a read without a check, and options that are refused.
func (c *cache) bypasses(o *files.GetOptions) bool {
	f := c.origin.Features()
	return !f.Versions || !f.ReadConditions || o.Key != "" || o.Growing || o.SkipVerify ||
		o.Range.Check() != nil || o.ReadTimeout < 0 || o.Connections < 0 ||
		o.ConnectionsAfter < 0 || c.isOff()
}

// rounded returns the range of whole parts that is fetched for r. If r is the last
// bytes, it is a part more, because the size isn't known, and its beginning is
// discarded.
func rounded(r files.Range) files.Range {
	off, n, last := r.Parts()
	switch {
	case r.IsWhole() || n == 0:
		return r
	case last && n > math.MaxInt64-PartSize:
		return files.Range{}
	case last:
		return files.Last(n + PartSize)
	}
	from := off - off%PartSize
	if n >= maxSize || off > maxSize {
		return files.From(from)
	}
	end := (off + n + PartSize - 1) / PartSize * PartSize
	return files.Bytes(from, end-from)
}

// parts returns the number of parts of a file of the given size.
func parts(size int64) int64 { return (size + PartSize - 1) / PartSize }
