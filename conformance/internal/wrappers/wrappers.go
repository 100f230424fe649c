package wrappers

import (
	"slices"
	"testing"

	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// Options has the fields of conformance.WrapperOptions, which documents them.
type Options struct {
	Owns      bool
	Features  func(inner files.Features) files.Features
	Restricts bool
	Observes  bool
	Only      func(id string) bool
	Beside    func(inner files.Bucket) files.Bucket
	Known     map[string]string
}

// Run is conformance.RunWrapper, which documents it. cases are those of every bucket;
// Run adds its own.
func Run(t *testing.T, wrap func(inner files.Bucket) files.Bucket, o *Options, cases []suite.Case) {
	if wrap == nil {
		t.Fatal("the wrapper is wrong: wrap is nil")
	}
	if o == nil {
		o = &Options{}
	}
	all := append(cases, Cases()...)
	for _, m := range masks {
		w := newWrapping(wrap, *o, m)
		t.Run(m.name, func(t *testing.T) {
			s, err := suite.Begin(t.Context(), w.harness(), all)
			if err != nil {
				t.Fatal(err)
			}
			s.Subtests(t, slices.DeleteFunc(slices.Clone(all), func(c suite.Case) bool {
				return !w.runs(c)
			}), func(suite.Result) {})
		})
	}
}
