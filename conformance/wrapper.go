package conformance

import (
	"testing"

	"cloudfiles.dev/conformance/internal/cases"
	"cloudfiles.dev/conformance/internal/wrappers"
	"cloudfiles.dev/files"
)

// WrapperOptions say what a wrapper does on purpose. The zero value is that of one that
// owns nothing and can do what the bucket below it can.
type WrapperOptions struct {
	// Owns: closing the wrapper closes the bucket below, once.
	Owns bool
	// Features returns what the wrapper claims over a bucket of these features; nil
	// where it claims the same. MaxName may always be less, and ForeignKeys missing: a
	// wrapper that renames can't have them.
	Features func(below files.Features) files.Features
	// Restricts: files.As must not reach below, although the wrapper changes no name,
	// content or feature.
	Restricts bool
	// Observes: the wrapper only looks on, as files.Hooks.Observes says. Contents of
	// known size must arrive below with it, and must be rewound by a retry above or
	// below the wrapper.
	Observes bool
	// Only, if not nil, says which cases are run, by their ID: a sample for stacks of
	// layers each of which is held to all of them.
	Only func(id string) bool
	// Beside makes, for a wrapper that is read-only, the bucket through which the suite
	// writes what the wrapper shows; nil where the names are those of the bucket below.
	Beside func(below files.Bucket) files.Bucket
	// Known is as in Harness. Such cases run over memory with all abilities only.
	Known map[string]string
}

// RunWrapper holds a wrapper to the contract. wrap is given buckets in memory, and the
// suite works with what it returns: with every case over memory that can do everything,
// and with the essential ones, and those that the missing ability turns round, over
// memory that lacks one: without conditions, versions, attributes, order, server-side
// copies or signing, read-only, or with nothing optional at all. Cases of RunWrapper's
// own look at what reaches the bucket below. Subtests are named <what is
// below>/<rule>/<case>.
//
// wrap is called many times, also at the same time. It must return a bucket that can be
// compared with ==. o may be nil.
func RunWrapper(t *testing.T, wrap func(below files.Bucket) files.Bucket, o *WrapperOptions) {
	wrappers.Run(t, wrap, (*wrappers.Options)(o), cases.All())
}
