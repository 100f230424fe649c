package conformance

import (
	"testing"

	"cloudfiles.dev/conformance/internal/cases"
	"cloudfiles.dev/conformance/internal/wrappers"
	"cloudfiles.dev/files"
)

// WrapperOptions say what a wrapper does on purpose. The zero value is for a wrapper
// that doesn't own its inner bucket and can do everything that the inner bucket can do.
type WrapperOptions struct {
	// Owns says that closing the wrapper closes the inner bucket, once.
	Owns bool
	// Features returns what the wrapper claims over an inner bucket with these
	// features; nil if it claims the same. MaxName may always be less. ForeignKeys may
	// be missing, since a wrapper that renames can't have it. A wrapper with a
	// files.Transform lacks Digests, ServerCopy and all features that begin with Sign.
	Features func(inner files.Features) files.Features
	// Restricts says that files.As must not find the inner bucket's client, although
	// the wrapper changes no name, content or feature.
	Restricts bool
	// Observes says that the wrapper only observes, as files.Hooks.Observes does.
	// Contents of known size must reach the inner bucket with their size, and a retry
	// above or below the wrapper must be able to rewind them.
	Observes bool
	// Only, if not nil, reports whether the case with the ID is run. It is for stacks
	// of layers, each of which has already passed all cases alone.
	Only func(id string) bool
	// Beside makes, for a read-only wrapper, the bucket through which the suite writes
	// the files that the wrapper shows; nil if the names are those of the inner bucket.
	Beside func(inner files.Bucket) files.Bucket
	// Known is as in Harness. The cases in it run only over memory with all abilities.
	Known map[string]string
}

// RunWrapper checks whether a wrapper keeps the contract. wrap is called with buckets
// in memory, and the cases run on the buckets that it returns. Every case runs over
// memory that can do everything. The essential cases, and those that check that a
// missing ability is refused, also run over memory that lacks something: conditions,
// versions, attributes, order, server-side copies, signing, writing, or everything that
// is optional. Further cases check the calls that reach the inner bucket. Subtests are
// named <inner bucket>/<rule>/<case>.
//
// wrap is called many times, also concurrently. It must return a bucket that can be
// compared with ==. o may be nil.
func RunWrapper(t *testing.T, wrap func(inner files.Bucket) files.Bucket, o *WrapperOptions) {
	wrappers.Run(t, wrap, (*wrappers.Options)(o), cases.All())
}
