package cases

import (
	"errors"
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var statCases = []suite.Case{
	{
		Rule: "S1",
		Name: "is-get",
		Why:  "Stat must return the Info that Get returns",
		Run:  statIsGet,
	},
	{
		Rule: "S1",
		Name: "directory",
		Why:  "Stat of a directory must be ErrNotExist",
		Run:  statDirectory,
	},
	{
		Rule:  "S1",
		Name:  "every-field",
		Why:   "Stat must return every field",
		Needs: feature.Needs(feature.Attributes),
		Run:   statFields,
	},
	{
		Rule: "S1",
		Name: "exists",
		Why:  "Exists must be false for a missing file, and an error for any other failure",
		Run:  exists,
	},
}

func exists(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/a")
	for name, want := range map[string]bool{
		"d/a":     true,
		"d":       false,
		"d/b":     false,
		"d/a/b":   false,
		"missing": false,
	} {
		got, err := files.Exists(t.Context(), h.Bucket, name)
		if err != nil || got != want {
			t.Errorf("Exists(%q): %v, %v, want %v", name, got, err, want)
		}
	}
	if _, err := files.Exists(t.Context(), h.Bucket,
		"a//b"); !errors.Is(err, files.ErrInvalidName) {
		t.Errorf("Exists of an illegal name: got %s, want ErrInvalidName", check.ErrText(err))
	}
	h.Close()
	if _, err := files.Exists(t.Context(), h.Bucket, "d/a"); !errors.Is(err, files.ErrClosed) {
		t.Errorf("Exists in a closed bucket: got %s, want ErrClosed", check.ErrText(err))
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
