package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// explore runs each test of some suites by itself, without a fault, and records what it
// reaches. A test that fails in this way can't judge mutants and is left out, with a
// word about it.
func (b *bench) explore(ctx context.Context, suites []suite, short bool) ([]*unit, error) {
	var units []*unit
	for i, s := range suites {
		names, err := b.list(ctx, s)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if !b.asked(name) {
				continue
			}
			u := &unit{
				suite:  i,
				folder: s.folder,
				name:   name,
				short:  short,
			}
			ok, err := b.exploreUnit(ctx, u)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			parts, err := b.split(ctx, u)
			if err != nil {
				return nil, err
			}
			units = append(units, parts...)
		}
	}
	return units, nil
}

// split explores the subtests of a long test one by one, so that a mutant is tried on
// the few that it makes a difference to. The whole test follows, for those that no
// subtest reaches by itself.
func (b *bench) split(ctx context.Context, whole *unit) ([]*unit, error) {
	if whole.used < b.longTest || len(whole.leaves) < 2 {
		return []*unit{whole}, nil
	}
	var parts []*unit
	for _, name := range whole.leaves {
		u := &unit{
			suite:  whole.suite,
			folder: whole.folder,
			name:   name,
			short:  whole.short,
		}
		ok, err := b.exploreUnit(ctx, u)
		if err != nil {
			return nil, err
		}
		if ok {
			parts = append(parts, u)
		}
	}
	for i := range whole.marks {
		for _, u := range parts {
			if u.marks[i] != 0 {
				whole.marks[i] = 0
			}
		}
	}
	return append(parts, whole), nil
}

// leaves are the tests that have no subtests.
func leaves(ran []string) []string {
	parent := map[string]bool{}
	for _, name := range ran {
		for i := range name {
			if name[i] == '/' {
				parent[name[:i]] = true
			}
		}
	}
	var out []string
	for _, name := range ran {
		if !parent[name] && strings.Contains(name, "/") {
			out = append(out, name)
		}
	}
	return out
}

func (b *bench) exploreUnit(ctx context.Context, u *unit) (bool, error) {
	if b.explored.recall(u) {
		return true, nil
	}
	marks := filepath.Join(b.tmp, "reached")
	if err := os.WriteFile(marks, make([]byte, 2*(b.ids+1)), 0o666); err != nil {
		return false, err
	}
	p, err := b.process(ctx, []*unit{u}, 5*time.Minute)
	if err != nil {
		return false, err
	}
	p.env = append(p.env, envReached+"="+marks)
	o, err := p.run(ctx)
	if err != nil {
		return false, err
	}
	if o.failed && !b.leftOut[u.folder+" "+u.name] {
		b.leftOut[u.folder+" "+u.name] = true
		b.say("left out, since it fails without a mutant: %s of %s\n%s", u.name, u.folder,
			strings.Join(o.output, "\n"))
	}
	if o.failed {
		return false, nil
	}
	u.took, u.used = o.took, o.used
	u.leaves = leaves(o.ran)
	if u.marks, err = os.ReadFile(marks); err != nil {
		return false, err
	}
	return true, b.explored.keep(u)
}

// longer selects the tests that do more than their short form did: they reach more, or
// take longer. To run the others again would double the cost of each survivor.
func longer(all, short []*unit) []*unit {
	before := map[string]*unit{}
	for _, u := range short {
		before[u.folder+" "+u.name] = u
	}
	return slices.DeleteFunc(all, func(u *unit) bool {
		s := before[u.folder+" "+u.name]
		return s != nil && bytes.Equal(s.marks, u.marks) &&
			u.used < s.used*3/2+50*time.Millisecond
	})
}
