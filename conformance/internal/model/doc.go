// Package model runs random sequences of operations on a bucket and on a plain map. It
// makes the first sequence whose results differ as short as it can, and prints it as a
// Go test.
package model
