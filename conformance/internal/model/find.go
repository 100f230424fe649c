package model

import (
	"math/rand/v2"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

// modelSequences is how many sequences the case runs, times Harness.Soak.
const modelSequences = 100

// finding is a sequence whose results differ from the model's.
type finding struct {
	Seed       uint64
	before     int // the number of steps before it was shortened
	Runs       int // the number of sequences that were tried to shorten it
	Steps      []step
	Difference *difference
	Code       string // the steps as a Go test
	Always     bool   // whether it differs each time
}

// RandomSequences is the case X1/model.
func RandomSequences(t suite.T, h *suite.H) {
	if h.F.ReadOnly {
		t.Skipf("the bucket is read-only")
	}
	n := modelSequences * h.Harness.SoakFactor()
	if h.Runner.Short {
		n = (n + 9) / 10
	}
	f, ran := Find(t, h, h.Seed, n)
	switch {
	case f == nil:
		t.Logf("%d random sequences agree with the model, from %s=%d on", ran, suite.SeedVariable,
			h.Seed)
	case !f.Always:
		t.Errorf("%s\n  It does not happen each time: %d runs of the %d operations did not "+
			"repeat it. Seed: %s=%d", f.Difference.What, f.Runs, f.before, suite.SeedVariable,
			f.Seed)
	default:
		t.Errorf("%s\n  The shortest of %d sequences that fail, from one of %d operations: set "+
			"%s=%d to find it again. As a test:\n\n%s", f.Difference.What, f.Runs, f.before,
			suite.SeedVariable, f.Seed, f.Code)
	}
}

// Find runs n sequences with the seeds seed, seed+1 and so on. It stops at the first one
// that differs, and shortens it. It ends early when half of the case's time is used. ran
// is how many sequences ran.
func Find(t suite.T, h *suite.H, seed uint64, n int) (f *finding, ran int) {
	within := h.Harness.Within(t)
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
		s := shrink(steps, d, names, func(s []step) *difference {
			return runSteps(t, h, s, nil)
		}, func() bool { return within(80) })
		f = &finding{
			Seed:       own,
			before:     len(steps),
			Runs:       s.runs,
			Steps:      s.steps,
			Difference: s.d,
		}
		var code script
		if again := runSteps(t, h, s.steps, &code); again != nil {
			f.Difference, f.Always, f.Code = again, true, code.source(again)
		}
		return f, i + 1
	}
	return nil, n
}

// usable returns the names and sizes that the bucket accepts. A refused name is not a
// failure here, because the rules on names have cases of their own.
func usable(t suite.T, h *suite.H) (names []string, sizes []int) {
	var refused []string
	scoped(t, func(t suite.T) {
		b := h.Runner.NewH(t, false)
		for _, name := range stepNames {
			if !h.F.DirBesideFile && conflicts(name, names) {
				continue
			}
			if len(name) > maxNameOf(h.F) {
				continue
			}
			if _, err := b.Put(t.Context(), name, strings.NewReader("x"), nil); err != nil {
				refused = append(refused, term.Quote(name))
				continue
			}
			check.Remove(t, b, name)
			names = append(names, name)
		}
	})
	if len(refused) > 0 {
		t.Logf("left out, because the bucket refuses them (N2 and N4 have cases for names): %s",
			strings.Join(refused, ", "))
	}
	if len(names) == 0 {
		t.Fatalf("the bucket refuses all of the names")
	}
	for _, size := range stepSizes {
		if limit := int64(size) + 1; (h.F.MaxSize == 0 ||
			limit <= h.F.MaxSize) && (h.F.MaxUnknownSize == 0 ||
			limit <= h.F.MaxUnknownSize) && (h.Harness.MaxContent <= 0 ||
			limit <= h.Harness.MaxContent) {
			sizes = append(sizes, size)
		}
	}
	return names, sizes
}

// conflicts reports whether the name is a directory of another name, or another name is
// a directory of it.
func conflicts(name string, others []string) bool {
	for _, o := range others {
		if strings.HasPrefix(name, o+"/") || strings.HasPrefix(o, name+"/") {
			return true
		}
	}
	return false
}

// maxNameOf returns the bucket's longest name in bytes.
func maxNameOf(f files.Features) int {
	if f.MaxName <= 0 {
		return files.MaxName
	}
	return f.MaxName
}
