package conformance

import (
	"cloudfiles.dev/conformance/internal/cases"
	"cloudfiles.dev/conformance/internal/suite"
)

// Case is one behaviour.
type Case struct {
	Rule string // of the contract: "P8"
	Name string // in the rule: "race"
	Why  string // what an application loses where it doesn't hold
	// Needs are the abilities that the bucket must claim; the case is turned round
	// otherwise.
	Needs []*Ability
	// Long is left out under go test -short.
	Long bool
	// Largest is the largest content that the case puts, in bytes, where that is 512
	// KiB or more; 0 otherwise.
	Largest int64
	// Apart: the case needs a bucket in a store of its own (Harness.Apart).
	Apart bool
	Run   func(t T, h *H)
}

// ID is the case's name in reports and subtests.
func (c *Case) ID() string { return c.Rule + "/" + c.Name }

// Cases returns the table, in the order of the contract.
func Cases() []Case {
	var all []Case
	for _, c := range cases.All() {
		all = append(all, Case(c))
	}
	return all
}

// H is what a case works with. It is a [files.Bucket] that is empty and the case's own,
// with its Features in the field F, and the Seed of what is random. Another(t) and
// Second(t) return another bucket, and another handle on the same store; Clean(t, after)
// fails where the driver left something behind.
type H = suite.H

// Ability is a feature that cases need. It has the Name of the field of files.Features;
// Claimed reports whether a bucket of such features has it. Refused, which may be nil,
// checks that asking for it is refused with ErrUnsupported and changes nothing.
type Ability = suite.Ability
