package cases

import (
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// An existing file of 0 bytes is a file.
var putEmptyCases = []suite.Case{
	{
		Rule:  "V1",
		Name:  "empty",
		Why:   "an empty file that is put again must get another version: it may be a marker",
		Needs: feature.Needs(feature.Versions),
		Run:   emptyVersions,
	},
	{
		Rule:  "P5",
		Name:  "empty-attributes",
		Why:   "a file that is emptied, or was empty, must be replaced as a whole",
		Needs: feature.Needs(feature.Attributes),
		Run:   emptyAttributes,
	},
	{
		Rule:  "P8",
		Name:  "empty",
		Why:   "IfAbsent must hold over an empty file: it may be a lock",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   emptyIfAbsent,
	},
	{
		Rule:  "P9",
		Name:  "empty",
		Why:   "IfVersion must hold for an empty file",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   emptyIfVersion,
	},
	{
		Rule:  "P9",
		Name:  "empty-update",
		Why:   "Update must accept an empty file",
		Needs: feature.Needs(feature.Versions, feature.IfVersion, feature.IfAbsent),
		Run:   emptyUpdate,
	},
	{
		Rule:  "P10",
		Name:  "empty",
		Why:   "an empty file must have its digest",
		Needs: feature.Needs(feature.Digests),
		Run:   emptyDigest,
	},
}

func emptyVersions(t suite.T, h *suite.H) {
	seen := map[files.Version]string{}
	note := func(what string) {
		t.Helper()
		v := current(t, h, "a")
		if v == "" {
			t.Errorf("%s has no version, but the bucket claims Versions", what)
		}
		if before, ok := seen[v]; ok {
			t.Errorf("%s has the version %q of %s, want another one", what, v, before)
		}
		seen[v] = what
	}
	check.Put(t, h, "a", check.Content(1, 100), nil)
	note("the file of 100 bytes")
	check.Put(t, h, "a", nil, nil)
	note("the file that was emptied")
	check.Put(t, h, "a", check.Content(2, 100), nil)
	note("the file of 100 other bytes")
	if h.F.VersionPerPut {
		check.Put(t, h, "a", nil, nil)
		note("the file that was emptied again")
		check.Put(t, h, "a", nil, nil)
		note("the empty file that was put over an empty one")
		check.Remove(t, h, "a")
		check.Put(t, h, "a", nil, nil)
		note("the empty file that was put after Delete")
	}
}

func emptyAttributes(t suite.T, h *suite.H) {
	full := fully(h, "full")
	want := files.Attributes{ContentType: "text/css; charset=utf-8"}
	for _, sizes := range [][2]int{{0, 10}, {10, 0}, {0, 0}, {0, 100_000}, {100_000, 0}} {
		what := fmt.Sprintf("attributes of %d bytes over %d", sizes[1], sizes[0])
		check.Put(t, h, "a.css", check.Content(1, sizes[0]), full)
		check.Same(t, "attributes that were given", check.Stat(t, h, "a.css").Attributes,
			full.Attributes)
		info := check.Put(t, h, "a.css", check.Content(2, sizes[1]), nil)
		check.Same(t, what+", in Put's Info", info.Attributes, want)
		check.Same(t, what, check.Stat(t, h, "a.css").Attributes, want)
		check.WantContent(t, h, "a.css", check.Content(2, sizes[1]))
	}
}

func emptyIfAbsent(t suite.T, h *suite.H) {
	if _, err := ifAbsent(t, h, "lock", nil); err != nil {
		t.Fatalf("Put of no bytes with IfAbsent to a free name: %v, want no error", err)
	}
	before := check.Stat(t, h, "lock")
	for _, n := range []int{0, 10, 100_000} {
		_, err := ifAbsent(t, h, "lock", check.Content(1, n))
		check.WantErr(t, fmt.Sprintf("Put of %d bytes with IfAbsent over an empty file", n),
			err, files.ErrExist)
		check.Same(t, "Stat after the refused Put", check.Stat(t, h, "lock"), before)
		name := fmt.Sprint("a", n)
		check.Put(t, h, name, check.Content(2, n), nil)
		_, err = ifAbsent(t, h, name, nil)
		check.WantErr(t, fmt.Sprintf("Put of no bytes with IfAbsent over a file of %d", n),
			err, files.ErrExist)
		check.WantContent(t, h, name, check.Content(2, n))
	}
	// IfAbsent must also find an empty file that appears during the upload. The name
	// has a type, so that the driver doesn't read the content before the upload begins.
	for _, c := range [][]byte{nil, check.Content(3, 100)} {
		_, err := h.Put(t.Context(), "late.css", check.Hook(c, len(c), func() {
			check.Put(t, h, "late.css", nil, nil)
		}), &files.PutOptions{If: files.IfAbsent()})
		check.WantErr(t, "Put with IfAbsent that an empty file has overtaken", err, files.ErrExist)
		check.WantContent(t, h, "late.css", nil)
		check.Remove(t, h, "late.css")
	}
	check.WantContent(t, h, "lock", nil)
	h.Clean(t, "conditional puts of no bytes")
}

func emptyIfVersion(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 10), nil)
	old := current(t, h, "a")
	check.Put(t, h, "a", nil, nil)
	before := check.Stat(t, h, "a")
	for _, v := range []files.Version{old, "no-such-version", ""} {
		for _, n := range []int{0, 10, 100_000} {
			_, err := ifVersion(t, h, "a", check.Content(2, n), v)
			check.WantErr(t, fmt.Sprintf("Put of %d bytes with the version %q over an empty "+
				"file of another version", n, v), err, files.ErrPrecondition)
			check.Same(t, "Stat after the refused Put", check.Stat(t, h, "a"), before)
		}
	}
	for i, n := range []int{10, 0, 100_000, 0} {
		c := check.Content(10+i, n)
		if _, err := ifVersion(t, h, "a", c, current(t, h, "a")); err != nil {
			t.Errorf("Put of %d bytes with the current version: %v, want no error", n, err)
		}
		check.WantContent(t, h, "a", c)
	}
	check.Put(t, h, "b", check.Content(3, 10), nil)
	for _, v := range []files.Version{old, "no-such-version"} {
		_, err := ifVersion(t, h, "b", nil, v)
		check.WantErr(t, "Put of no bytes with another version", err, files.ErrPrecondition)
		check.WantContent(t, h, "b", check.Content(3, 10))
		_, err = ifVersion(t, h, "missing", nil, v)
		check.WantErr(t, "Put of no bytes with a version where no file exists", err,
			files.ErrPrecondition)
		check.WantMissing(t, h, "missing")
	}
	h.Clean(t, "conditional puts of no bytes")
}

func emptyUpdate(t suite.T, h *suite.H) {
	check.Put(t, h, "a", nil, fully(h, "one"))
	before := check.Stat(t, h, "a")
	for _, c := range [][]byte{[]byte("line"), nil, check.Content(1, 100_000), nil} {
		was, _ := check.Get(t, h, "a", nil)
		calls := 0
		_, err := files.Update(t.Context(), h.Bucket, "a", func(old []byte) ([]byte, error) {
			calls++
			if d := check.Diff(old, was); d != "" {
				t.Errorf("the content that Update passes to its function %s", d)
			}
			return append([]byte{}, c...), nil
		}, nil)
		if err != nil || calls != 1 {
			t.Errorf("Update of %d bytes to %d: %v after %d calls, want 1", len(was), len(c), err,
				calls)
		}
		check.WantContent(t, h, "a", c)
		check.Same(t, "attributes after Update", check.Stat(t, h, "a").Attributes,
			before.Attributes)
	}
}

func emptyDigest(t suite.T, h *suite.H) {
	all := allDigests(nil)
	for what, o := range map[string]*files.PutOptions{
		"none given": nil,
		"all given":  {Digest: all, Size: new(int64(0))},
	} {
		info := check.Put(t, h, "a", nil, o)
		stat := check.Stat(t, h, "a")
		if stat.Digest.IsZero() {
			t.Errorf("an empty file, digests %s, has no digest, but the bucket claims Digests",
				what)
		}
		for _, d := range []files.Digest{info.Digest, stat.Digest} {
			if which := d.Conflict(all); which != "" {
				t.Errorf("the %s of an empty file, digests %s, is not that of no bytes", which,
					what)
			}
		}
		check.WantContent(t, h, "a", nil)
	}
}
