package conformance

import "context"

// Found is what the random sequences found.
type Found struct {
	Seed       uint64
	Steps, Ran int // of the shortest sequence; how many sequences it took
	Runs       int // to make it shorter
	What, Code string
	Always     bool
}

// FindDifference does what the case X1/model does with the harness, and gives its
// finding.
func FindDifference(ctx context.Context, h Harness, sequences int) (found *Found, r Result) {
	r = RunCase(ctx, h, Case{Rule: "X1", Name: "model", Run: func(t T, hh *H) {
		f, ran := findDifference(t, hh, h.Seed, sequences)
		if f != nil {
			found = &Found{
				Seed:   f.seed,
				Steps:  len(f.steps),
				Ran:    ran,
				Runs:   f.runs,
				What:   f.d.what,
				Code:   f.code,
				Always: f.always,
			}
		}
	}})
	return found, r
}
