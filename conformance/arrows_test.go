package conformance_test

import (
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// arrows are the packages of this module that each package below internal may import,
// in addition to files, files/driver and drivers/mem. Each line imports only from lines
// above it.
var arrows = []struct {
	pkg string
	may []string
}{
	{"term", nil},
	{"stacks", nil},
	{"suite", []string{"term", "stacks"}},
	{"check", []string{"suite", "term"}},
	{"feature", []string{"suite", "check"}},
	{"process", []string{"suite", "check"}},
	{"history", []string{"suite", "check"}},
	{"model", []string{"suite", "check", "term"}},
	{"benchmarks", []string{"suite", "check", "feature"}},
	{"cases", []string{
		"suite", "check", "feature", "process", "history", "model", "term", "stacks",
	}},
	{"wrappers", []string{"suite", "check"}},
	{".", []string{"suite", "check", "process", "benchmarks", "cases", "wrappers"}},
}

// TestArrows: the package conformance imports the cases, which import the
// model, the histories and the runner, and never the reverse.
func TestArrows(t *testing.T) {
	const module = "cloudfiles.dev/"
	const internal = module + "conformance/internal/"
	for _, a := range arrows {
		dir := filepath.Join("internal", a.pkg)
		if a.pkg == "." {
			dir = "."
		}
		p, err := build.ImportDir(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		allowed := []string{module + "files", module + "files/driver", module + "drivers/mem"}
		for _, name := range a.may {
			allowed = append(allowed, internal+name)
		}
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, module) && !slices.Contains(allowed, imported) {
				t.Errorf("conformance, %s: it imports %s, which arrows does not allow", dir,
					imported)
			}
		}
	}
	// a command may import any package
	known := []string{"matrix"}
	for _, a := range arrows {
		for _, name := range a.may {
			if !slices.Contains(known, name) {
				t.Errorf("%s may import %s, which is not above it", a.pkg, name)
			}
		}
		known = append(known, a.pkg)
	}
	folders, err := os.ReadDir("internal")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !slices.Contains(known, f.Name()) {
			t.Errorf("internal/%s is not in arrows", f.Name())
		}
	}
}
