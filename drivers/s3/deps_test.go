package s3

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies: who keeps files in S3 must not link the SDKs of Google and Azure.
// The Go CDK's own error codes bring gRPC's status, and with it
// google.golang.org/api/googleapi and its URI templates, everywhere.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "cloudfiles.dev/drivers/s3").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 200 {
		t.Fatalf("go list tells %d packages", len(deps))
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
