package conformance

import (
	"errors"
	"time"

	"cloudfiles.dev/files"
)

var versionCases = []Case{
	{
		Rule:  "V1",
		Name:  "opaque-text",
		Why:   "a version goes into headers, forms and databases",
		Needs: needs(versions),
		Run:   versionText,
	},
	{
		Rule:  "V1",
		Name:  "different-bytes",
		Why:   "a change that keeps its version is overwritten unseen",
		Needs: needs(versions),
		Run:   versionBytes,
	},
	{
		Rule:  "V1",
		Name:  "per-put",
		Why:   "two writers of the same bytes must not both believe that they own the file",
		Needs: needs(versions, versionPerPut),
		Run:   versionEachPut,
	},
	{
		Rule: "V1",
		Name: "fast-rewrites",
		Why: "clocks are coarser than programs are fast: same size, same millisecond, " +
			"other bytes",
		Needs: needs(versions),
		Run:   versionFast,
	},
	{
		Rule:  "V1",
		Name:  "after-delete",
		Why:   "a version of a deleted file must not fit its successor",
		Needs: needs(versions),
		Run:   versionAfterDelete,
	},
	{
		Rule:  "V1",
		Name:  "not-by-reading",
		Why:   "a version that changes by itself makes every conditional write fail",
		Needs: needs(versions),
		Run:   versionStable,
	},
	{
		Rule: "V2",
		Name: "utc-and-cut",
		Why:  "times are compared across answers and machines",
		Run:  timesCut,
	},
	{
		Rule: "V2",
		Name: "forward",
		Why:  "a file that is rewritten must not become older",
		Run:  timesForward,
	},
}

func versionText(t T, h *H) {
	for i, name := range []string{"a", "d/b", "empty"} {
		put(t, h, name, content(i, 100*(2-i)), nil)
		v := stat(t, h, name).Version
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

func versionBytes(t T, h *H) {
	seen := map[files.Version]string{}
	for i := range 8 {
		put(t, h, "a", content(i, 64), nil)
		v := stat(t, h, "a").Version
		if _, ok := seen[v]; ok {
			t.Errorf("content %d has the version %q of an earlier one", i, v)
		}
		seen[v] = "a"
	}
	put(t, h, "a", nil, nil)
	if v := stat(t, h, "a").Version; seen[v] != "" {
		t.Errorf("the empty file has the version %q of one of 64 bytes", v)
	}
}

func versionEachPut(t T, h *H) {
	seen := map[files.Version]bool{}
	for range 8 {
		put(t, h, "a", []byte("the same"), nil)
		v := stat(t, h, "a").Version
		if seen[v] {
			t.Errorf("two puts of the same bytes have the version %q, but the bucket claims "+
				"VersionPerPut", v)
		}
		seen[v] = true
	}
}

func versionFast(t T, h *H) {
	seen := map[files.Version]int{}
	for i := range 200 {
		info := put(t, h, "a", content(i, 32), nil)
		if info.Version == "" {
			info = stat(t, h, "a")
		}
		if before, ok := seen[info.Version]; ok {
			t.Fatalf("rewrite %d has the version %q of rewrite %d, whose bytes are others", i,
				info.Version, before)
		}
		seen[info.Version] = i
	}
}

func versionAfterDelete(t T, h *H) {
	put(t, h, "a", content(1, 32), nil)
	first := stat(t, h, "a").Version
	remove(t, h, "a")
	put(t, h, "a", content(2, 32), nil)
	if second := stat(t, h, "a").Version; second == first {
		t.Errorf("deleted and put again with other bytes, the file still has the version %q", first)
	}
}

func versionStable(t T, h *H) {
	put(t, h, "a", content(1, 32), nil)
	first := stat(t, h, "a").Version
	get(t, h, "a", nil)
	puts(t, h, "a.txt", "b", "c/d")
	remove(t, h, "b")
	list(t, h, "", nil)
	same(t, "version after reading it and changing others", stat(t, h, "a").Version, first)
}

func timesCut(t T, h *H) {
	res := h.F.TimeResolution
	check := func(what string, m time.Time) {
		switch {
		case m.IsZero():
		case m.Location() != time.UTC:
			t.Errorf("%s is in %v, want UTC", what, m.Location())
		case res > 0 && !m.Equal(m.Truncate(res)):
			t.Errorf("%s is %v, finer than Features().TimeResolution = %v", what, m, res)
		}
	}
	for i := range 5 {
		info := put(t, h, "a", content(i, 32), nil)
		check("Put's ModTime", info.ModTime)
		s := stat(t, h, "a")
		check("Stat's ModTime", s.ModTime)
		_, g := get(t, h, "a", nil)
		same(t, "Get's ModTime", g.ModTime, s.ModTime)
		if !info.ModTime.IsZero() {
			same(t, "Put's ModTime, against Stat's", info.ModTime, s.ModTime)
		}
		for e := range h.List(t.Context(), "", nil) {
			check("the entry's ModTime", e.ModTime)
			same(t, "the entry's ModTime, against Stat's", e.ModTime, s.ModTime)
		}
	}
}

func timesForward(t T, h *H) {
	var last time.Time
	for i := range 20 {
		put(t, h, "a", content(i, 32), nil)
		m := stat(t, h, "a").ModTime
		if m.Before(last) {
			t.Errorf("rewrite %d has the time %v, before that of the one before, %v", i, m, last)
		}
		last = m
	}
}

// isAny reports whether err is one of the sentinels.
func isAny(err error, sentinels ...error) bool {
	for _, s := range sentinels {
		if errors.Is(err, s) {
			return true
		}
	}
	return false
}
