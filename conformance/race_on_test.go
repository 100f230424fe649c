//go:build race

package conformance_test

// raced: the race detector is on, which makes a case take several times as long.
const raced = true
