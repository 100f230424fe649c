package cases

import (
	"fmt"
	"io/fs"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var getCases = []suite.Case{
	{
		Rule: "G1",
		Name: "missing",
		Why:  "a missing file must be ErrNotExist, and fs.ErrNotExist, at the call",
		Run:  getMissing,
	},
	{
		Rule: "G1",
		Name: "below-a-file",
		Why:  "a name below a file's name must be missing like any other",
		Run:  missingBelowFile,
	},
	{
		Rule: "G1",
		Name: "then-created",
		Why: "a file that was missing must be found once it is put: nothing may remember " +
			"that it was missing",
		Run: missingThenCreated,
	},
	{
		Rule: "G2",
		Name: "info",
		Why: "the Info of a Get must be that of the body that is read, without a second " +
			"request",
		Run: getInfo,
	},
	{
		Rule: "G2",
		Name: "info-of-a-range",
		Why:  "the Info of a range must have the size of the whole file",
		Run:  getInfoRange,
	},
}

func getMissing(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "d/x")
	for _, name := range []string{
		"missing", "a.txt", "A", "d", "d/y", "d/x.txt", "no/such/dir", "aa",
	} {
		for _, m := range check.Methods(t, h.Bucket, name) {
			if m.Name != "Get" && m.Name != "Stat" && m.Name != "Copy from" &&
				m.Name != "Move from" {
				continue
			}
			err := m.Call(t.Context())
			what := fmt.Sprintf("%s(%q)", m.Name, name)
			check.WantErr(t, what, err, files.ErrNotExist)
			check.WantErr(t, what, err, fs.ErrNotExist)
		}
	}
	check.WantOnly(t, h, "a", "d/x")
}

func missingBelowFile(t suite.T, h *suite.H) {
	check.Puts(t, h, "a")
	check.WantMissing(t, h, "a/b")
	check.WantMissing(t, h, "a/b/c")
	if err := h.Delete(t.Context(), "a/b", nil); err != nil {
		t.Errorf("Delete below a file's name: %v, want no error", err)
	}
	check.WantList(t, h, "a", nil)
	check.WantContent(t, h, "a", []byte("a"))
}

func missingThenCreated(t suite.T, h *suite.H) {
	for i := range 5 {
		name := fmt.Sprintf("d%d/a", i)
		check.WantMissing(t, h, name)
		check.WantList(t, h, fmt.Sprintf("d%d", i), nil)
		check.Put(t, h, name, check.Content(i, 10), nil)
		check.Same(t, "size of what was missing", check.Stat(t, h, name).Size, int64(10))
		check.WantContent(t, h, name, check.Content(i, 10))
		check.WantList(t, h, fmt.Sprintf("d%d", i), nil, name)
	}
}

func getInfo(t suite.T, h *suite.H) {
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{
			ContentType:  "x/y",
			CacheControl: "no-cache",
			Metadata:     map[string]string{"k": "v"},
		}
	}
	for _, n := range []int{0, 1, 100_000} {
		check.Put(t, h, "d/a", check.Content(n, n), opts)
		_, info := check.Get(t, h, "d/a", nil)
		check.Same(t, "Info of Get, against Stat's", info, check.Stat(t, h, "d/a"))
		check.Same(t, "size", info.Size, int64(n))
	}
}

func getInfoRange(t suite.T, h *suite.H) {
	check.Put(t, h, "a.txt", check.Content(1, 1000), nil)
	want := check.Stat(t, h, "a.txt")
	for _, r := range []files.Range{files.Bytes(10,
		20), files.From(990), files.Last(5), files.Bytes(0,
		0), files.From(1000), files.From(5000)} {
		_, info := check.Get(t, h, "a.txt", &files.GetOptions{Range: r})
		wantRangeInfo(t, r, info, want)
	}
}

// wantRangeInfo fails the case if the Info of a range isn't Stat's.
func wantRangeInfo(t suite.T, r files.Range, info, want files.Info) {
	t.Helper()
	if info.Digest.IsZero() {
		// a range need not have the digest, and is not checked (G6)
		info.Digest = want.Digest
	}
	check.Same(t, fmt.Sprintf("Info of Get of the range %v, against Stat's", r), info, want)
}
