package all

import (
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestErrorNamesMissingImport: for every scheme, the error of a program without the
// import names the package that registers the scheme here.
func TestErrorNamesMissingImport(t *testing.T) {
	// The fake of package filestest isn't a driver.
	schemes := slices.DeleteFunc(files.DefaultMux().Schemes(),
		func(s files.Scheme) bool { return s.Name == "filestest" })
	want := map[string]string{
		"gocloud+s3":     "gocloud.dev/blob/s3blob",
		"gocloud+gs":     "gocloud.dev/blob/gcsblob",
		"gocloud+azblob": "gocloud.dev/blob/azureblob",
		"gocloud+file":   "gocloud.dev/blob/fileblob",
		"gocloud+mem":    "gocloud.dev/blob/memblob",
	}
	for _, s := range schemes {
		want[s.Name] = s.Package
		if theirs := "gocloud+" + s.Name; want[theirs] == "" {
			t.Errorf("the test has no package of %s://", theirs)
		}
	}
	if len(schemes) != 5 {
		t.Errorf("%d schemes are registered; the README, doc.go and the hints name 5", len(schemes))
	}
	var none files.Mux
	for name, pkg := range want {
		if _, err := files.Describe(name + "://x"); err != nil {
			t.Errorf("with every driver imported: %v, want nil", err)
		}
		_, err := none.Describe(name + "://x")
		if err == nil {
			t.Errorf("an empty Mux describes %s://", name)
			continue
		}
		_, advice, _ := strings.Cut(err.Error(), "must import _ ")
		advice, _, _ = strings.Cut(advice, " (")
		if strings.HasPrefix(name, "gocloud+") {
			advice = strings.TrimPrefix(advice, "cloudfiles.dev/drivers/gocloud and ")
		}
		if advice != pkg {
			t.Errorf("the error for %s:// names %q, and %q registers it, want %q", name, advice,
				pkg, pkg)
		}
	}
}
