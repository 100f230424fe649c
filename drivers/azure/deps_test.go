package azure

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies: the driver doesn't link other clouds' SDKs.
func TestDependencies(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		for _, foreign := range []string{
			"github.com/aws/", "cloud.google.com/", "google.golang.org/", "gocloud.dev/",
		} {
			if strings.HasPrefix(path, foreign) {
				t.Errorf("the driver links %s", path)
			}
		}
	}
}
