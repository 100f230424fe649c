package transfer

import (
	"context"
	"time"

	"cloudfiles.dev/files"
)

// pair is a name and the entries that the two sides have under it.
type pair struct {
	name           string
	src, dst       files.Entry
	hasSrc, hasDst bool
	foreign        bool // src has a key that is not a legal name
}

// merge calls f for each name of both trees, in order, and returns the error that ended
// it. A listing that fails ends the merge at once: after the last name that the source
// has listed, no file is known to be missing there.
func (p *Plan) merge(ctx context.Context, f func(*pair) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	skip := p.filter.skipsDir
	skipDst := skip
	if p.filter.takesAll() {
		skip, skipDst = nil, nil
	}
	if p.opts.DeleteExcluded {
		skipDst = nil
	}
	dst := list(ctx, p.dst, false, p.opts.ParallelList, skipDst)
	src := &listing{done: true}
	defer func() {
		cancel()
		dst.drain()
		src.drain()
	}()
	if p.verb != verbRemove {
		src = list(ctx, p.src, true, p.opts.ParallelList, skip)
	}
	for m := new(pair); ; *m = (pair{}) {
		s, okS := src.peek(ctx)
		if src.err != nil {
			return src.err
		}
		d, okD := dst.peek(ctx)
		if dst.err != nil {
			return dst.err
		}
		switch foreign := okS && s.name == ""; {
		case !okS && !okD:
			return nil
		case foreign && (!okD || p.src.keyBelow(s.entry.Key) < d.name):
			m.src, m.hasSrc, m.foreign = s.entry, true, true
			src.next()
		case okS && !foreign && (!okD || s.name < d.name):
			m.name, m.src, m.hasSrc = s.name, s.entry, true
			src.next()
		case !okS || foreign || d.name < s.name:
			m.name, m.dst, m.hasDst = d.name, d.entry, true
			dst.next()
		default:
			m.name, m.src, m.hasSrc = s.name, s.entry, true
			m.dst, m.hasDst = d.entry, true
			src.next()
			dst.next()
		}
		if !f(m) {
			return nil
		}
	}
}

// decide returns the change for a pair, as far as the listings decide. If ask is true,
// the files must be compared, and the change is for the case that they differ.
func (p *Plan) decide(c *Change, m *pair, now time.Time) (ask, ok bool) {
	c.Name, c.Source, c.Target = m.name, m.src, m.dst
	if m.foreign {
		c.Action, c.Reason = ActionSkip, ReasonForeign
		return false, p.filter.takes(p.src.keyBelow(m.src.Key))
	}
	taken := p.filter.takes(m.name)
	if p.verb == verbRemove {
		c.Action, c.Reason = ActionDelete, ReasonRemoved
		return false, taken
	}
	if isLeftover(m.name) { // the download may still be going on
		c.Action, c.Reason = ActionSkip, ReasonLeftover
		return false, m.hasSrc && taken
	}
	if !taken {
		c.Action, c.Reason = ActionDelete, ReasonExcluded
		return false, p.verb == verbSync && p.opts.DeleteExcluded && m.hasDst
	}
	if !m.hasSrc {
		c.Action, c.Reason = ActionDelete, ReasonNotInSource
		return false, p.verb == verbSync
	}
	if p.opts.Select != nil && !p.opts.Select(m.src) {
		return false, false
	}
	c.Action, c.Reason = ActionCopy, ReasonMissing
	if p.verb == verbMove {
		c.Action = ActionMove
	}
	return m.hasDst && p.decideBoth(c, now), true
}

// decideBoth decides about a file that both sides have, or returns true if the files
// must be compared.
func (p *Plan) decideBoth(c *Change, now time.Time) (ask bool) {
	switch {
	case c.Source.Size != c.Target.Size:
		p.differing(c, ReasonSize, now)
		return false
	case p.opts.Compare == BySize:
		p.same(c, ReasonSameSize)
		return false
	case p.opts.Compare != ByTime:
		return true
	}
	switch p.order(c, now) {
	case targetNewer:
		p.same(c, ReasonSameTime)
		return false
	case sourceNewer:
		p.differing(c, ReasonNewer, now)
		return false
	}
	return true
}

// same sets the change for a file that is the same on both sides.
func (p *Plan) same(c *Change, why Reason) {
	c.Reason = why
	if p.verb != verbMove { // a move must still delete the source's file
		c.Action = ActionKeep
	}
}

// differing sets the change for a file that differs. The options may keep the target's
// file.
func (p *Plan) differing(c *Change, why Reason, now time.Time) {
	c.Reason = why
	switch {
	case p.opts.NoOverwrite:
		c.Action, c.Reason = ActionSkip, ReasonExists
	case p.opts.KeepNewer && p.order(c, now) == targetNewer:
		c.Action, c.Reason = ActionSkip, ReasonTargetNewer
	}
}

// timeOrder says which side of a file was changed last.
type timeOrder int

const (
	unknownOrder timeOrder = iota
	sourceNewer
	targetNewer
)

// order compares the times of both sides, truncated to the coarser of their
// resolutions. Equal times don't decide, because the source may have been changed right
// after the copy. A zero time, and a time of the source in the future, don't decide
// either.
func (p *Plan) order(c *Change, now time.Time) timeOrder {
	s, d := c.Source.ModTime, c.Target.ModTime
	if s.IsZero() || d.IsZero() || s.After(now) {
		return unknownOrder
	}
	res := p.resolution()
	if res > 1 {
		s, d = s.Truncate(res), d.Truncate(res)
	}
	switch {
	case d.Sub(s) > p.opts.ClockSkew:
		return targetNewer
	case s.Sub(d) > p.opts.ClockSkew:
		return sourceNewer
	}
	return unknownOrder
}

// resolution returns the coarser resolution of the times of both sides.
func (p *Plan) resolution() time.Duration {
	return max(p.src.features.TimeResolution, p.dst.features.TimeResolution, 1)
}
