package conformance

import (
	"cloudfiles.dev/conformance/internal/wrappers"
	"cloudfiles.dev/files"
)

// WrapperHarnesses returns the harnesses of RunWrapper by the name of the inner bucket.
func WrapperHarnesses(wrap func(files.Bucket) files.Bucket, o *WrapperOptions) map[string]Harness {
	all := map[string]Harness{}
	for below, h := range wrappers.Harnesses(wrap, (*wrappers.Options)(o)) {
		all[below] = Harness(h)
	}
	return all
}

// WrapperCases returns the cases of RunWrapper alone.
func WrapperCases() (all []Case) {
	for _, c := range wrappers.Cases() {
		all = append(all, Case(c))
	}
	return all
}

// Essential returns the IDs of the essential cases.
func Essential() []string { return wrappers.Essential }
