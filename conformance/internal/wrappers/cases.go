package wrappers

import (
	"cloudfiles.dev/conformance/internal/suite"
)

// Cases returns those of RunWrapper alone, which look at what reaches the bucket
// below.
func Cases() []suite.Case {
	return []suite.Case{
		{
			Rule: "X3",
			Name: "wrapper-features",
			Why:  "a program asks Features before it calls: what it is told must be what happens",
			Run:  wrapperFeatures,
		},
		{
			Rule: "X3",
			Name: "wrapper-close",
			Why: "closing one view must not close everybody's bucket, and who owns one must not " +
				"leave it open",
			Run: wrapperClose,
		},
		{
			Rule: "X3",
			Name: "wrapper-closed-below",
			Why:  "what lies below a wrapper was closed: that must be told",
			Run:  wrapperClosedBelow,
		},
		{
			Rule: "C1",
			Name: "wrapper-server-copy",
			Why: "a wrapper that loses the copy sends every byte through the program, twice; " +
				"one that leaks it is got round",
			Run: wrapperServerCopy,
		},
		{
			Rule: "C1",
			Name: "wrapper-between",
			Why:  "a copy between a view and its store must end at the right names",
			Run:  wrapperBetween,
		},
		{
			Rule: "C1",
			Name: "wrapper-same-file",
			Why: "a move onto the same file by another way deletes it, where the wrapper " +
				"doesn't tell which file a name is",
			Run: wrapperSameFile,
		},
		{
			Rule: "W1",
			Name: "wrapper-signs",
			Why: "a signed URL without the tenant's directory, or a PUT through a read-only " +
				"view, is a hole",
			Run: wrapperSigns,
		},
		{
			Rule: "D3",
			Name: "wrapper-delete-many",
			Why:  "a wrapper that loses the bulk delete makes a thousand requests of one",
			Run:  wrapperDeleteMany,
		},
		{
			Rule: "U3",
			Name: "wrapper-check",
			Why:  "a check at the program's start must look at the store, not at the wrapper",
			Run:  wrapperCheck,
		},
		{
			Rule: "E1",
			Name: "wrapper-names",
			Why: "errors and answers must have the names of whoever asked: those below " +
				"are not his",
			Run: wrapperNames,
		},
		{
			Rule: "E1",
			Name: "wrapper-causes",
			Why:  "a wrapper must not hide what failed below it",
			Run:  wrapperCauses,
		},
		{
			Rule: "E2",
			Name: "wrapper-read-only",
			Why:  "nothing may be written through a read-only view, by whatever way",
			Run:  wrapperReadOnly,
		},
		{
			Rule: "E2",
			Name: "wrapper-refuses",
			Why: "a program asks Features whether a condition holds: one that is ignored " +
				"overwrites",
			Run: wrapperRefuses,
		},
		{
			Rule: "N5",
			Name: "wrapper-contained",
			Why:  "what lies beside a tenant's directory is not his to see, nor to delete",
			Run:  wrapperContained,
		},
		{
			Rule: "N5",
			Name: "wrapper-as",
			Why: "the SDK's client gets round a wrapper that renames or restricts; behind one " +
				"that doesn't, programs need it",
			Run: wrapperAs,
		},
		{
			Rule: "G7",
			Name: "wrapper-body-closed",
			Why:  "a body that stays open below holds a connection for ever",
			Run:  wrapperBodyClosed,
		},
		{
			Rule: "L9",
			Name: "wrapper-unreadable",
			Why:  "what can't be read below must be told above, also where Limit ends the listing",
			Run:  wrapperUnread,
		},
		{
			Rule: "X2",
			Name: "wrapper-context",
			Why:  "deadlines, traces and credentials travel in the context",
			Run:  wrapperContext,
		},
		wrapperEnds,
		wrapperLengths,
		wrapperObserves,
	}
}
