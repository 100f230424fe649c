package main

import "slices"

// A suite is a part of the tests that may notice a fault of a package.
type suite struct {
	folder string
	run    string // which tests; "" for all
	long   bool   // not in -short
}

var (
	memory = suite{folder: "conformance", run: "^TestMem$"}
	disk   = suite{folder: "drivers/local", run: "^TestConformance$"}
	strong = suite{folder: "conformance", run: "^TestMemStrong$"}
	layers = suite{
		folder: "conformance",
		run:    "^Test(Wrapper(Sub|Stack|ReadOnly|Transform)|MemSub|MemStack|MemReadOnlyHalf)$",
		long:   true,
	}
	shell   = suite{folder: "files/fileshttp", long: true}
	uploads = suite{folder: "files/resume", run: "^Test(Upload|AbortStale)"}
	forms   = suite{folder: "files/signing"}
)

// plans says which tests are asked, beside the package's own, which come first. The
// whole of go test ./... would take minutes for each mutant.
var plans = map[string][]suite{
	"drivers/mem":   {uploads, memory, strong},
	"drivers/local": {uploads},
	"files":         {uploads, forms, memory, disk, layers, shell},
	"files/driver":  {uploads, forms, memory, disk},
}

// everyday are the packages that are mutated if none is named.
var everyday = []string{"drivers/mem", "files/driver", "files", "drivers/local"}

// suitesOf lists the suites for a package in the order in which they are asked.
func suitesOf(folder string, short bool) []suite {
	all := append([]suite{{folder: folder}}, plans[folder]...)
	return slices.DeleteFunc(all, func(s suite) bool { return s.long && short })
}
