package cases

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var getIfChangedCases = []suite.Case{
	{
		Rule: "G8",
		Name: "not-modified",
		Why: "a Get of a version that is current must be ErrNotModified, without a body: " +
			"caches rely on it",
		Needs: feature.Needs(feature.Versions, feature.ReadConditions),
		Run:   notModified,
	},
	{
		Rule: "G8",
		Name: "modified",
		Why: "a Get with IfNotVersion of another version must return the file: otherwise a " +
			"cache serves old data",
		Needs: feature.Needs(feature.Versions, feature.ReadConditions),
		Run:   modified,
	},
	{
		Rule: "G8",
		Name: "if-version",
		Why: "a Get with IfVersion must read that version only: programs read parts in " +
			"parallel that way",
		Needs: feature.Needs(feature.Versions, feature.ReadConditions),
		Run:   getIfVersion,
	},
}

func notModified(t suite.T, h *suite.H) {
	for i, n := range []int{0, 10, 100_000} {
		check.Put(t, h, "a", check.Content(i, n), nil)
		v := current(t, h, "a")
		for _, r := range []files.Range{{}, files.Bytes(0, 5), files.Last(3)} {
			body, err := h.Get(t.Context(), "a", &files.GetOptions{IfNotVersion: v, Range: r})
			check.WantErr(t, "Get with IfNotVersion of the current version", err,
				files.ErrNotModified)
			if err == nil {
				body.Close()
			}
		}
	}
}

func modified(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 10), nil)
	v := current(t, h, "a")
	check.Put(t, h, "a", check.Content(2, 10), nil)
	for _, v := range []files.Version{v, "no-such-version"} {
		p, _ := check.Get(t, h, "a", &files.GetOptions{IfNotVersion: v})
		if d := check.Diff(p, check.Content(2, 10)); d != "" {
			t.Errorf("the body with IfNotVersion %s", d)
		}
		_, _, err := check.Read(t.Context(), h, "missing", &files.GetOptions{IfNotVersion: v})
		check.WantErr(t, "Get with IfNotVersion of a missing file", err, files.ErrNotExist)
	}
	check.Remove(t, h, "a")
	_, _, err := check.Read(t.Context(), h, "a", &files.GetOptions{IfNotVersion: v})
	check.WantErr(t, "Get with IfNotVersion of a deleted file", err, files.ErrNotExist)
}

func getIfVersion(t suite.T, h *suite.H) {
	c := check.Content(1, 5000)
	check.Put(t, h, "a", c, nil)
	v := current(t, h, "a")
	for off := 0; off < 5000; off += 1250 {
		p, _ := check.Get(t, h, "a", &files.GetOptions{
			IfVersion: v,
			Range:     files.Bytes(int64(off), 1250),
		})
		if d := check.Diff(p, c[off:off+1250]); d != "" {
			t.Errorf("part at %d %s", off, d)
		}
	}
	check.Put(t, h, "a", check.Content(2, 5000), nil)
	for _, r := range []files.Range{{}, files.Bytes(10, 5)} {
		_, _, err := check.Read(t.Context(), h, "a", &files.GetOptions{IfVersion: v, Range: r})
		check.WantErr(t, "Get with IfVersion of a replaced file", err, files.ErrPrecondition)
	}
	check.Remove(t, h, "a")
	if _, _, err := check.Read(t.Context(), h, "a",
		&files.GetOptions{IfVersion: v}); !check.IsAny(err, files.ErrPrecondition,
		files.ErrNotExist) {
		t.Errorf("Get with IfVersion of a deleted file: got %s, want ErrNotExist or "+
			"ErrPrecondition", check.ErrText(err))
	}
}
