package conformance

import (
	"math/rand/v2"
	"strings"
	"time"

	"cloudfiles.dev/files"
)

var modelCases = []Case{
	{
		Rule: "X1",
		Name: "model",
		Why: "every operation leaves what the next one builds on; faults that need several in a " +
			"row are found by trying many",
		Run: randomSequences,
	},
	{
		Rule:  "X1",
		Name:  "linearizable",
		Why:   "once one client has seen the new file, no client may see the old one",
		Needs: needs(atomicPuts),
		Run:   linearizable,
	},
}

// modelSequences is how many sequences the case runs, times Harness.Soak.
const modelSequences = 100

func (h *Harness) soak() int { return max(h.Soak, 1) }

// finding is a sequence on which a bucket differs from the model.
type finding struct {
	seed   uint64
	before int // how many steps it had
	runs   int
	steps  []step
	d      *difference
	code   string
	always bool // it fails each time
}

func randomSequences(t T, h *H) {
	if h.F.ReadOnly {
		t.Skipf("the bucket is read-only")
	}
	n := modelSequences * h.harness.soak()
	if h.session.short {
		n = (n + 9) / 10
	}
	f, ran := findDifference(t, h, h.Seed, n)
	switch {
	case f == nil:
		t.Logf("%d random sequences agree with the model, from %s=%d on", ran, seedVariable, h.Seed)
	case !f.always:
		t.Errorf("%s\n  It does not happen each time: %d runs of the %d operations did not "+
			"repeat it. Seed: %s=%d", f.d.what, f.runs, f.before, seedVariable, f.seed)
	default:
		t.Errorf("%s\n  The shortest of %d sequences that fail, from one of %d operations: set "+
			"%s=%d to find it again. As a test:\n\n%s", f.d.what, f.runs, f.before, seedVariable,
			f.seed, f.code)
	}
}

// findDifference runs n sequences, each with the seed after that of the one before,
// until one differs, which it shrinks. It ends early when half of the case's time is
// used, and tells how many ran.
func findDifference(t T, h *H, seed uint64, n int) (f *finding, ran int) {
	within := h.harness.within(t)
	names, sizes := usable(t, h)
	for i := range n {
		if !within(50) {
			t.Logf("%d of %d sequences ran in the case's time", i, n)
			return nil, i
		}
		own := seed + uint64(i)
		steps := generate(rand.New(rand.NewPCG(own, 0)).IntN, names, sizes)
		d := runSteps(t, h, steps, nil)
		if d == nil {
			continue
		}
		s := shrink(steps, d, func(s []step) *difference {
			return runSteps(t, h, s, nil)
		}, func() bool { return within(80) })
		f = &finding{
			seed:   own,
			before: len(steps),
			runs:   s.runs,
			steps:  s.steps,
			d:      s.d,
		}
		var code script
		if again := runSteps(t, h, s.steps, &code); again != nil {
			f.d, f.always, f.code = again, true, code.source(again)
		}
		return f, i + 1
	}
	return nil, n
}

// within returns a function that tells whether less than so many percent of the case's
// time are used.
func (h *Harness) within(t T) func(percent time.Duration) bool {
	limit := h.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	start := time.Now()
	return func(percent time.Duration) bool {
		return time.Since(start) < limit*percent/100 && t.Context().Err() == nil
	}
}

// usable are the names and sizes that the bucket takes at all: the rules on names have
// cases of their own.
func usable(t T, h *H) (names []string, sizes []int) {
	var refused []string
	scoped(t, func(t T) {
		b := h.session.newH(t, false)
		for _, name := range stepNames {
			if !h.F.DirBesideFile && conflicts(name, names) {
				continue
			}
			if len(name) > maxNameOf(h.F) {
				continue
			}
			if _, err := b.Put(t.Context(), name, strings.NewReader("x"), nil); err != nil {
				refused = append(refused, quote(name))
				continue
			}
			remove(t, b, name)
			names = append(names, name)
		}
	})
	if len(refused) > 0 {
		t.Logf("left out, since the bucket refuses them (rules N2 and N4 have cases for names): %s",
			strings.Join(refused, ", "))
	}
	if len(names) == 0 {
		t.Fatalf("the bucket takes none of the names")
	}
	for _, size := range stepSizes {
		if limit := int64(size) + 1; (h.F.MaxSize == 0 ||
			limit <= h.F.MaxSize) && (h.F.MaxUnknownSize == 0 ||
			limit <= h.F.MaxUnknownSize) && (h.harness.MaxContent <= 0 ||
			limit <= h.harness.MaxContent) {
			sizes = append(sizes, size)
		}
	}
	return names, sizes
}

// conflicts tells whether the name is another's directory, or has another as a directory.
func conflicts(name string, others []string) bool {
	for _, o := range others {
		if strings.HasPrefix(name, o+"/") || strings.HasPrefix(o, name+"/") {
			return true
		}
	}
	return false
}

// maxNameOf is Features.MaxName, made usable.
func maxNameOf(f files.Features) int {
	if f.MaxName <= 0 {
		return files.MaxName
	}
	return f.MaxName
}

// scope is a T whose clean-ups run before the case ends, for cases that make many
// buckets.
type scope struct {
	T
	cleanups []func()
}

func scoped(t T, f func(t T)) {
	s := &scope{T: t}
	defer func() {
		for len(s.cleanups) > 0 {
			last := s.cleanups[len(s.cleanups)-1]
			s.cleanups = s.cleanups[:len(s.cleanups)-1]
			last()
		}
	}()
	f(s)
}

func (s *scope) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *scope) TempDir() string { return tempDir(s) }
