package conformance

import (
	"cloudfiles.dev/conformance/internal/wrappers"
	"cloudfiles.dev/files"
)

// WrapperHarnesses are the harnesses of RunWrapper, by what is below.
func WrapperHarnesses(wrap func(files.Bucket) files.Bucket, o *WrapperOptions) map[string]Harness {
	all := map[string]Harness{}
	for below, h := range wrappers.Harnesses(wrap, (*wrappers.Options)(o)) {
		all[below] = Harness(h)
	}
	return all
}

// WrapperCases are RunWrapper's own.
func WrapperCases() (all []Case) {
	for _, c := range wrappers.Cases() {
		all = append(all, Case(c))
	}
	return all
}

// Essential are the IDs of the essential cases.
func Essential() []string { return wrappers.Essential }
