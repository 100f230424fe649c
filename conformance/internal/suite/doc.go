// Package suite runs the cases of the conformance suite. It defines a Case, its T and its
// H, gives each case a bucket of the harness, and reports the result. It contains no
// cases.
package suite
