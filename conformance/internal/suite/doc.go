// Package suite is the runner of the conformance suite: what a Case, its T and its H are,
// how a case gets a bucket of the harness, and what comes of it. It knows no case.
package suite
