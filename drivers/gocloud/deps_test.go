package gocloud

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies: the package doesn't link the SDKs of clouds, which a program may
// not use. drivers/all does.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "cloudfiles.dev/drivers/gocloud").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 100 {
		t.Fatalf("go list prints only %d packages", len(deps))
	}
	for _, dep := range deps {
		for _, heavy := range []string{
			"github.com/aws/",
			"github.com/Azure/",
			"cloud.google.com/",
			"google.golang.org/api/storage",
			"google.golang.org/api/option",
			"gocloud.dev/blob/s3blob",
			"gocloud.dev/blob/gcsblob",
			"gocloud.dev/blob/azureblob",
			"gocloud.dev/blob/fileblob",
			"gocloud.dev/blob/memblob",
		} {
			if strings.HasPrefix(dep, heavy) {
				t.Errorf("links %s", dep)
			}
		}
	}
}
