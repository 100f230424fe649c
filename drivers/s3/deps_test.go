package s3

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies: a program that uses only this driver doesn't link the SDKs of
// Google and Azure. The Go CDK's error codes always link gRPC's status, and with it
// google.golang.org/api/googleapi and its URI templates.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "cloudfiles.dev/drivers/s3").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 200 {
		t.Fatalf("go list prints %d packages, want at least 200", len(deps))
	}
	for _, dep := range deps {
		for _, foreign := range []string{
			"github.com/Azure", "github.com/AzureAD", "cloud.google.com/",
			"gocloud.dev/blob/gcsblob", "gocloud.dev/blob/azureblob", "gocloud.dev/gcp",
			"gocloud.dev/azure", "google.golang.org/api/",
		} {
			if strings.HasPrefix(dep,
				foreign) && dep != "google.golang.org/api/googleapi" &&
				dep != "google.golang.org/api/internal/third_party/uritemplates" {
				t.Errorf("links %s", dep)
			}
		}
	}
}
