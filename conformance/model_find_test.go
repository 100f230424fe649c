package conformance_test

import (
	"context"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/internal/model"
)

// difference is the finding of the random sequences.
type difference struct {
	Seed       uint64
	Steps, Ran int // of the shortest sequence; how many sequences it took
	Runs       int // to make it shorter
	What, Code string
	Always     bool
}

// findDifference does what the case X1/model does with the harness, and returns its
// finding.
func findDifference(ctx context.Context, h conformance.Harness,
	sequences int) (found *difference, r conformance.Result) {
	r = conformance.RunCase(ctx, h, conformance.Case{
		Rule: "X1",
		Name: "model",
		Run: func(t conformance.T, hh *conformance.H) {
			f, ran := model.Find(t, hh, h.Seed, sequences)
			if f != nil {
				found = &difference{
					Seed:   f.Seed,
					Steps:  len(f.Steps),
					Ran:    ran,
					Runs:   f.Runs,
					What:   f.Difference.What,
					Code:   f.Code,
					Always: f.Always,
				}
			}
		},
	})
	return found, r
}
