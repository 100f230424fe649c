package suite

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Outcome is how a case ended, as conformance.Outcome.
type Outcome string

// The outcomes.
const (
	Passed        Outcome = "passed"
	Failed        Outcome = "failed"
	NotApplicable Outcome = "not applicable"
	KnownFailure  Outcome = "known"
	ServerFault   Outcome = "server"
)

// Result has the fields of conformance.Result, which documents them.
type Result struct {
	Case             Case
	Outcome          Outcome
	Missing, Refused []string
	Racing           bool
	Failures         []string
	Reason           string
	Log              []string
	Took             time.Duration
}

// Text returns the failure as text: the case and its rule, what is wrong, and why it
// matters.
func (r Result) Text() string {
	const most = 10
	shown := r.Failures
	if len(shown) > most {
		shown = append(slices.Clone(shown[:most]), fmt.Sprintf("and %d more", len(r.Failures)-most))
	}
	return fmt.Sprintf("%s breaks rule %s:\n  %s\n  why it matters: %s", r.Case.ID(), r.Case.Rule,
		strings.Join(shown, "\n  "), r.Case.Why)
}
