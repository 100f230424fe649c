package main

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// ordered puts the units in the order in which they are asked: those that killed the
// last mutants of the same function, then the quick ones, and of those that are alike
// the package's own first.
func (b *bench) ordered(m *mutant, units []*unit) []*unit {
	killers := b.killers[m.pkg+" "+m.function]
	place := func(u *unit) int {
		if i := slices.Index(killers, u.folder+" "+u.name); i >= 0 && u.cost() < 2*time.Second {
			return -1
		}
		return tier(u)
	}
	all := slices.Clone(units)
	slices.SortStableFunc(all, func(a, b *unit) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.suite, b.suite))
	})
	return all
}

// remember notes which unit of a batch killed a mutant.
func (b *bench) remember(m *mutant, by string, batch []*unit) {
	const many = 4
	for _, u := range batch {
		if !strings.HasSuffix(by, u.name) && !strings.Contains(by+"/", u.name+"/") {
			continue
		}
		of := m.pkg + " " + m.function
		name := u.folder + " " + u.name
		known := slices.DeleteFunc(b.killers[of], func(s string) bool { return s == name })
		known = append([]string{name}, known...)
		b.killers[of] = known[:min(many, len(known))]
		return
	}
}

// cost is what a unit costs. Its time on the clock counts little: on a loaded machine
// most of it is waiting for the others.
func (u *unit) cost() time.Duration { return u.used + u.took/8 }

// tier is the class of a unit's cost, from 0 for the quickest.
func tier(u *unit) int {
	t := 0
	for limit := 40 * time.Millisecond; u.cost() > limit && t < 8; limit *= 2 {
		t++
	}
	return t
}

// batches groups neighbours of one program. The first batches are small: most mutants
// die in them.
func batches(units []*unit) [][]*unit {
	var all [][]*unit
	var cost time.Duration
	budget := 250 * time.Millisecond
	for _, u := range units {
		n := len(all)
		if n > 0 && all[n-1][0].folder == u.folder && cost+u.cost() <= budget {
			all[n-1] = append(all[n-1], u)
			cost += u.cost()
			continue
		}
		if n > 0 {
			budget *= 2
		}
		all = append(all, []*unit{u})
		cost = u.cost()
	}
	return all
}
