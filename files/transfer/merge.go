package transfer

import (
	"context"
	"time"

	"cloudfiles.dev/files"
)

// pair is a name with what the sides have under it.
type pair struct {
	name           string
	src, dst       files.Entry
	hasSrc, hasDst bool
	foreign        bool // src has a key that is not a legal name
}

// merge calls f for each name of both trees, in order, and returns what ended it. A
// listing that fails ends the merge at once: behind the last name of the source that came
// before, nothing can be known to be missing there.
func (p *Plan) merge(ctx context.Context, f func(pair) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	dst := list(ctx, p.dst, false)
	src := &listing{done: true}
	defer func() {
		cancel()
		dst.drain()
		src.drain()
	}()
	if p.verb != verbRemove {
		src = list(ctx, p.src, true)
	}
	for {
		s, okS := src.peek(ctx)
		if src.err != nil {
			return src.err
		}
		if okS && s.name == "" {
			src.next()
			if !f(pair{src: s.entry, hasSrc: true, foreign: true}) {
				return nil
			}
			continue
		}
		d, okD := dst.peek(ctx)
		if dst.err != nil {
			return dst.err
		}
		var m pair
		switch {
		case !okS && !okD:
			return nil
		case okS && (!okD || s.name < d.name):
			m = pair{name: s.name, src: s.entry, hasSrc: true}
			src.next()
		case !okS || d.name < s.name:
			m = pair{name: d.name, dst: d.entry, hasDst: true}
			dst.next()
		default:
			m = pair{
				name:   s.name,
				src:    s.entry,
				dst:    d.entry,
				hasSrc: true,
				hasDst: true,
			}
			src.next()
			dst.next()
		}
		if !f(m) {
			return nil
		}
	}
}

// decide returns the change for a pair, as far as the listings decide. If ask is true,
// the files must be looked at: the change is the one to make if they differ.
func (p *Plan) decide(m pair, now time.Time) (c Change, ask, ok bool) {
	c = Change{Name: m.name, Source: m.src, Target: m.dst}
	if m.foreign {
		c.Action, c.Reason = ActionSkip, ReasonForeign
		return c, false, true
	}
	taken := p.filter.takes(m.name)
	if p.verb == verbRemove {
		c.Action, c.Reason = ActionDelete, ReasonRemoved
		return c, false, taken
	}
	if !taken {
		c.Action, c.Reason = ActionDelete, ReasonExcluded
		return c, false, p.verb == verbSync && p.opts.DeleteExcluded && m.hasDst
	}
	if !m.hasSrc {
		c.Action, c.Reason = ActionDelete, ReasonNotInSource
		return c, false, p.verb == verbSync
	}
	if p.opts.Select != nil && !p.opts.Select(m.src) {
		return c, false, false
	}
	c.Action = ActionCopy
	if p.verb == verbMove {
		c.Action = ActionMove
	}
	if !m.hasDst {
		c.Reason = ReasonMissing
		return c, false, true
	}
	return p.decideBoth(c, now)
}

// decideBoth decides about a file that both sides have.
func (p *Plan) decideBoth(c Change, now time.Time) (_ Change, ask, ok bool) {
	switch {
	case c.Source.Size != c.Target.Size:
		return p.differing(c, ReasonSize, now), false, true
	case p.opts.Compare == BySize:
		return p.same(c, ReasonSameSize), false, true
	case p.opts.Compare != ByTime:
		return c, true, true
	}
	switch p.order(c, now) {
	case targetNewer:
		return p.same(c, ReasonSameTime), false, true
	case sourceNewer:
		return p.differing(c, ReasonNewer, now), false, true
	}
	return c, true, true
}

// same returns the change for a file that is the same on both sides.
func (p *Plan) same(c Change, why Reason) Change {
	c.Reason = why
	if p.verb != verbMove { // which still has the source's file to delete
		c.Action = ActionKeep
	}
	return c
}

// differing returns the change for a file that differs, for which the target's may be
// kept.
func (p *Plan) differing(c Change, why Reason, now time.Time) Change {
	c.Reason = why
	switch {
	case p.opts.NoOverwrite:
		c.Action, c.Reason = ActionSkip, ReasonExists
	case p.opts.KeepNewer && p.order(c, now) == targetNewer:
		c.Action, c.Reason = ActionSkip, ReasonTargetNewer
	}
	return c
}

// timeOrder is which side of a file was changed last.
type timeOrder int

const (
	unknownOrder timeOrder = iota
	sourceNewer
	targetNewer
)

// order compares the times of both sides, cut to the coarser of their resolutions.
// Equal times say nothing: the source may have been changed right after the copy.
// Neither does a time that is zero, or one of the source that lies in the future.
func (p *Plan) order(c Change, now time.Time) timeOrder {
	s, d := c.Source.ModTime, c.Target.ModTime
	if s.IsZero() || d.IsZero() || s.After(now.Add(time.Minute)) {
		return unknownOrder
	}
	res := p.resolution()
	s, d = s.Truncate(res), d.Truncate(res)
	switch {
	case d.Sub(s) > p.opts.ClockSkew:
		return targetNewer
	case s.Sub(d) > p.opts.ClockSkew:
		return sourceNewer
	}
	return unknownOrder
}

// resolution is the coarser resolution of the times of both sides.
func (p *Plan) resolution() time.Duration {
	return max(p.src.features.TimeResolution, p.dst.features.TimeResolution, 1)
}
