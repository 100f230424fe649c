package conformance

import (
	"fmt"

	"cloudfiles.dev/files"
)

var statCases = []Case{
	{
		Rule:  "G8",
		Name:  "not-modified",
		Why:   "a cache asks whether its copy is current, and pays for no body",
		Needs: needs(versions, readCondition),
		Run:   notModified,
	},
	{
		Rule:  "G8",
		Name:  "modified",
		Why:   "a cache that is told that an old copy is current serves old data",
		Needs: needs(versions, readCondition),
		Run:   modified,
	},
	{
		Rule:  "G8",
		Name:  "if-version",
		Why:   "several reads of one state are how large files are read in parallel",
		Needs: needs(versions, readCondition),
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
		Needs: needs(attributes),
		Run:   statFields,
	},
}

func notModified(t T, h *H) {
	for i, n := range []int{0, 10, 100_000} {
		put(t, h, "a", content(i, n), nil)
		v := current(t, h, "a")
		for _, r := range []files.Range{{}, files.Bytes(0, 5), files.Last(3)} {
			body, err := h.Get(t.Context(), "a", &files.GetOptions{IfNotVersion: v, Range: r})
			wantErr(t, "Get with IfNotVersion of the current version", err, files.ErrNotModified)
			if err == nil {
				body.Close()
			}
		}
	}
}

func modified(t T, h *H) {
	put(t, h, "a", content(1, 10), nil)
	v := current(t, h, "a")
	put(t, h, "a", content(2, 10), nil)
	for _, v := range []files.Version{v, "no-such-version"} {
		p, _ := get(t, h, "a", &files.GetOptions{IfNotVersion: v})
		if d := diff(p, content(2, 10)); d != "" {
			t.Errorf("the body with IfNotVersion %s", d)
		}
		_, _, err := read(t.Context(), h, "missing", &files.GetOptions{IfNotVersion: v})
		wantErr(t, "Get with IfNotVersion of a missing file", err, files.ErrNotExist)
	}
	remove(t, h, "a")
	_, _, err := read(t.Context(), h, "a", &files.GetOptions{IfNotVersion: v})
	wantErr(t, "Get with IfNotVersion of a deleted file", err, files.ErrNotExist)
}

func getIfVersion(t T, h *H) {
	c := content(1, 5000)
	put(t, h, "a", c, nil)
	v := current(t, h, "a")
	for off := 0; off < 5000; off += 1250 {
		p, _ := get(t, h, "a", &files.GetOptions{
			IfVersion: v,
			Range:     files.Bytes(int64(off), 1250),
		})
		if d := diff(p, c[off:off+1250]); d != "" {
			t.Errorf("part at %d %s", off, d)
		}
	}
	put(t, h, "a", content(2, 5000), nil)
	for _, r := range []files.Range{{}, files.Bytes(10, 5)} {
		_, _, err := read(t.Context(), h, "a", &files.GetOptions{IfVersion: v, Range: r})
		wantErr(t, "Get with IfVersion of a replaced file", err, files.ErrPrecondition)
	}
	remove(t, h, "a")
	if _, _, err := read(t.Context(), h, "a",
		&files.GetOptions{IfVersion: v}); !isAny(err, files.ErrPrecondition, files.ErrNotExist) {
		t.Errorf("Get with IfVersion of a deleted file: got %s, want ErrNotExist or "+
			"ErrPrecondition", errText(err))
	}
}

func statIsGet(t T, h *H) {
	for i, name := range []string{"a", "d/a.txt", "d/ünï.png", "e/%41"} {
		put(t, h, name, content(i, i*1000), nil)
		_, info := get(t, h, name, nil)
		same(t, "Stat, against Get", stat(t, h, name), info)
	}
}

func statDirectory(t T, h *H) {
	puts(t, h, "d/e/x")
	for _, dir := range []string{"d", "d/e"} {
		_, err := h.Stat(t.Context(), dir, nil)
		wantErr(t, fmt.Sprintf("Stat(%q) of a directory", dir), err, files.ErrNotExist)
		_, err = h.Get(t.Context(), dir, nil)
		wantErr(t, fmt.Sprintf("Get(%q) of a directory", dir), err, files.ErrNotExist)
		_, err = h.Stat(t.Context(), dir+"/", nil)
		wantErr(t, fmt.Sprintf("Stat(%q)", dir+"/"), err, files.ErrInvalidName)
	}
}

func statFields(t T, h *H) {
	a := files.Attributes{
		ContentType:        "text/x",
		CacheControl:       "no-store",
		ContentDisposition: "inline",
		ContentEncoding:    "br",
		ContentLanguage:    "en",
		Metadata:           map[string]string{"k": "v"},
	}
	put(t, h, "d/a", content(1, 1234), &files.PutOptions{Attributes: a})
	i := stat(t, h, "d/a")
	same(t, "Name", i.Name, "d/a")
	same(t, "Size", i.Size, int64(1234))
	same(t, "IsDir", i.IsDir, false)
	same(t, "Key", i.Key, "")
	same(t, "Attributes", i.Attributes, a)
	same(t, "has a version", i.Version != "", h.F.Versions)
	if i.ModTime.IsZero() && h.F.TimeResolution > 0 {
		t.Errorf("Stat has no ModTime, but the bucket has a TimeResolution")
	}
}
