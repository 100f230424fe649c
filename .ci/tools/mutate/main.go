// Command mutate finds out what the tests notice. It puts small faults into packages,
// one at a time: a negated condition, a comparison that is off by one, && for ||, a
// dropped statement, a dropped error, another constant, swapped operands. It runs the
// tests that reach each fault. A fault that no test notices is a hole in the tests, or
// it makes no difference; then survivors.txt says why.
//
//	mutate [flags] [-pkg drivers/mem,files]
//
// All faults of a package are compiled into it at once, asleep, by an overlay of go
// build: the tree isn't touched, and each test program is built once. Every test, and
// every subtest of a long one, runs by itself first, to learn how long it takes and to
// which faults it makes a difference. A fault is tried on those tests alone: first on
// those that killed others in the same function, then on the quick ones, until one fails.
//
// The command fails if a mutant survives that isn't judged, or if one that is judged is
// killed or doesn't exist any more. With -short it fails if less than 85% are killed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the command's flags.
type options struct {
	dir     string
	pkgs    string
	list    string
	report  string
	match   string
	sample  int
	seed    uint64
	short   bool
	own     bool
	dry     bool
	recheck bool
	split   time.Duration
	run     string
	skip    string
	visited string
}

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", ".", "the module's `folder`")
	flag.StringVar(&o.pkgs, "pkg", strings.Join(everyday, ","), "the `packages` to mutate")
	flag.StringVar(&o.list, "judged", ".ci/tools/mutate/survivors.txt",
		"the list of judged survivors, a `file` below -dir")
	flag.StringVar(&o.report, "report", "", "also write the results to this `file`")
	flag.StringVar(&o.match, "match", "", "only mutants whose line or key matches this `regexp`")
	flag.IntVar(&o.sample, "sample", 0, "only `n` mutants of each package; 0 for all")
	flag.Uint64Var(&o.seed, "seed", 1, "which ones a sample has")
	flag.BoolVar(&o.short, "short", false, "only the tests with -short")
	flag.BoolVar(&o.own, "own", false, "only the package's own tests; "+
		"a survivor may be killed by the others")
	flag.BoolVar(&o.dry, "n", false, "only list the mutants")
	flag.BoolVar(&o.recheck, "recheck", false, "only the judged survivors: do they still survive?")
	flag.DurationVar(&o.split, "split", time.Second, "ask the subtests of a test one by one "+
		"if it takes more time of the processor")
	flag.StringVar(&o.run, "run", "", "only the tests whose name matches this `regexp`; "+
		"a survivor may be killed by the others")
	flag.StringVar(&o.skip, "skip", "", "without the tests whose name matches this `regexp`")
	flag.StringVar(&o.visited, "explored", "", "keep in this `folder` what each test reaches, "+
		"and don't explore it again")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "mutate: unexpected argument", flag.Arg(0))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := mutate(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func mutate(ctx context.Context, o options, out io.Writer) error {
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	if o.report != "" {
		f, err := os.Create(o.report)
		if err != nil {
			return err
		}
		defer f.Close()
		out = io.MultiWriter(out, f)
	}
	match, err := regexp.Compile(o.match)
	if err != nil {
		return err
	}
	asked, err := filter(o.run, o.skip)
	if err != nil {
		return err
	}
	known, err := readJudged(filepath.Join(dir, o.list))
	if err != nil {
		return err
	}
	targets, err := load(dir, strings.Split(o.pkgs, ","))
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil { // tests start programs as other users
		return err
	}
	adopt()
	limit()
	r := &runner{
		options: o,
		known:   known,
		match:   match,
		out:     out,
		bench: &bench{
			dir:      dir,
			tmp:      tmp,
			programs: map[string]string{},
			longTest: o.split,
			own:      o.own,
			leftOut:  map[string]bool{},
			killers:  map[string][]string{},
			asked:    asked,
			explored: newExplored(o.visited, targets),
		},
	}
	r.bench.say = func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	for _, t := range targets {
		for _, m := range t.mutants {
			r.bench.ids = max(r.bench.ids, m.id)
		}
	}
	if r.bench.overlay, err = overlay(targets, tmp); err != nil {
		return err
	}
	return r.run(ctx, targets)
}

// filter returns a function that reports whether a test is asked.
func filter(run, skip string) (func(name string) bool, error) {
	only, err := regexp.Compile(run)
	if err != nil {
		return nil, err
	}
	without, err := regexp.Compile(skip)
	if err != nil {
		return nil, err
	}
	return func(name string) bool {
		return only.MatchString(name) && (skip == "" || !without.MatchString(name))
	}, nil
}

// A runner goes through the mutants of the packages.
type runner struct {
	options
	known map[string]string // the judged survivors
	match *regexp.Regexp
	out   io.Writer
	bench *bench
}

func (r *runner) run(ctx context.Context, targets []*target) error {
	var errs []error
	tallies := make([]tally, len(targets))
	for i, t := range targets {
		tallies[i].all = len(t.mutants)
		errs = append(errs, r.gone(t)...)
		if err := r.target(ctx, t, &tallies[i]); err != nil {
			return err
		}
	}
	if r.dry {
		return errors.Join(errs...)
	}
	for i, t := range targets {
		c := &tallies[i]
		c.print(r.out, t.folder, r.short)
		if n := c.counted[revived]; n > 0 {
			errs = append(errs, fmt.Errorf("%s: %d judged survivors are killed; remove them from "+
				"the list", t.folder, n))
		}
		if n := c.counted[survived]; n > 0 && !r.short {
			errs = append(errs, fmt.Errorf("%s: %d survivors are not judged", t.folder, n))
		}
		if r.short && c.killed(true) < 85 {
			errs = append(errs, fmt.Errorf("%s: less than 85%% are killed", t.folder))
		}
	}
	return errors.Join(errs...)
}

// gone reports judged survivors that the code doesn't have any more.
func (r *runner) gone(t *target) []error {
	has := map[string]bool{}
	for _, m := range t.mutants {
		has[m.key()] = true
	}
	var errs []error
	for key := range r.known {
		if folder, _, _ := strings.Cut(key, " "); folder == t.folder && !has[key] {
			errs = append(errs, fmt.Errorf("judged, and not in the code any more: %s", key))
		}
	}
	return errs
}

// chosen are the mutants that the flags ask for.
func (r *runner) chosen(t *target) []*mutant {
	var some []*mutant
	for _, m := range t.mutants {
		_, known := r.known[m.key()]
		if (known || !r.recheck) &&
			(r.match.MatchString(m.key()) || r.match.MatchString(line(m, ""))) {
			some = append(some, m)
		}
	}
	return sample(some, r.sample, r.seed)
}

func (r *runner) target(ctx context.Context, t *target, counts *tally) error {
	some := r.chosen(t)
	if r.dry {
		for _, m := range some {
			fmt.Fprintln(r.out, line(m, m.key()))
		}
		return nil
	}
	if len(some) == 0 {
		return nil
	}
	r.bench.say("%s: %d mutants, %d of them tried (seed %d)", t.folder, len(t.mutants), len(some),
		r.seed)
	// Stage by stage, so that a suite which takes minutes to build is built for the few
	// that are left.
	verdicts := map[*mutant]verdict{}
	for _, st := range r.bench.stages(ctx, t.folder, r.short) {
		killed := killedShort
		if st.long {
			killed = killedLong
		}
		var left []*mutant
		for _, m := range some {
			if _, known := r.known[m.key()]; st.long && known && !r.recheck {
				left = append(left, m)
				continue
			}
			v, by, err := r.stage(m, st, verdicts[m], killed)
			if err != nil {
				return err
			}
			if verdicts[m] = v; v != killed {
				left = append(left, m)
				continue
			}
			r.record(counts, m, v, by)
		}
		some = left
	}
	for _, m := range some {
		r.record(counts, m, verdicts[m], "")
	}
	return nil
}

// stage tries a mutant on the tests that reach it. The verdict stays if there are none.
func (r *runner) stage(m *mutant, st stage, v, killed verdict) (verdict, string, error) {
	units, err := st.units()
	if err != nil {
		return v, "", err
	}
	reached := slices.ContainsFunc(units, func(u *unit) bool { return u.reaches(m) })
	units = slices.DeleteFunc(slices.Clone(units), func(u *unit) bool { return !u.feels(m) })
	if len(units) == 0 {
		if reached {
			v = survived
		}
		return v, "", nil
	}
	by, err := st.try(m, units)
	if err != nil || by == "" {
		return survived, "", err
	}
	return killed, by, nil
}

// record notes what became of a mutant, and says it.
func (r *runner) record(counts *tally, m *mutant, v verdict, by string) {
	what := ""
	reason, known := r.known[m.key()]
	switch {
	case v == unreached:
		what = "unreached"
		if known {
			v, what = judged, "unreached, judged "+reason
		}
	case v == survived && known:
		v, what = judged, "survived, judged "+reason
	case v == survived:
		what = "survived\n  " + m.key()
	case known:
		v, what = revived, "judged, but killed by "+by
	default:
		what = "killed by " + by
		if v == killedLong {
			what += " (not in -short)"
		}
	}
	counts.counted[v]++
	fmt.Fprintln(r.out, line(m, what))
}
