package cases

import (
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var statCases = []suite.Case{
	{
		Rule:  "G8",
		Name:  "not-modified",
		Why:   "a cache asks whether its copy is current, and pays for no body",
		Needs: feature.Needs(feature.Versions, feature.ReadConditions),
		Run:   notModified,
	},
	{
		Rule:  "G8",
		Name:  "modified",
		Why:   "a cache that is told that an old copy is current serves old data",
		Needs: feature.Needs(feature.Versions, feature.ReadConditions),
		Run:   modified,
	},
	{
		Rule:  "G8",
		Name:  "if-version",
		Why:   "several reads of one state are how large files are read in parallel",
		Needs: feature.Needs(feature.Versions, feature.ReadConditions),
		Run:   getIfVersion,
	},
	{
		Rule: "S1",
		Name: "is-get",
		Why:  "what Stat says and what Get serves must be one file",
		Run:  statIsGet,
	},
	{
		Rule: "S1",
		Name: "directory",
		Why:  "a directory is not a file: an upload check by Stat must not find one",
		Run:  statDirectory,
	},
	{
		Rule:  "S1",
		Name:  "every-field",
		Why:   "each field is somebody's only source",
		Needs: feature.Needs(feature.Attributes),
		Run:   statFields,
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

func statIsGet(t suite.T, h *suite.H) {
	for i, name := range []string{"a", "d/a.txt", "d/ünï.png", "e/%41"} {
		check.Put(t, h, name, check.Content(i, i*1000), nil)
		_, info := check.Get(t, h, name, nil)
		check.Same(t, "Stat, against Get", check.Stat(t, h, name), info)
	}
}

func statDirectory(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/e/x")
	for _, dir := range []string{"d", "d/e"} {
		_, err := h.Stat(t.Context(), dir, nil)
		check.WantErr(t, fmt.Sprintf("Stat(%q) of a directory", dir), err, files.ErrNotExist)
		_, err = h.Get(t.Context(), dir, nil)
		check.WantErr(t, fmt.Sprintf("Get(%q) of a directory", dir), err, files.ErrNotExist)
		_, err = h.Stat(t.Context(), dir+"/", nil)
		check.WantErr(t, fmt.Sprintf("Stat(%q)", dir+"/"), err, files.ErrInvalidName)
	}
}

func statFields(t suite.T, h *suite.H) {
	a := files.Attributes{
		ContentType:        "text/x",
		CacheControl:       "no-store",
		ContentDisposition: "inline",
		ContentEncoding:    "br",
		ContentLanguage:    "en",
		Metadata:           map[string]string{"k": "v"},
	}
	check.Put(t, h, "d/a", check.Content(1, 1234), &files.PutOptions{Attributes: a})
	i := check.Stat(t, h, "d/a")
	check.Same(t, "Name", i.Name, "d/a")
	check.Same(t, "Size", i.Size, int64(1234))
	check.Same(t, "IsDir", i.IsDir, false)
	check.Same(t, "Key", i.Key, "")
	check.Same(t, "Attributes", i.Attributes, a)
	check.Same(t, "has a version", i.Version != "", h.F.Versions)
	if i.ModTime.IsZero() && h.F.TimeResolution > 0 {
		t.Errorf("Stat has no ModTime, but the bucket has a TimeResolution")
	}
}
