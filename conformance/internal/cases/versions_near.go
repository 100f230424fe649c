package cases

import (
	"fmt"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

const nearWhy = "a version must be compared as a whole: one that only looks like the right one " +
	"belongs to another state of the file, or to none"

var versionsNearCases = []suite.Case{
	{
		Rule:  "P9",
		Name:  "near-version",
		Why:   nearWhy,
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   putNearVersion,
	},
	{
		Rule:  "G8",
		Name:  "near-version",
		Why:   nearWhy,
		Needs: feature.Needs(feature.Versions, feature.ReadConditions),
		Run:   getNearVersion,
	},
	{
		Rule:  "D2",
		Name:  "near-version",
		Why:   nearWhy,
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   deleteNearVersion,
	},
	{
		Rule:  "C1",
		Name:  "near-version",
		Why:   nearWhy,
		Needs: feature.Needs(feature.Versions, feature.IfVersion, feature.ReadConditions),
		Run:   copyNearVersion,
	},
}

// near returns versions that look like v and are not the file's. A weak ETag of v isn't
// among them, because a driver may know what made it weak.
func near(v files.Version) []files.Version {
	s := string(v)
	last := byte('1')
	if s[len(s)-1] == last {
		last = '2'
	}
	all := []string{
		s + "x", s + "0", "x" + s, "0" + s, s + s, s[:len(s)-1] + string(last),
		"W/" + s, "\"" + s + "\"", "'" + s + "'",
		" " + s, s + " ", s + ",x", "x, " + s, s + "-1", "*",
		strings.ToUpper(s), strings.ToLower(s),
	}
	if len(s) > 1 {
		all = append(all, s[:len(s)-1], s[1:], s[:1], s[len(s)/2:], s[:len(s)/2])
	}
	var others []files.Version
	for _, other := range all {
		if other != s {
			others = append(others, files.Version(other))
		}
	}
	return others
}

// eachNear puts a file twice, calls do with each version near its own, and then
// requires that the file is unchanged.
func eachNear(t suite.T, h *suite.H, do func(v files.Version)) {
	t.Helper()
	c := check.Content(2, 120)
	check.Put(t, h, "a", check.Content(1, 100), nil)
	check.Put(t, h, "a", c, nil)
	before := check.Stat(t, h, "a")
	if before.Version == "" {
		t.Fatalf("Stat has no version, but the bucket claims Versions")
	}
	for _, v := range near(before.Version) {
		do(v)
		if now, err := h.Stat(t.Context(), "a", nil); err != nil || now.Version != before.Version {
			t.Fatalf("after a call with the version %q the file is of version %q, %v, want the "+
				"unchanged %q", v, now.Version, err, before.Version)
		}
	}
	check.Same(t, "Stat after calls with other versions", check.Stat(t, h, "a"),
		before)
	check.WantContent(t, h, "a", c)
}

func putNearVersion(t suite.T, h *suite.H) {
	eachNear(t, h, func(v files.Version) {
		_, err := ifVersion(t, h, "a", check.Content(3, 10), v)
		check.WantErr(t, fmt.Sprintf("Put with the version %q", v), err, files.ErrPrecondition)
	})
	check.WantOnly(t, h, "a")
}

func getNearVersion(t suite.T, h *suite.H) {
	eachNear(t, h, func(v files.Version) {
		for _, r := range []files.Range{{}, files.Bytes(10, 5)} {
			_, _, err := check.Read(t.Context(), h, "a", &files.GetOptions{IfVersion: v, Range: r})
			check.WantErr(t, fmt.Sprintf("Get with IfVersion %q", v), err, files.ErrPrecondition)
		}
		p, _, err := check.Read(t.Context(), h, "a", &files.GetOptions{IfNotVersion: v})
		if d := check.Diff(p, check.Content(2, 120)); err != nil || d != "" {
			t.Errorf("Get with IfNotVersion %q: %v, content %s, want the whole file", v, err, d)
		}
	})
}

func deleteNearVersion(t suite.T, h *suite.H) {
	eachNear(t, h, func(v files.Version) {
		err := h.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: v})
		check.WantErr(t, fmt.Sprintf("Delete of the version %q", v), err, files.ErrPrecondition)
	})
}

func copyNearVersion(t suite.T, h *suite.H) {
	check.Puts(t, h, "b")
	eachNear(t, h, func(v files.Version) {
		for what, c := range map[string]struct {
			dst, src string
			o        files.CopyOptions
		}{
			"over":        {"a", "b", files.CopyOptions{If: files.IfVersion(v)}},
			"of":          {"b", "a", files.CopyOptions{IfSource: v}},
			"onto itself": {"a", "a", files.CopyOptions{IfSource: v}},
		} {
			_, err := files.Copy(t.Context(), h.Bucket, c.dst, h.Bucket, c.src, &c.o)
			check.WantErr(t, fmt.Sprintf("Copy %s the version %q", what, v), err,
				files.ErrPrecondition)
		}
	})
	check.WantContent(t, h, "b", []byte("b"))
	check.WantOnly(t, h, "a", "b")
}
