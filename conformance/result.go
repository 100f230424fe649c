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
	// KnownFailure is a failure of a case in Harness.Known, and ServerFault one of a
	// case in Harness.ServerFaults.
	KnownFailure Outcome = "known"
	ServerFault  Outcome = "server"
)

// Result is the result of one case.
type Result struct {
	Case    Case
	Outcome Outcome
	// Missing names the abilities that the case needs and that the bucket does not
	// claim. Refused names those of them for which the suite has checked that a call is
	// refused.
	Missing, Refused []string
	// Racing says that Harness.ServerRaces has the case, so the server's fault breaks
	// it only in some runs. Reason is then the reason given there, also if the case
	// passed.
	Racing bool
	// Failures are the texts of what was wrong, in order.
	Failures []string
	// Reason is why the case is not applicable, why it is known to fail, or the proof
	// that the server is at fault.
	Reason string
	Log    []string
	Took   time.Duration
}

// Text returns the failure as text: the rule and case, what was wrong, and why it
// matters.
func (r Result) Text() string {
	return suite.Result{Case: suite.Case(r.Case), Failures: r.Failures}.Text()
}

// resultOf copies every field.
func resultOf(r suite.Result) Result {
	return Result{
		Case:     Case(r.Case),
		Outcome:  Outcome(r.Outcome),
		Missing:  r.Missing,
		Refused:  r.Refused,
		Racing:   r.Racing,
		Failures: r.Failures,
		Reason:   r.Reason,
		Log:      r.Log,
		Took:     r.Took,
	}
}
