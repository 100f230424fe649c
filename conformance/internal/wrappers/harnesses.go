package wrappers

import (
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// Harnesses returns the harnesses of Run by the name of the inner bucket, for tests of
// its cases.
func Harnesses(wrap func(files.Bucket) files.Bucket, o *Options) map[string]suite.Harness {
	if o == nil {
		o = &Options{}
	}
	all := map[string]suite.Harness{}
	for _, m := range masks {
		all[m.name] = newWrapping(wrap, *o, m).harness()
	}
	return all
}
