package conformance

import (
	"time"

	"cloudfiles.dev/conformance/internal/suite"
)

// Outcome is how a case ended.
type Outcome string

// The outcomes.
const (
	Passed        Outcome = "passed"
	Failed        Outcome = "failed"
	NotApplicable Outcome = "not applicable"
	// KnownFailure is a failure that Harness.Known names, and ServerFault one that
	// Harness.ServerFaults names.
	KnownFailure Outcome = "known"
	ServerFault  Outcome = "server"
)

// Result is what came of one case.
type Result struct {
	Case    Case
	Outcome Outcome
	// Missing names the abilities that the case needs and that the bucket does not
	// claim, and Turned those of them that were found refused instead.
	Missing, Turned []string
	// Racing: Harness.ServerRaces has the case, so the server's fault breaks it in some
	// runs only. Reason is then that one's, also of a case that passed.
	Racing bool
	// Failures are what was wrong, in order.
	Failures []string
	// Reason says why the case is not applicable, why it is known to fail, or what
	// proves that it is the server's fault.
	Reason string
	Log    []string
	Took   time.Duration
}

// Text is the failure for people: rule and case, what was wrong, and why it matters.
func (r Result) Text() string {
	return suite.Result{Case: suite.Case(r.Case), Failures: r.Failures}.Text()
}

// resultOf carries every field over.
func resultOf(r suite.Result) Result {
	return Result{
		Case:     Case(r.Case),
		Outcome:  Outcome(r.Outcome),
		Missing:  r.Missing,
		Turned:   r.Turned,
		Racing:   r.Racing,
		Failures: r.Failures,
		Reason:   r.Reason,
		Log:      r.Log,
		Took:     r.Took,
	}
}
