package main

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// A unit is one test function, or one subtest of a long one: what it takes and what it
// reaches.
type unit struct {
	suite  int // its place in the plan
	folder string
	name   string // "TestMem/X1/model"
	short  bool
	took   time.Duration
	used   time.Duration // processor time
	leaves []string      // the names of its subtests
	marks  []byte        // two for each id: a switch was reached, and made a difference
}

// reaches reports whether the unit runs the place of a mutant.
func (u *unit) reaches(m *mutant) bool { return u.marks[2*m.id] != 0 }

// feels reports whether the mutant makes a difference there.
func (u *unit) feels(m *mutant) bool { return u.marks[2*m.id+1] != 0 }

// pattern selects the unit alone.
func (u *unit) pattern() string {
	parts := strings.Split(u.name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// A bench builds the test programs once, and runs parts of them.
type bench struct {
	dir      string // the module
	tmp      string
	overlay  string
	ids      int           // the largest id
	longTest time.Duration // a test that needs more is split into its subtests
	own      bool          // only the tests of the package itself
	programs map[string]string
	leftOut  map[string]bool     // the tests that fail without a fault
	killers  map[string][]string // by function: the tests that killed its mutants, last first
	asked    func(string) bool   // whether a test, by its name, may judge mutants
	explored *explored
	say      func(format string, args ...any)
}

func (b *bench) program(ctx context.Context, folder string) (string, error) {
	if p := b.programs[folder]; p != "" {
		return p, nil
	}
	p := filepath.Join(b.tmp, strings.ReplaceAll(folder, "/", "_")+".test")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-ldflags=-s -w",
		"-overlay", b.overlay, "-o", p, "./"+folder)
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

// suites are the suites that are asked for a package.
func (b *bench) suites(folder string, short bool) []suite {
	all := suitesOf(folder, short)
	if b.own {
		return all[:1]
	}
	return all
}

// stages lists the tests for a package in the order in which they are asked: its own
// with -short, each other suite with -short, then what is longer without.
func (b *bench) stages(ctx context.Context, folder string, short bool) []stage {
	add := func(long bool, units func() ([]*unit, error)) stage {
		return stage{
			long:  long,
			units: sync.OnceValues(units),
			try:   func(m *mutant, u []*unit) (string, error) { return b.try(ctx, m, u) },
		}
	}
	var all []stage
	for _, s := range b.suites(folder, true) {
		all = append(all, add(false, func() ([]*unit, error) {
			return b.explore(ctx, []suite{s}, true)
		}))
	}
	if short {
		return all
	}
	before := all
	return append(all, add(true, func() ([]*unit, error) {
		long, err := b.explore(ctx, b.suites(folder, false), false)
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
		names[i] = u.pattern()
	}
	p := &process{
		program: program,
		dir:     filepath.Join(b.dir, units[0].folder),
		args: []string{"-test.v", "-test.failfast", "-test.timeout=0",
			"-test.run", strings.Join(names, "|")},
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
	for _, batch := range batches(b.ordered(m, units)) {
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
			b.remember(m, o.by, batch)
			return o.by, nil
		}
	}
	return "", nil
}
