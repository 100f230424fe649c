package conformance

import (
	"cloudfiles.dev/conformance/internal/cases"
	"cloudfiles.dev/conformance/internal/suite"
)

// Case is one behaviour that the contract requires.
type Case struct {
	Rule string // of the contract: "P8"
	Name string // in the rule: "race"
	Why  string // what must hold, and what an application loses otherwise
	// Needs are the abilities that the bucket must claim. If it does not claim one, the
	// case checks that the call is refused.
	Needs []*Ability
	// Long says that go test -short leaves the case out.
	Long bool
	// Largest is the size in bytes of the largest content that the case puts, if that
	// is at least 512 KiB, and 0 otherwise.
	Largest int64
	// Apart says that the case needs a bucket in a store of its own (Harness.Apart).
	Apart bool
	Run   func(t T, h *H)
}

// ID returns the case's name in reports and subtests.
func (c *Case) ID() string { return c.Rule + "/" + c.Name }

// Cases returns the table of cases, in the order of the contract.
func Cases() []Case {
	var all []Case
	for _, c := range cases.All() {
		all = append(all, Case(c))
	}
	return all
}

// H is what a case works with: an empty [files.Bucket] that no other case uses. Its
// field F has the bucket's Features, and Seed the seed of everything random. Another(t)
// returns another bucket, and Second(t) another handle on the same store. Clean(t,
// after) fails the case if the driver left something behind.
type H = suite.H

// Ability is a feature that cases need. Name is that of the field of files.Features.
// Claimed reports whether a bucket with these features has the ability. Refused, which
// may be nil, checks that a call that needs it is refused with ErrUnsupported and
// changes nothing.
type Ability = suite.Ability
