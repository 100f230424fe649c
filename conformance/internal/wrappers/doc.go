// Package wrappers holds wrappers to the contract. It makes buckets in memory, each of
// which lacks one ability, and runs the suite's cases on the wrapped buckets. Cases of
// its own check the calls that reach the inner bucket.
package wrappers
