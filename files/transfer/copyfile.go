package transfer

import (
	"context"
	"io"
	"maps"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// copier is driver.BucketCopier.
type copier interface {
	CopyFrom(ctx context.Context, dstName string, src files.Bucket, srcName string,
		opts *files.CopyOptions) (files.Info, error)
}

// copyOrMove carries out a change, and returns how many bytes it copied.
func (r *run) copyOrMove(ctx context.Context, c Change) (int64, error) {
	if r.plan.opts.DryRun {
		return c.Size(), nil
	}
	if c.equal() {
		return 0, r.deleteSource(ctx, c)
	}
	n, version, err := r.copyTwice(ctx, c)
	if err == nil && c.Action == ActionMove {
		c.Source.Version = version
		err = r.deleteSource(ctx, c)
	}
	return n, err
}

// deleteSource deletes the version that the target has now.
func (r *run) deleteSource(ctx context.Context, c Change) error {
	return deleteListed(ctx, r.plan.src, c.Source)
}

// copyTwice copies a file, and begins again if that may help: drivers retry requests,
// but not a file that was changed while it was read.
func (r *run) copyTwice(ctx context.Context, c Change) (n int64, v files.Version, err error) {
	if err := r.afterTick(ctx, c); err != nil {
		return 0, "", err
	}
	n, v, err = r.copyOnce(ctx, c, false)
	switch files.KindOf(err) {
	case files.ErrChanged, files.ErrUncertain, files.ErrUnavailable:
		if ctx.Err() != nil {
			break
		}
		r.track.update(Event{Kind: EventRetry, Change: c, Err: err},
			func(p *Progress, _ *Result) { p.Retries++ })
		return r.copyOnce(ctx, c, true)
	}
	return n, v, err
}

// afterTick waits until a copy of a file that was just changed will have a later time
// than the file, in the resolution of both sides, so that the next run needs no Stat to
// find them equal. It waits at most one unit of the resolution, and a little more,
// because the clock of a file system is some milliseconds late.
func (r *run) afterTick(ctx context.Context, c Change) error {
	res := r.plan.resolution()
	if c.Source.ModTime.IsZero() || r.plan.opts.Compare != ByTime || r.plan.verb == verbMove {
		return nil
	}
	wait := time.Until(c.Source.ModTime.Truncate(res).Add(res))
	if res >= time.Millisecond {
		wait += clockLag
	}
	if wait <= 0 || wait > res+clockLag {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}

const clockLag = 50 * time.Millisecond

// copyOnce copies a file inside the store if possible, and through this process
// otherwise. It returns the size and the version that was copied; in a move, the listed
// version.
func (r *run) copyOnce(ctx context.Context, c Change,
	again bool) (n int64, v files.Version, err error) {
	p := r.plan
	name := p.dst.full(c.Name)
	opts := &files.CopyOptions{If: r.condition(c)}
	if p.verb == verbMove {
		opts.IfSource = c.Source.Version
	}
	inside, ok := p.dst.b.(copier)
	if ok && p.dst.features.ServerCopy && !p.opts.StoreTime && !p.opts.ContentOnly {
		_, err := inside.CopyFrom(ctx, name, p.src.b, c.Source.Name, opts)
		if files.KindOf(err) != files.ErrUnsupported {
			if err != nil {
				err = driver.NewError(files.OpCopy, c.Source.Name+" to "+name, err)
			} else {
				r.forget(ctx, c, name)
			}
			return c.Source.Size, c.Source.Version, err
		}
	}
	n, v, ok, err = r.large(ctx, c, name, opts, again)
	if !ok {
		if n, v, err = r.stream(ctx, c, name, opts); err == nil {
			r.forget(ctx, c, name)
		}
	}
	if err != nil {
		err = driver.NewError(files.OpCopy, c.Source.Name+" to "+name, err)
	}
	return n, v, err
}

// condition returns IfAbsent if no file may be overwritten and the bucket supports it.
func (r *run) condition(c Change) files.Condition {
	if r.plan.opts.NoOverwrite && r.plan.dst.features.IfAbsent {
		return files.IfAbsent()
	}
	return files.Condition{}
}

func (r *run) stream(ctx context.Context, c Change, name string,
	opts *files.CopyOptions) (int64, files.Version, error) {
	p := r.plan
	get := &files.GetOptions{}
	if p.src.features.ReadConditions {
		get.IfVersion = opts.IfSource
	}
	body, err := p.src.b.Get(ctx, c.Source.Name, get)
	if err != nil {
		return 0, "", err
	}
	defer body.Close()
	info := body.Info()
	if opts.IfSource != "" && info.Version != opts.IfSource {
		return 0, "", files.ErrPrecondition
	}
	put := &files.PutOptions{
		Attributes: p.attributes(info, c, p.storesTime(c)),
		If:         opts.If,
		Size:       &info.Size,
		Digest:     info.Digest,
	}
	content, done := r.counted(body, c.Source.Size)
	defer done()
	if _, err := p.dst.b.Put(ctx, name, content, put); err != nil {
		return 0, "", err
	}
	return info.Size, info.Version, nil
}

// attributes returns the attributes of the copy, which is dated if it stores the source's
// time.
func (p *Plan) attributes(info files.Info, c Change, dated bool) files.Attributes {
	if p.opts.ContentOnly || !p.dst.features.Attributes {
		return files.Attributes{}
	}
	a := info.Attributes
	if dated && !c.Source.ModTime.IsZero() {
		if _, ok := a.Metadata[timeKey]; !ok {
			a.Metadata = maps.Clone(a.Metadata)
			if a.Metadata == nil {
				a.Metadata = map[string]string{}
			}
			a.Metadata[timeKey] = formatTime(c.Source.ModTime)
		}
	}
	return a
}

// storesTime reports whether the copy stores the source's time: if that is asked for, or
// if the next plan by time can't see that the copy is later, because the source's time is
// in the future or closer to now than the clocks may differ.
func (p *Plan) storesTime(c Change) bool {
	return p.opts.StoreTime ||
		p.opts.Compare == ByTime && c.Source.ModTime.After(time.Now().Add(-p.opts.ClockSkew))
}

// countedSize is the smallest size of a file whose bytes are counted as they come. The
// body of a smaller file is passed to Put unwrapped, because the bucket may recognize
// it.
const countedSize = 8 << 20

// counted returns a reader that counts the bytes of a body as Active until done is
// called. planned is the size that the file had when it was listed.
func (r *run) counted(body *files.Reader, planned int64) (content io.Reader, done func()) {
	if body.Info().Size < countedSize || r.plan.opts.Progress == nil {
		return body, func() {}
	}
	a := &activeBytes{track: r.track, most: planned}
	return &counter{body, a}, a.end
}

type counter struct {
	r      io.Reader
	active *activeBytes
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.active.add(int64(n))
	return n, err
}
