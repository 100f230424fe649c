package cases

import (
	"fmt"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// copyEveryWayCases hold every kind of copy to the rules of Put.
var copyEveryWayCases = []suite.Case{
	{
		Rule:  "C1",
		Name:  "server-copy",
		Why:   "if ServerCopy is claimed, the content of a copy must not pass through the program",
		Needs: feature.Needs(feature.ServerCopy),
		Run:   serverCopies,
	},
	{
		Rule:  "C1",
		Name:  "digest",
		Why:   "a copy must keep its digest: without it reads are no longer checked",
		Needs: feature.Needs(feature.Digests),
		Run:   copyDigests,
	},
	{
		Rule: "C1",
		Name: "version",
		Why: "a copy must change the target's version: the old version must not allow an " +
			"overwrite",
		Needs: feature.Needs(feature.Versions),
		Run:   copyVersions,
	},
	{
		Rule:  "C1",
		Name:  "attributes-beside-put",
		Why:   "a change of attributes must not undo a Put that came in between",
		Needs: feature.Needs(feature.Versions, feature.IfVersion, feature.Attributes),
		Run:   copyBesidePut,
	},
	{
		Rule: "C1",
		Name: "every-condition",
		Why:  "every condition must hold, whatever else is asked of the copy",
		Needs: feature.Needs(feature.Versions, feature.IfVersion, feature.IfAbsent,
			feature.ReadConditions),
		Run: copyEveryCondition,
	},
	{
		Rule:  "C1",
		Name:  "if-absent-beside-others",
		Why:   "IfAbsent must look at the target's name only, not at similar names",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   copyAbsentBeside,
	},
	{
		Rule: "C1",
		Name: "between-named-alike",
		Why:  "a file of the same name in another store must be another file",
		Run:  copyNamedAlike,
	},
}

// serverCopies calls the bucket's own method, since Copy goes on by Get and Put if that
// is unsupported, as it may be for a condition or new attributes.
func serverCopies(t suite.T, h *suite.H) {
	c, ok := h.Bucket.(driver.BucketCopier)
	if !ok {
		t.Fatalf("the bucket claims ServerCopy, but is no driver.BucketCopier")
	}
	for i, n := range []int{0, 1, 5000, 200_000} {
		want := check.Content(i, n)
		src := richly(t, h, "src", want, "one")
		for _, dst := range []string{"d/new", "d/old"} {
			if dst == "d/old" {
				check.Put(t, h, dst, check.Content(9, 70), nil)
			}
			if _, err := c.CopyFrom(t.Context(), dst, h.Bucket, "src", nil); err != nil {
				t.Errorf("the bucket claims ServerCopy; its copy of %d bytes to %s: %v, want "+
					"no error", n, dst,
					err)
				continue
			}
			check.WantContent(t, h, dst, want)
			check.Same(t, "attributes of the copy", check.Stat(t, h, dst).Attributes,
				src.Attributes)
			check.Remove(t, h, dst)
		}
	}
}

func copyDigests(t suite.T, h *suite.H) {
	c := check.Content(1, 5000)
	all := allDigests(c)
	verify := func(what, name string) {
		t.Helper()
		d := check.Stat(t, h, name).Digest
		if which := d.Conflict(all); which != "" {
			t.Errorf("the %s after %s is not that of the content", which, what)
		}
		if d.IsZero() {
			t.Errorf("no digest is stored after %s, but the bucket claims Digests", what)
		}
		check.WantContent(t, h, name, c)
	}
	put := func(name string) { check.Put(t, h, name, c, nil) }
	put("src")
	cp(t, h.Bucket, "new", "src", nil)
	verify("a copy", "new")
	check.Put(t, h, "old", check.Content(2, 700), nil)
	cp(t, h.Bucket, "old", "src", nil)
	verify("a copy over another file", "old")
	if h.F.Attributes {
		a := &files.Attributes{ContentType: "y/z", Metadata: map[string]string{"k": "v"}}
		cp(t, h.Bucket, "typed", "src", &files.CopyOptions{Attributes: a})
		verify("a copy with new attributes", "typed")
		put("self")
		cp(t, h.Bucket, "self", "self", &files.CopyOptions{Attributes: a})
		verify("a copy onto itself with new attributes", "self")
		if h.F.IfVersion && h.F.Versions {
			put("changed")
			if _, err := files.UpdateAttributes(t.Context(), h.Bucket, "changed",
				func(a *files.Attributes) error {
					a.ContentType = "y/z"
					return nil
				}, nil); err != nil {
				t.Errorf("UpdateAttributes: %v, want no error", err)
			}
			verify("UpdateAttributes", "changed")
		}
	}
	if h.F.DeleteIfVersion {
		put("from")
		mv(t, h, "moved", "from", nil)
		verify("a move", "moved")
	}
	if h.Harness.Damage != nil { // the damage may be in every copy
		h.Harness.Damage(t, h.Bucket, "new")
		wantDamage(t, h, "new", c)
	}
}

func copyVersions(t suite.T, h *suite.H) {
	check.Put(t, h, "src", check.Content(1, 100), nil)
	check.Put(t, h, "dst", check.Content(2, 100), nil)
	old := current(t, h, "dst")
	wants := func(what, name string, others ...files.Version) files.Version {
		t.Helper()
		v := current(t, h, name)
		if v == "" {
			t.Errorf("Stat reports no version after %s, but the bucket claims Versions", what)
		}
		for _, other := range others {
			if v == other {
				t.Errorf("after %s the file still has the version %q of other "+
					"content", what, v)
			}
		}
		if h.F.IfVersion {
			for _, other := range others {
				_, err := ifVersion(t, h, name, []byte("lost"), other)
				check.WantErr(t, "Put with the version before "+what, err, files.ErrPrecondition)
			}
		}
		return v
	}
	info := cp(t, h.Bucket, "dst", "src", nil)
	v := wants("a copy over another file", "dst", old)
	if info.Version != "" {
		check.Same(t, "version in Copy's Info, against Stat's", info.Version, v)
	}
	cp(t, h.Bucket, "new", "src", nil)
	wants("a copy", "new")
	if h.F.IfVersion {
		if _, err := ifVersion(t, h, "dst", check.Content(3, 100), v); err != nil {
			t.Errorf("Put with the version of a copy: %v, want no error", err)
		}
		wants("a Put over a copy", "dst", v)
	}
	if h.F.Attributes && h.F.VersionPerPut {
		before := current(t, h, "src")
		cp(t, h.Bucket, "src", "src", &files.CopyOptions{
			Attributes: &files.Attributes{ContentType: "y/z"},
		})
		if current(t, h, "src") == before {
			t.Errorf("a copy onto itself with new attributes keeps the version, but the bucket " +
				"claims VersionPerPut")
		}
	}
}

func copyBesidePut(t suite.T, h *suite.H) {
	for round := range h.Rounds(10) {
		check.Put(t, h, "a", check.Content(round, 2000), &files.PutOptions{
			Attributes: files.Attributes{ContentType: "x/old"},
		})
		want := check.Content(1000+round, 3000)
		copied := make(chan struct{})
		// The Put is committed during the change, or right after it.
		content := check.Hook(want, len(want)-1, func() {
			timer := time.NewTimer(5 * time.Millisecond)
			defer timer.Stop()
			select {
			case <-copied:
			case <-timer.C:
			}
		})
		check.Race(2, func(i int) {
			if i == 1 {
				if _, err := h.Put(t.Context(), "a", content, &files.PutOptions{
					Attributes: files.Attributes{ContentType: "x/put"},
				}); err != nil {
					t.Errorf("Put during a change of attributes: %v, want no error", err)
				}
				return
			}
			defer close(copied)
			_, err := files.Copy(t.Context(), h.Bucket, "a", h.Bucket, "a", &files.CopyOptions{
				Attributes: &files.Attributes{ContentType: "x/changed"},
			})
			if err != nil && !check.IsAny(err, files.ErrPrecondition, files.ErrChanged) {
				t.Errorf("Copy onto itself during a Put: got %s", check.ErrText(err))
			}
		})
		check.WantContent(t, h, "a", want)
		if ct := check.Stat(t, h, "a").ContentType; ct != "x/put" && ct != "x/changed" {
			t.Errorf("the content type is %q, want that of the Put or of the change", ct)
		}
	}
	check.WantOnly(t, h, "a")
}

func copyEveryCondition(t suite.T, h *suite.H) {
	for _, name := range []string{"a", "b"} { // each has a replaced version
		check.Put(t, h, name, check.Content(1, 50), nil)
	}
	oldA, oldB := current(t, h, "a"), current(t, h, "b")
	check.Put(t, h, "a", check.Content(2, 100), nil)
	check.Put(t, h, "b", check.Content(3, 200), nil)
	a, b := check.Stat(t, h, "a"), check.Stat(t, h, "b")
	absent := files.IfAbsent()
	given := []*files.Attributes{nil}
	if h.F.Attributes {
		given = append(given, &files.Attributes{ContentType: "y/z"})
	}
	for _, attrs := range given {
		for i, c := range []struct {
			dst    string
			target files.Condition
			source files.Version
			want   error
		}{
			{"b", absent, "", files.ErrExist},
			{"b", absent, a.Version, files.ErrExist},
			{"b", files.IfVersion(oldB), "", files.ErrPrecondition},
			{"b", files.IfVersion(oldB), a.Version, files.ErrPrecondition},
			{"b", files.IfVersion(b.Version), oldA, files.ErrPrecondition},
			{"b", files.Condition{}, oldA, files.ErrPrecondition},
			{"a", absent, "", files.ErrExist},
			{"a", absent, a.Version, files.ErrExist},
			{"a", files.IfVersion(oldA), "", files.ErrPrecondition},
			{"a", files.IfVersion(a.Version), oldA, files.ErrPrecondition},
			{"a", files.Condition{}, oldA, files.ErrPrecondition},
			{"new", absent, oldA, files.ErrPrecondition},
			{"new", files.IfVersion(b.Version), a.Version, files.ErrPrecondition},
			{"new", files.Condition{}, oldA, files.ErrPrecondition},
		} {
			_, err := files.Copy(t.Context(), h.Bucket, c.dst, h.Bucket, "a", &files.CopyOptions{
				Attributes: attrs,
				If:         c.target,
				IfSource:   c.source,
			})
			check.WantErr(t, fmt.Sprintf("copy %d, to %s %v, of the version %q, with new "+
				"attributes %v", i, c.dst, c.target, c.source, attrs != nil), err, c.want)
		}
		check.Same(t, "Stat of the source after refused copies", check.Stat(t, h, "a"), a)
		check.Same(t, "Stat of the target after refused copies", check.Stat(t, h, "b"), b)
		check.WantOnly(t, h, "a", "b")
		// Copies whose conditions hold succeed.
		cp(t, h.Bucket, "new", "a", &files.CopyOptions{
			Attributes: attrs,
			If:         absent,
			IfSource:   a.Version,
		})
		check.WantContent(t, h, "new", check.Content(2, 100))
		cp(t, h.Bucket, "new", "b", &files.CopyOptions{
			Attributes: attrs,
			If:         files.IfVersion(current(t, h, "new")),
			IfSource:   b.Version,
		})
		check.WantContent(t, h, "new", check.Content(3, 200))
		check.Remove(t, h, "new")
	}
}

func copyAbsentBeside(t suite.T, h *suite.H) {
	names := []string{"src", "d.txt", "d-", "D", "e/d"}
	if h.F.DirBesideFile {
		names = append(names, "d/x", "d/e/y")
	}
	check.Puts(t, h, names...)
	o := &files.CopyOptions{If: files.IfAbsent()}
	cp(t, h.Bucket, "d", "src", o)
	check.WantContent(t, h, "d", []byte("src"))
	_, err := files.Copy(t.Context(), h.Bucket, "d", h.Bucket, "e/d", o)
	check.WantErr(t, "Copy with IfAbsent to a name in use", err, files.ErrExist)
	check.WantOnly(t, h, append(names, "d")...)
}

func copyNamedAlike(t suite.T, h *suite.H) {
	other := h.Another(t)
	mine, theirs := check.Content(1, 500), check.Content(2, 700)
	for _, dst := range []string{"new", "d/old"} {
		check.Put(t, h, "src", mine, nil)
		check.Put(t, other, "src", theirs, nil)
		check.Put(t, h, "d/old", check.Content(3, 50), nil)
		check.Put(t, other, "d/old", check.Content(4, 60), nil)
		if _, err := files.Copy(t.Context(), other, dst, h.Bucket, "src", nil); err != nil {
			t.Fatalf("Copy to another bucket: %v, want no error", err)
		}
		check.WantContent(t, other, dst, mine)
		check.WantContent(t, other, "src", theirs)
		check.WantContent(t, h, "src", mine)
		check.WantContent(t, h, "d/old", check.Content(3, 50))
	}
	if h.F.DeleteIfVersion {
		if _, err := files.Move(t.Context(), other, "moved", h.Bucket, "src", nil); err != nil {
			t.Fatalf("Move to another bucket: %v, want no error", err)
		}
		check.WantContent(t, other, "moved", mine)
		check.WantContent(t, other, "src", theirs)
		check.WantOnly(t, h, "d/old")
	}
}
