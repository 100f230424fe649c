package driver_test

import (
	"strings"
	"testing"

	"cloudfiles.dev/files/internal/pkgdoc"
)

// TestDocNamesEverything: the package documentation, by which the author of a driver
// finds what there is, has a link to every type, and to every function except those that
// only make a value of a type.
func TestDocNamesEverything(t *testing.T) {
	p := pkgdoc.Here(t)
	names := make([]string, 0, 100)
	for _, f := range p.Funcs {
		names = append(names, f.Name)
	}
	for _, typ := range p.Types {
		names = append(names, typ.Name)
		for _, f := range typ.Funcs {
			if f.Name != "New"+typ.Name {
				names = append(names, f.Name)
			}
		}
	}
	if len(names) < 80 {
		t.Fatalf("the package has %d names, want at least 80", len(names))
	}
	for _, name := range names {
		if !strings.Contains(p.Doc, "["+name+"]") {
			t.Errorf("the package documentation has no link to %s", name)
		}
	}
}
