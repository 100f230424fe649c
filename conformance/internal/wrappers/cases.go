package wrappers

import (
	"cloudfiles.dev/conformance/internal/suite"
)

// Cases returns the cases that only RunWrapper runs. They check the calls that reach
// the inner bucket.
func Cases() []suite.Case {
	return []suite.Case{
		{
			Rule: "X3",
			Name: "wrapper-features",
			Why:  "a program decides by Features what to call: the calls must do what it claims",
			Run:  wrapperFeatures,
		},
		{
			Rule: "X3",
			Name: "wrapper-close",
			Why: "closing one view must not close the bucket for all others, and a wrapper " +
				"that owns " +
				"its bucket must not leave it open",
			Run: wrapperClose,
		},
		{
			Rule: "X3",
			Name: "wrapper-closed-below",
			Why:  "calls must report it if the bucket below the wrapper was closed",
			Run:  wrapperInnerClosed,
		},
		{
			Rule: "C1",
			Name: "wrapper-server-copy",
			Why: "a wrapper that loses server-side copies sends every byte through the " +
				"program twice; " +
				"one that leaks them can be bypassed",
			Run: wrapperServerCopy,
		},
		{
			Rule: "C1",
			Name: "wrapper-between",
			Why:  "a copy between a view and its store must read and write the right names",
			Run:  wrapperBetween,
		},
		{
			Rule: "C1",
			Name: "wrapper-same-file",
			Why: "a move of a file onto itself through another bucket deletes it, if the wrapper " +
				"doesn't report which file a name is",
			Run: wrapperSameFile,
		},
		{
			Rule: "W1",
			Name: "wrapper-signs",
			Why: "a signed URL without the tenant's directory, or a PUT through a read-only " +
				"view, gives access that was not granted",
			Run: wrapperSigns,
		},
		{
			Rule: "D3",
			Name: "wrapper-delete-many",
			Why:  "a wrapper that loses bulk deletes makes a thousand requests instead of one",
			Run:  wrapperDeleteMany,
		},
		{
			Rule: "U3",
			Name: "wrapper-check",
			Why:  "a check at the program's start must reach the store, not just the wrapper",
			Run:  wrapperCheck,
		},
		{
			Rule: "E1",
			Name: "wrapper-names",
			Why: "errors and results must have the caller's names: the caller doesn't use " +
				"those of the bucket below",
			Run: wrapperNames,
		},
		{
			Rule: "E1",
			Name: "wrapper-causes",
			Why:  "a wrapper must not hide the cause of a failure below it",
			Run:  wrapperCauses,
		},
		{
			Rule: "E2",
			Name: "wrapper-read-only",
			Why:  "no method and no function may write through a read-only view",
			Run:  wrapperReadOnly,
		},
		{
			Rule: "E2",
			Name: "wrapper-refuses",
			Why: "a program relies on the conditions that Features claims: one that is ignored " +
				"overwrites a file",
			Run: wrapperRefuses,
		},
		{
			Rule: "N5",
			Name: "wrapper-contained",
			Why:  "a tenant must not read or delete files outside of its directory",
			Run:  wrapperContained,
		},
		{
			Rule: "N5",
			Name: "wrapper-as",
			Why: "the SDK's client bypasses a wrapper that renames or restricts; through any " +
				"other " +
				"wrapper, programs need the client",
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
			Why:  "what can't be read below must be reported above, also if Limit ends the listing",
			Run:  wrapperUnreadable,
		},
		{
			Rule: "X2",
			Name: "wrapper-context",
			Why:  "deadlines, traces and credentials are in the context",
			Run:  wrapperContext,
		},
		wrapperEnds,
		wrapperLengths,
		wrapperObserves,
	}
}
