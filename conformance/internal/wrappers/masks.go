package wrappers

import (
	"slices"

	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// mask is what the inner bucket lacks.
type mask struct {
	name             string
	change           func(*files.Features)
	readOnly, modest bool
	// also reports whether a case is run in addition to those that need the missing
	// ability; nil runs the essential cases.
	also func(suite.Case) bool
}

// masks are the inner buckets. If an ability is used by only one option or method, the
// cases of that ability are enough.
var masks = []mask{
	{name: "everything", also: func(suite.Case) bool { return true }},
	{name: "no-conditions", change: func(f *files.Features) {
		f.IfAbsent, f.IfVersion, f.DeleteIfVersion, f.ReadConditions = false, false, false, false
	}},
	{name: "no-if-absent", also: none, change: func(f *files.Features) { f.IfAbsent = false }},
	{
		name:   "no-read-conditions",
		also:   none,
		change: func(f *files.Features) { f.ReadConditions = false },
	},
	{name: "no-versions", change: func(f *files.Features) {
		f.Versions = false
		f.VersionPerPut = false
		f.PutReturnsVersion = false
		f.IfVersion = false
		f.DeleteIfVersion = false
		f.ReadConditions = false
	}},
	{name: "no-attributes", change: func(f *files.Features) { f.Attributes = false }},
	{name: "no-digests", also: none, change: func(f *files.Features) { f.Digests = false }},
	{name: "unordered", change: func(f *files.Features) { f.Ordered = false }},
	{
		name:   "no-server-copy",
		also:   ofRules("C1"),
		change: func(f *files.Features) { f.ServerCopy = false },
	},
	{name: "no-signing", also: none, change: func(f *files.Features) {
		f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = false, false, false, false
		f.SignHead, f.SignResponse, f.SignSize, f.SignIfAbsent = false, false, false, false
	}},
	{
		name: "signs-get-only",
		also: none,
		change: func(f *files.Features) {
			f.SignPut, f.SignDelete, f.SignContentType = false, false, false
			f.SignSize, f.SignIfAbsent = false, false
		},
	},
	{
		name:   "small-files",
		also:   ofRules("P11"),
		change: func(f *files.Features) { f.MaxSize = 8 << 20 },
	},
	{
		name:   "short-names",
		also:   ofRules("N1", "N4"),
		change: func(f *files.Features) { f.MaxName = 800 },
	},
	{name: "read-only", readOnly: true},
	{name: "nothing-optional", modest: true},
}

func none(suite.Case) bool { return false }

func ofRules(rules ...string) func(suite.Case) bool {
	return func(c suite.Case) bool { return !c.Long && slices.Contains(rules, c.Rule) }
}
