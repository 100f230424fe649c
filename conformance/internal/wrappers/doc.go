// Package wrappers holds wrappers to the contract: it makes buckets in memory that lack
// one ability after the other, has every case run on what the wrapper makes of them, and
// has cases of its own, which look at what reaches the bucket below.
package wrappers
