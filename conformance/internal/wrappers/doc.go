// Package wrappers checks wrappers against the contract. It makes buckets in memory, each
// of which lacks one ability, and runs the suite's cases on the wrapped buckets. Further
// cases check the calls that reach the inner bucket.
package wrappers
