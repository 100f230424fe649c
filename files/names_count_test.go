package files_test

import (
	"strings"
	"testing"

	"cloudfiles.dev/files/internal/pkgdoc"
)

// TestNamesOfPackage checks that the package has at most 80 names, as go doc -short
// counts them, and that the index of its documentation has every function and type
// exactly once, except for the types of options and results. New API belongs in a package
// below this one, and what only authors of drivers call in package driver.
func TestNamesOfPackage(t *testing.T) {
	p := pkgdoc.Here(t)
	n := len(p.Consts) + len(p.Vars) + len(p.Funcs) + len(p.Types)
	if n < 60 || n > 80 {
		t.Errorf("the package has %d names, want at most 80", n)
	}
	_, rest, ok := strings.Cut(p.Doc, "# What do you want to do?")
	index, _, found := strings.Cut(rest, "\n# ")
	if !ok || !found {
		t.Fatal("the package documentation has no index")
	}
	listed := map[string]bool{}
	for _, f := range p.Funcs {
		listed[f.Name] = true
	}
	for _, typ := range p.Types {
		for _, f := range typ.Funcs {
			listed[f.Name] = true
		}
		if !strings.HasSuffix(typ.Name, "Options") && !strings.HasSuffix(typ.Name, "Result") &&
			typ.Name != "Description" { // the result of Describe
			listed[typ.Name] = true
		}
	}
	for name := range listed {
		if n := strings.Count(index, "["+name+"]"); n != 1 {
			t.Errorf("the index has %s %d times, want once", name, n)
		}
	}
}
