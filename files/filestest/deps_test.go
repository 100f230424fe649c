package filestest

import (
	"os/exec"
	"strings"
	"testing"
)

// TestStandardLibraryAlone: whoever imports the fake links nothing else, and nothing that
// defines a flag.
func TestStandardLibraryAlone(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f",
		"{{if not .Standard}}{{.ImportPath}}{{else if eq .ImportPath "+
			"\"net/http/httptest\"}}httptest{{end}}",
		".").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	n := 0
	for _, p := range strings.Fields(string(out)) {
		n++
		if !strings.HasPrefix(p, module) {
			t.Errorf("it needs %s", p)
		}
	}
	if n < 3 {
		t.Errorf("only %d packages were looked at:\n%s", n, out)
	}
}
