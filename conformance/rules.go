package conformance

import "cloudfiles.dev/conformance/internal/cases"

// Rule is a rule of the contract, which the documentation of package files has.
type Rule struct {
	ID    string // "P8"
	Group string // "Put"
	Title string // in a few words
}

// Rules returns the rules that have cases, in the order of the contract.
func Rules() []Rule {
	var all []Rule
	for _, r := range cases.Rules() {
		all = append(all, Rule(r))
	}
	return all
}
