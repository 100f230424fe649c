package conformance

import "cloudfiles.dev/files"

// WrapperHarnesses are the harnesses of RunWrapper, by what is below.
func WrapperHarnesses(wrap func(files.Bucket) files.Bucket, o *WrapperOptions) map[string]Harness {
	if o == nil {
		o = &WrapperOptions{}
	}
	all := map[string]Harness{}
	for _, m := range masks {
		all[m.name] = newWrapping(wrap, *o, m).harness()
	}
	return all
}

// WrapperCases are RunWrapper's own.
func WrapperCases() []Case { return wrapperCases() }

// Essential are the IDs of the essential cases.
func Essential() []string { return essential }
