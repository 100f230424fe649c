// Package model runs random sequences of operations on a bucket and on a plain map,
// makes the first sequence on which they differ as short as it can, and prints it as a Go
// test.
package model
