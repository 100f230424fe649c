package transfer

import (
	"bytes"
	"context"
	"io"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/each"
)

// compare compares the files of a change. If one file can't be read, the files differ,
// and the copy reports the error.
func (p *Plan) compare(ctx context.Context, c *Change, now time.Time) error {
	var (
		same bool
		why  Reason
		err  error
	)
	switch p.opts.Compare {
	case ByStoredTime:
		same, why, err = p.byStoredTime(ctx, c)
	case ByContent:
		same, why, err = p.byContent(ctx, c)
	default:
		same, why, err = p.byDigest(ctx, c)
		if why == ReasonNoDigest && p.opts.Compare == ByDigestOrContent {
			same, why, err = p.byContent(ctx, c)
		}
	}
	switch {
	case err != nil && (ctx.Err() != nil || hopeless(err)):
		return err
	case err != nil:
		p.differing(c, ReasonNoDigest, now)
	case same:
		p.same(c, why)
	default:
		p.differing(c, why, now)
	}
	return nil
}

// byDigest compares a digest that both sides have. With ByTime it is used if the times
// don't decide, and the source's time in the target's metadata may decide too.
func (p *Plan) byDigest(ctx context.Context, c *Change) (same bool, why Reason, err error) {
	src, dst, err := p.both(ctx, c)
	if err != nil {
		return false, "", err
	}
	if same, ok := sameDigest(src.Digest, dst.Digest); ok {
		if same {
			return true, ReasonSameDigest, nil
		}
		return false, ReasonDigest, nil
	}
	if p.opts.Compare == ByTime {
		if s, ok := storedTime(dst); ok && sameTime(sourceTime(src, c), s, p.resolution()) {
			return true, ReasonSameStored, nil
		}
		if c.Source.ModTime.IsZero() || c.Target.ModTime.IsZero() {
			return false, ReasonNoTime, nil
		}
		return false, ReasonNewer, nil
	}
	return false, ReasonNoDigest, nil
}

// both calls Stat on both sides at the same time.
func (p *Plan) both(ctx context.Context, c *Change) (src, dst files.Info, err error) {
	sides := [2]struct {
		b    files.Bucket
		name string
	}{{p.src.b, c.Source.Name}, {p.dst.b, c.Target.Name}}
	var infos [2]files.Info
	var errs [2]error
	each.Index(2, 2, func(i int) bool {
		infos[i], errs[i] = sides[i].b.Stat(ctx, sides[i].name, nil)
		return true
	})
	if err = errs[0]; err == nil {
		err = errs[1]
	}
	return infos[0], infos[1], err
}

// sameDigest compares the digests that both sides have; ok is false if there is none.
func sameDigest(a, b files.Digest) (same, ok bool) {
	if a.Conflict(b) != "" {
		return false, true
	}
	for _, d := range [][2]string{
		{a.SHA256, b.SHA256}, {a.MD5, b.MD5}, {a.CRC64NVME, b.CRC64NVME},
		{a.CRC32C, b.CRC32C}, {a.CRC32, b.CRC32},
	} {
		if d[0] != "" && d[1] != "" {
			return true, true
		}
	}
	return false, false
}

// byStoredTime compares the source's time with the time in the target's metadata.
func (p *Plan) byStoredTime(ctx context.Context, c *Change) (same bool, why Reason, err error) {
	dst, err := p.dst.b.Stat(ctx, c.Target.Name, nil)
	if err != nil {
		return false, "", err
	}
	stored, ok := storedTime(dst)
	switch {
	case !ok:
		return false, ReasonNoTime, nil
	case sameTime(c.Source.ModTime, stored, max(p.src.features.TimeResolution, 1)):
		return true, ReasonSameStored, nil
	}
	// the source may be a copy, whose metadata has the first file's time
	src, err := p.src.b.Stat(ctx, c.Source.Name, nil)
	if err != nil {
		return false, "", err
	}
	if t, ok := storedTime(src); ok && sameTime(t, stored, 1) {
		return true, ReasonSameStored, nil
	}
	return false, ReasonTime, nil
}

// byContent reads both files to the end, or to the first byte that differs.
func (p *Plan) byContent(ctx context.Context, c *Change) (same bool, why Reason, err error) {
	a, err := p.src.b.Get(ctx, c.Source.Name, nil)
	if err != nil {
		return false, "", err
	}
	defer a.Close()
	b, err := p.dst.b.Get(ctx, c.Target.Name, nil)
	if err != nil {
		return false, "", err
	}
	defer b.Close()
	same, err = sameBytes(a, b)
	if same {
		return true, ReasonSameContent, err
	}
	return false, ReasonContent, err
}

func sameBytes(a, b io.Reader) (bool, error) {
	const size = 64 << 10
	bufs := make([]byte, 2*size)
	for {
		n, errA := io.ReadFull(a, bufs[:size])
		m, errB := io.ReadFull(b, bufs[size:])
		for _, err := range []error{errA, errB} {
			if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
				return false, err
			}
		}
		if !bytes.Equal(bufs[:n], bufs[size:size+m]) {
			return false, nil
		}
		if errA != nil || errB != nil {
			return n == m, nil
		}
	}
}
