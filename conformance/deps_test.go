package conformance_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestTestOnlyDependencies: only tests import rapid, which registers flags in
// every program that imports it, and Porcupine.
func TestTestOnlyDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "cloudfiles.dev/...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "cloudfiles.dev/conformance\n") {
		t.Fatalf("go list does not list the package itself:\n%s", out)
	}
	for path := range strings.Lines(string(out)) {
		if strings.HasPrefix(path,
			"pgregory.net/rapid") || strings.HasPrefix(path, "github.com/anishathalye/porcupine") {
			t.Errorf("%s is imported outside tests", strings.TrimSpace(path))
		}
	}
}
