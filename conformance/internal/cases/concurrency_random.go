package cases

import (
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/history"
	"cloudfiles.dev/conformance/internal/model"
	"cloudfiles.dev/conformance/internal/suite"
)

var concurrencyRandomCases = []suite.Case{
	{
		Rule: "X1",
		Name: "model",
		Why: "every operation must leave a state that the next one can build on: random " +
			"sequences find faults that need several operations",
		Run: model.RandomSequences,
	},
	{
		Rule:  "X1",
		Name:  "linearizable",
		Why:   "once one client has read the new file, no client may read the old one",
		Needs: feature.Needs(feature.Atomic),
		Run:   history.Linearizable,
	},
}
