package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// A unit is one test function: what it takes and what it reaches.
type unit struct {
	suite   int // its place in the plan
	folder  string
	name    string
	short   bool
	took    time.Duration
	used    time.Duration // processor time
	reached []byte        // by id
}

// A bench builds the test programs once, and runs parts of them.
type bench struct {
	dir      string // the module
	tmp      string
	overlay  string
	ids      int // the largest id
	programs map[string]string
	leftOut  map[string]bool // the tests that fail without a fault
	say      func(format string, args ...any)
}

func (b *bench) program(ctx context.Context, folder string) (string, error) {
	if p := b.programs[folder]; p != "" {
		return p, nil
	}
	p := filepath.Join(b.tmp, strings.ReplaceAll(folder, "/", "_")+".test")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", b.overlay,
		"-o", p, "./"+folder)
	cmd.Dir = b.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the tests of %s: %w\n%s", folder, err, out)
	}
	b.programs[folder] = p
	return p, nil
}

// list lists the test functions of a suite.
func (b *bench) list(ctx context.Context, s suite) ([]string, error) {
	program, err := b.program(ctx, s.folder)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "-test.list", cmp.Or(s.run, "."))
	cmd.Dir = filepath.Join(b.dir, s.folder)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the tests of %s: %w", s.folder, err)
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "Test") || strings.HasPrefix(line, "Fuzz") ||
			strings.HasPrefix(line, "Example") {
			names = append(names, line)
		}
	}
	return names, nil
}

// A stage is a part of the tests, explored when the first mutant comes to it.
type stage struct {
	long  bool // without -short
	units func() ([]*unit, error)
	try   func(*mutant, []*unit) (string, error)
}

// stages lists the tests for a package in the order in which they are asked: its own
// with -short, the other suites with -short, then what is longer without.
func (b *bench) stages(ctx context.Context, folder string, short bool) []stage {
	add := func(long bool, units func() ([]*unit, error)) stage {
		return stage{
			long:  long,
			units: sync.OnceValues(units),
			try:   func(m *mutant, u []*unit) (string, error) { return b.try(ctx, m, u) },
		}
	}
	suites := suitesOf(folder, true)
	own := add(false, func() ([]*unit, error) { return b.explore(ctx, suites[:1], true) })
	all := []stage{own}
	if len(suites) > 1 {
		all = append(all, add(false, func() ([]*unit, error) {
			return b.explore(ctx, suites[1:], true)
		}))
	}
	if short {
		return all
	}
	before := all
	return append(all, add(true, func() ([]*unit, error) {
		long, err := b.explore(ctx, suitesOf(folder, false), false)
		for _, s := range before {
			if err != nil {
				break
			}
			var units []*unit
			units, err = s.units()
			long = longer(long, units)
		}
		return long, err
	}))
}

// explore runs each test of some suites by itself, without a fault, and records what it
// reaches. A test that fails so is no judge of mutants and is left out, with a word
// about it.
func (b *bench) explore(ctx context.Context, suites []suite, short bool) ([]*unit, error) {
	var units []*unit
	for i, s := range suites {
		names, err := b.list(ctx, s)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
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
			if ok {
				units = append(units, u)
			}
		}
	}
	return units, nil
}

func (b *bench) exploreUnit(ctx context.Context, u *unit) (bool, error) {
	marks := filepath.Join(b.tmp, "reached")
	if err := os.WriteFile(marks, make([]byte, b.ids+1), 0o666); err != nil {
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
	u.reached, err = os.ReadFile(marks)
	return true, err
}

// process prepares to run units of one program.
func (b *bench) process(ctx context.Context, units []*unit, timeout time.Duration) (
	*process, error,
) {
	program, err := b.program(ctx, units[0].folder)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = regexp.QuoteMeta(u.name)
	}
	p := &process{
		program: program,
		dir:     filepath.Join(b.dir, units[0].folder),
		args: []string{"-test.v", "-test.failfast", "-test.timeout=0",
			"-test.run", "^(" + strings.Join(names, "|") + ")$"},
		timeout: timeout,
		scratch: filepath.Join(b.tmp, "scratch"),
	}
	if units[0].short {
		p.args = append(p.args, "-test.short")
	}
	return p, nil
}

// try runs the tests that reach the mutant, quick ones first, until one fails. It
// reports by which, or "" if the mutant survives them.
func (b *bench) try(ctx context.Context, m *mutant, units []*unit) (string, error) {
	for _, batch := range batches(units) {
		var took, used time.Duration
		for _, u := range batch {
			took += u.took
			used += u.used
		}
		p, err := b.process(ctx, batch, 5*time.Minute+5*took)
		if err != nil {
			return "", err
		}
		p.spin, p.idle = 4*time.Second+4*used, 8*time.Second+took
		p.env = append(p.env, fmt.Sprint(envMutant, "=", m.id))
		o, err := p.run(ctx)
		if err != nil {
			return "", err
		}
		if o.failed {
			return o.by, nil
		}
	}
	return "", nil
}

// batches groups tests of about the same cost, of one program each.
func batches(units []*unit) [][]*unit {
	tier := func(u *unit) int {
		switch {
		case u.took < 150*time.Millisecond:
			return 0
		case u.took < time.Second:
			return 1
		case u.took < 5*time.Second:
			return 2
		}
		return 3
	}
	byCost := slices.Clone(units)
	slices.SortStableFunc(byCost, func(a, b *unit) int {
		return cmp.Or(cmp.Compare(tier(a), tier(b)), cmp.Compare(a.suite, b.suite))
	})
	var all [][]*unit
	for _, u := range byCost {
		if n := len(all); n > 0 && all[n-1][0].folder == u.folder && tier(all[n-1][0]) == tier(u) {
			all[n-1] = append(all[n-1], u)
			continue
		}
		all = append(all, []*unit{u})
	}
	return all
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
		return s != nil && bytes.Equal(s.reached, u.reached) &&
			u.used < s.used*3/2+50*time.Millisecond
	})
}

// reaching selects the tests that reach the mutant.
func reaching(units []*unit, m *mutant) []*unit {
	var some []*unit
	for _, u := range units {
		if u.reached[m.id] != 0 {
			some = append(some, u)
		}
	}
	return some
}
