package cases

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var versionsCases = []suite.Case{
	{
		Rule: "V1",
		Name: "opaque-text",
		Why: "a version must be short printable text: it goes into headers, forms and " +
			"databases",
		Needs: feature.Needs(feature.Versions),
		Run:   versionText,
	},
	{
		Rule: "V1",
		Name: "different-bytes",
		Why: "a change of the content must change the version: otherwise it is overwritten " +
			"unnoticed",
		Needs: feature.Needs(feature.Versions),
		Run:   versionBytes,
	},
	{
		Rule:  "V1",
		Name:  "same-checksum",
		Why:   "contents of the same size and CRC-32C must have different versions",
		Needs: feature.Needs(feature.Versions),
		Run:   versionChecksum,
	},
	{
		Rule:  "V1",
		Name:  "per-put",
		Why:   "every Put must make a new version, if the bucket claims that",
		Needs: feature.Needs(feature.Versions, feature.VersionPerPut),
		Run:   versionEachPut,
	},
	{
		Rule: "V1",
		Name: "fast-rewrites",
		Why: "a version must change with the content, also at the same size and within one " +
			"tick of the clock",
		Needs: feature.Needs(feature.Versions),
		Run:   versionFast,
	},
	{
		Rule:  "V1",
		Name:  "after-delete",
		Why:   "the version of a deleted file must not match its successor",
		Needs: feature.Needs(feature.Versions),
		Run:   versionAfterDelete,
	},
	{
		Rule:  "V1",
		Name:  "not-by-reading",
		Why:   "a version must not change by itself: every conditional write would fail",
		Needs: feature.Needs(feature.Versions),
		Run:   versionStable,
	},
}

func versionText(t suite.T, h *suite.H) {
	for i, name := range []string{"a", "d/b", "empty"} {
		check.Put(t, h, name, check.Content(i, 100*(2-i)), nil)
		v := check.Stat(t, h, name).Version
		if v == "" {
			t.Errorf("Stat(%q) has no version, but the bucket claims Versions", name)
		}
		for _, c := range v {
			if c <= ' ' || c > '~' || c == '"' || c == '\'' {
				t.Errorf("the version %q has the character %q, want printable ASCII without quotes",
					v, c)
			}
		}
	}
}

func versionBytes(t suite.T, h *suite.H) {
	seen := map[files.Version]string{}
	for i := range 8 {
		check.Put(t, h, "a", check.Content(i, 64), nil)
		v := check.Stat(t, h, "a").Version
		if _, ok := seen[v]; ok {
			t.Errorf("content %d has the version %q of an earlier one, want another", i, v)
		}
		seen[v] = "a"
	}
	check.Put(t, h, "a", nil, nil)
	if v := check.Stat(t, h, "a").Version; seen[v] != "" {
		t.Errorf("the empty file has the version %q of one of 64 bytes, want another", v)
	}
}

// versionChecksum puts contents with the same CRC-32C over each other. A driver that
// takes the second for the first keeps the old version or the old content.
func versionChecksum(t suite.T, h *suite.H) {
	one, two := []byte("1441e896"), []byte("fca1a963")
	if crc32c(one) != crc32c(two) {
		t.Fatalf("the contents have the checksums %s and %s", crc32c(one), crc32c(two))
	}
	check.Put(t, h, "a", one, nil)
	first := check.Stat(t, h, "a").Version
	check.Put(t, h, "a", two, nil)
	if second := check.Stat(t, h, "a").Version; second == first {
		t.Errorf("other bytes with the same size and CRC-32C have the same version %q, want "+
			"another", first)
	}
	check.WantContent(t, h, "a", two)
}

func versionEachPut(t suite.T, h *suite.H) {
	seen := map[files.Version]bool{}
	for range 8 {
		check.Put(t, h, "a", []byte("the same"), nil)
		v := check.Stat(t, h, "a").Version
		if seen[v] {
			t.Errorf("two puts of the same bytes have the version %q, but the bucket claims "+
				"VersionPerPut", v)
		}
		seen[v] = true
	}
}

func versionFast(t suite.T, h *suite.H) {
	seen := map[files.Version]int{}
	for i := range 200 {
		info := check.Put(t, h, "a", check.Content(i, 32), nil)
		if info.Version == "" {
			info = check.Stat(t, h, "a")
		}
		if before, ok := seen[info.Version]; ok {
			t.Fatalf("rewrite %d has the version %q of rewrite %d, whose bytes are others", i,
				info.Version, before)
		}
		seen[info.Version] = i
	}
}

func versionAfterDelete(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 32), nil)
	first := check.Stat(t, h, "a").Version
	check.Remove(t, h, "a")
	check.Put(t, h, "a", check.Content(2, 32), nil)
	if second := check.Stat(t, h, "a").Version; second == first {
		t.Errorf("a file that was deleted and put again with other bytes still has the version %q",
			first)
	}
}

func versionStable(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 32), nil)
	first := check.Stat(t, h, "a").Version
	check.Get(t, h, "a", nil)
	check.Puts(t, h, "a.txt", "b", "c/d")
	check.Remove(t, h, "b")
	check.List(t, h, "", nil)
	check.Same(t, "version after reads, and after changes of other files",
		check.Stat(t, h, "a").Version,
		first)
}
