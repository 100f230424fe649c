package wrappers

import (
	"slices"
)

// Essential are the cases that a driver must pass before anything is built on it: the
// most frequent faults, rule by rule.
var Essential = []string{
	"N1/illegal", "N1/before-io", "N2/case", "N2/escapes", "N3/dir-beside-file", "N4/every-method",
	"N5/contained", "V1/different-bytes", "V2/utc-and-cut",
	"P1/unfinished-over", "P1/torn-read", "P2/reader-fails-over", "P2/cancelled-midway",
	"P3/info-is-stat", "P5/shorter", "P5/clears-attributes", "P6/by-name", "P7/round-trip",
	"P7/headers",
	"P8/creates-once", "P8/race", "P9/stale", "P9/race", "P10/size", "P10/digest-wrong",
	"P11/sizes", "P12/readers",
	"G1/missing", "G2/info", "G3/all-pairs", "G3/past-the-end", "G4/overwritten", "G5/resumed",
	"G6/damage", "G7/all-at-once", "G7/close", "G8/not-modified", "G9/cancelled",
	"G10/replaced",
	"S1/is-get", "S1/directory", "L1/below-dir", "L1/order", "L2/shallow", "L3/page-sizes",
	"L4/what-was-put", "L5/is-stat", "L6/empty", "L7/nothing-of-the-drivers", "L9/body-may-call",
	"D1/missing", "D1/directory", "D2/stale", "D3/directory", "C1/content", "C1/attributes",
	"C1/if-absent", "C1/between-buckets", "E1/has-op-and-name", "E1/callers-name", "E2/precedence",
	"E3/vanished",
	"X1/linearizable", "X2/cancelled-before", "X2/no-goroutines", "X3/use-after-close",
	"X3/open-bodies",
	"W1/round-wrappers",
}

func isEssential(id string) bool { return slices.Contains(Essential, id) }
