package model

import (
	"fmt"
	"reflect"
	"slices"

	"cloudfiles.dev/files"
)

// shrinkRuns is the largest number of sequences that one shrinking tries.
const shrinkRuns = 1500

// shrinker simplifies a sequence as long as it fails.
type shrinker struct {
	fails func([]step) *difference // on a new bucket
	more  func() bool              // whether there is time
	names []string                 // that the bucket accepts together, the simplest first
	steps []step
	d     *difference
	runs  int
	tried map[string]bool
}

// shrink returns a shrinker with the simplest sequence that it found, and its difference.
// It tries until nothing more can be simplified. Names become simpler ones of names only:
// with others, a bucket could refuse the sequence for another reason than the one that
// was found.
func shrink(steps []step, d *difference, names []string, fails func([]step) *difference,
	more func() bool) *shrinker {
	s := &shrinker{
		fails: fails,
		more:  more,
		names: names,
		steps: slices.Clone(steps[:d.step]),
		d:     d,
		tried: map[string]bool{},
	}
	for s.removed() || s.renamed() || s.simplified() {
	}
	return s
}

// try keeps the steps if they fail too.
func (s *shrinker) try(steps []step) bool {
	key := fmt.Sprint(steps)
	if s.tried[key] || s.runs >= shrinkRuns || !s.more() {
		return false
	}
	s.tried[key] = true
	s.runs++
	d := s.fails(steps)
	if d == nil {
		return false
	}
	s.steps, s.d = slices.Clone(steps[:d.step]), d
	return true
}

// removed removes runs of steps, long ones first.
func (s *shrinker) removed() (any bool) {
	for n := len(s.steps) / 2; n > 0; n /= 2 {
		// Later steps first, because fewer steps depend on them.
		for at := len(s.steps) - n; at >= 0; at-- {
			if at+n <= len(s.steps) && s.try(slices.Concat(s.steps[:at], s.steps[at+n:])) {
				any = true
			}
		}
	}
	return any
}

// renamed replaces names by simpler ones in all steps.
func (s *shrinker) renamed() (any bool) {
	for rank := len(s.names) - 1; rank > 0; rank-- {
		for simpler := range rank {
			if s.try(renameIn(s.steps, s.names[rank], s.names[simpler])) {
				any = true
				break
			}
		}
	}
	return any
}

func renameIn(steps []step, from, to string) []step {
	all := slices.Clone(steps)
	for i := range all {
		for _, name := range []*string{&all[i].name, &all[i].to, &all[i].list.StartAfter} {
			if *name == from {
				*name = to
			}
		}
	}
	return all
}

// simplified simplifies single steps, one field at a time.
func (s *shrinker) simplified() (any bool) {
	for i := len(s.steps) - 1; i >= 0; i-- {
		for again := true; again; {
			again = false
			if i >= len(s.steps) {
				break
			}
			for _, simple := range simpler(s.steps[i]) {
				all := slices.Clone(s.steps)
				all[i] = simple
				if s.try(all) {
					again, any = true, true
					break
				}
			}
		}
	}
	return any
}

// simpler returns the steps that differ from s in one field and are simpler.
func simpler(s step) (all []step) {
	vary := func(change func(*step)) {
		c := s
		if change(&c); !reflect.DeepEqual(c, s) {
			all = append(all, c)
		}
	}
	vary(func(c *step) { c.part = files.Range{} })
	vary(func(c *step) { c.attributes = 0 })
	vary(func(c *step) { c.cond = anyState })
	vary(func(c *step) { c.source = anyState })
	vary(func(c *step) { c.stream = false })
	vary(func(c *step) { c.flaw = sound })
	vary(func(c *step) { c.list = files.ListOptions{} })
	vary(func(c *step) { c.list.Shallow = false })
	vary(func(c *step) { c.list.Prefix = "" })
	vary(func(c *step) { c.list.StartAfter = "" })
	vary(func(c *step) { c.list.Limit = 0 })
	vary(func(c *step) { c.list.PageSize = 0 })
	vary(func(c *step) { c.list.NamesOnly = false })
	vary(func(c *step) { c.content.seed = 0 })
	if s.do == doMove {
		vary(func(c *step) { c.do = doCopy })
	}
	if s.do == doList || s.do == doDeleteDir {
		vary(func(c *step) { c.name = "" })
	}
	if s.do == doGet && s.part == (files.Range{}) && s.cond == anyState && s.source == anyState {
		vary(func(c *step) { c.do = doStat })
	}
	for _, size := range stepSizes[:max(slices.Index(stepSizes, s.content.size), 0)] {
		vary(func(c *step) { c.content.size = size })
	}
	for i := range s.attributes {
		vary(func(c *step) { c.attributes = i })
	}
	for _, part := range stepRanges[:max(slices.Index(stepRanges, s.part), 0)] {
		vary(func(c *step) { c.part = part })
	}
	return all
}
