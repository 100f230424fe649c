package all

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// root is the module's folder.
const root = "../.."

// TestEveryPackageIsNamed: doc.go, which go doc and the package site show first, and
// the README name every package that can be imported or run, and no other.
func TestEveryPackageIsNamed(t *testing.T) {
	list := exec.Command("go", "list", "./...")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	doc, readme := readText(t, root+"/doc.go"), readText(t, root+"/README.md")
	known := map[string]bool{}
	for path := range strings.FieldsSeq(string(out)) {
		rel, below := strings.CutPrefix(path, "cloudfiles.dev/")
		if !below || strings.Contains("/"+path+"/", "/internal/") {
			continue
		}
		known[path] = true
		if !strings.Contains(doc, "//   - "+path+": ") {
			t.Errorf("doc.go has no line for %s", path)
		}
		if !strings.Contains(readme, "`"+path+"`") && !strings.Contains(readme, "("+rel+")") {
			t.Errorf("the README does not name %s", path)
		}
	}
	if len(known) < 15 {
		t.Fatalf("go list found only %d packages", len(known))
	}
	for line := range strings.Lines(doc) {
		if path, ok := strings.CutPrefix(line, "//   - "); ok {
			if path, _, _ = strings.Cut(path, ": "); !known[path] {
				t.Errorf("doc.go names %s, which isn't a package of the module", path)
			}
		}
	}
}

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
