package all

import (
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestHints: what a program without an import is told to import is what registers the
// scheme here, for every scheme that there is.
func TestHints(t *testing.T) {
	// The fake of tests is no driver, and is found by whoever made it.
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
			t.Errorf("the test knows no package of %s://", theirs)
		}
	}
	if len(schemes) != 5 {
		t.Errorf("%d schemes are registered; the README, doc.go and the hints name 5", len(schemes))
	}
	var none files.Mux
	for name, pkg := range want {
		if _, err := files.Describe(name + "://x"); err != nil {
			t.Errorf("with every driver imported: %v", err)
		}
		_, err := none.Describe(name + "://x")
		if err == nil {
			t.Errorf("%s:// is known to an empty Mux", name)
			continue
		}
		_, advice, _ := strings.Cut(err.Error(), "must import _ ")
		advice, _, _ = strings.Cut(advice, " (")
		if strings.HasPrefix(name, "gocloud+") {
			advice = strings.TrimPrefix(advice, "cloudfiles.dev/drivers/gocloud and ")
		}
		if advice != pkg {
			t.Errorf("%s:// is said to need %q, and %q registers it", name, advice, pkg)
		}
	}
}
