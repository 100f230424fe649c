package cases

import (
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var namesContainedCases = []suite.Case{
	{
		Rule: "N5",
		Name: "contained",
		Why:  "no name may reach outside the bucket",
		Run:  contained,
	},
	{
		Rule: "N5",
		Name: "link",
		Why:  "no link in the folder may lead a reader or a writer outside",
		Run:  link,
	},
}

func contained(t suite.T, h *suite.H) {
	names := []string{"..a", "a..", "...", "..%2f..%2fx", `..\x`, `C:\x`, "C:", "~root", "$HOME"}
	names = putStorable(t, h, names...)
	check.WantOnly(t, h, names...)
	sub, err := files.Sub(h.Bucket, "tenant")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	check.Puts(t, h, "tenant2/x", "tenant.txt")
	check.Puts(t, sub, "own")
	check.WantOnly(t, sub, "own")
	for _, name := range []string{"../tenant2/x", "/tenant2/x", "..", "own/../../tenant.txt"} {
		_, err := sub.Stat(t.Context(), name, nil)
		check.WantErr(t, fmt.Sprintf("Stat(%q) in a sub-bucket", name), err, files.ErrInvalidName)
	}
	for _, name := range []string{"x", "2/x", ".txt", "tenant/own"} {
		check.WantMissing(t, sub, name)
	}
}

func link(t suite.T, h *suite.H) {
	if h.Harness.Link == nil {
		t.Skipf("the harness can't put a link into the store")
	}
	check.Puts(t, h, "dir/file")
	for _, name := range []string{"link", "dir/link"} {
		h.Harness.Link(t, h.Bucket, name)
		check.WantMissing(t, h, name)
		check.WantMissing(t, h, name+"/file")
		check.WantOnly(t, h, "dir/file")
		check.Put(t, h, name, []byte("replaced"), nil)
		check.WantContent(t, h, name, []byte("replaced"))
		check.Remove(t, h, name)
		check.WantOnly(t, h, "dir/file")
	}
}
