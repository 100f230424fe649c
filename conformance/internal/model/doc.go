// Package model runs random sequences of operations on a bucket and on a plain map. It
// shortens the first sequence whose results differ, and prints it as a Go test.
package model
