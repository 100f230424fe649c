package cases

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/model"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var moveCases = []suite.Case{
	{
		Rule:    "C1",
		Name:    "move",
		Why:     "a file that was moved must be at its new name, and only there",
		Needs:   feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Largest: 1 << 20,
		Run:     moveFile,
	},
	{
		Rule:  "C1",
		Name:  "move-over",
		Why:   "a move must replace its target as a whole",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   moveOver,
	},
	{
		Rule:  "C1",
		Name:  "move-onto-itself",
		Why:   "a move of a file to its own name must not delete it",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   moveSelf,
	},
	{
		Rule:  "C1",
		Name:  "move-refused",
		Why:   "a move that fails must leave both files as they were",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   moveRefused,
	},
	{
		Rule: "C1",
		Name: "move-race",
		Why: "of many moves of one file exactly one must succeed: workers take messages " +
			"that way",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion, feature.ReadConditions),
		Run:   moveRace,
	},
	{
		Rule:  "C1",
		Name:  "move-beside",
		Why:   "a file must be moved from a to a/b and back like others",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion, feature.DirBesideFile),
		Run:   moveBeside,
	},
	{
		Rule:  "C1",
		Name:  "move-between",
		Why:   "a file that is moved to another store must not remain in the first",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   moveBetween,
	},
	{
		Rule: "E2",
		Name: "move-names",
		Why: "a move to an illegal name must be ErrInvalidName, whatever else the bucket " +
			"can't do",
		Run: moveNames,
	},
}

func moveNames(t suite.T, h *suite.H) {
	check.Put(t, h, "a", []byte("x"), nil)
	for _, name := range model.RefusedNames {
		_, err := files.Move(t.Context(), h.Bucket, "a", h.Bucket, name, nil)
		check.WantErr(t, "Move from "+term.Quote(name), err, files.ErrInvalidName)
		_, err = files.Move(t.Context(), h.Bucket, name, h.Bucket, "a", nil)
		check.WantErr(t, "Move to "+term.Quote(name), err, files.ErrInvalidName)
	}
	check.WantOnly(t, h, "a")
}

func mv(t suite.T, h *suite.H, dst, src string, opts *files.CopyOptions) files.Info {
	t.Helper()
	info, err := files.Move(t.Context(), h.Bucket, dst, h.Bucket, src, opts)
	if err != nil {
		t.Fatalf("Move(%s to %s): %v, want no error", term.Quote(src), term.Quote(dst), err)
	}
	return info
}

func moveFile(t suite.T, h *suite.H) {
	for i, n := range []int{0, 10, 1 << 20} {
		src := richly(t, h, "src", check.Content(i, n), "one")
		info := mv(t, h, "d/dst", "src", nil)
		check.Same(t, "name in Move's Info", info.Name, "d/dst")
		check.WantMissing(t, h, "src")
		check.WantContent(t, h, "d/dst", check.Content(i, n))
		check.Same(t, "attributes of the moved file", check.Stat(t, h, "d/dst").Attributes,
			src.Attributes)
		check.WantOnly(t, h, "d/dst")
		check.Remove(t, h, "d/dst")
	}
	h.Clean(t, "moves")
}

func moveOver(t suite.T, h *suite.H) {
	richly(t, h, "dst", check.Content(1, 5000), "old")
	check.Put(t, h, "src", check.Content(2, 100), nil)
	want := check.Stat(t, h, "src").Attributes
	mv(t, h, "dst", "src", nil)
	check.WantContent(t, h, "dst", check.Content(2, 100))
	check.Same(t, "attributes of the target after the move",
		check.Stat(t, h, "dst").Attributes, want)
	check.WantOnly(t, h, "dst")
}

func moveSelf(t suite.T, h *suite.H) {
	before := richly(t, h, "a", check.Content(1, 500), "one")
	mv(t, h, "a", "a", nil)
	check.WantContent(t, h, "a", check.Content(1, 500))
	check.Same(t, "Stat after a move onto itself", check.Stat(t, h, "a"), before)
	// The same file through two buckets.
	if _, err := files.Move(t.Context(), files.Wrap(h.Bucket, files.Hooks{}), "a", h.Bucket, "a",
		nil); err != nil {
		t.Errorf("Move onto itself through a wrapper: %v, want no error", err)
	}
	check.WantContent(t, h, "a", check.Content(1, 500))
	_, err := files.Move(t.Context(), h.Bucket, "missing", h.Bucket, "missing", nil)
	check.WantErr(t, "Move of a missing file onto itself", err, files.ErrNotExist)
}

func moveRefused(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b")
	_, err := files.Move(t.Context(), h.Bucket, "b", h.Bucket, "missing", nil)
	check.WantErr(t, "Move of a missing file", err, files.ErrNotExist)
	if h.F.IfAbsent {
		_, err = files.Move(t.Context(), h.Bucket, "b", h.Bucket, "a",
			&files.CopyOptions{If: files.IfAbsent()})
		check.WantErr(t, "Move with IfAbsent to a name in use", err, files.ErrExist)
	}
	if h.F.IfVersion {
		_, err = files.Move(t.Context(), h.Bucket, "b", h.Bucket, "a",
			&files.CopyOptions{If: files.IfVersion("no-such-version")})
		check.WantErr(t, "Move onto a version that isn't current", err, files.ErrPrecondition)
	}
	_, err = files.Move(t.Context(), h.Bucket, "b", h.Bucket, "a",
		&files.CopyOptions{IfSource: "no-such-version"})
	check.WantErr(t, "Move of a version that isn't current", err, files.ErrPrecondition)
	_, err = files.Move(t.Context(), h.Bucket, "b//c", h.Bucket, "a", nil)
	check.WantErr(t, "Move to an illegal name", err, files.ErrInvalidName)
	check.WantOnly(t, h, "a", "b")
	check.WantContent(t, h, "a", []byte("a"))
	check.WantContent(t, h, "b", []byte("b"))
}

func moveRace(t suite.T, h *suite.H) {
	const n = 8
	for range 5 {
		check.Put(t, h, "inbox/m", check.Content(1, 100), nil)
		errs := make([]error, n)
		check.Race(n, func(i int) {
			_, errs[i] = files.Move(t.Context(), h.Bucket, "taken/"+string(rune('a'+i)), h.Bucket,
				"inbox/m", nil)
		})
		won := 0
		for i, err := range errs {
			switch {
			case err == nil:
				won++
				check.WantContent(t, h, "taken/"+string(rune('a'+i)), check.Content(1, 100))
			case !check.IsAny(err, files.ErrNotExist, files.ErrPrecondition, files.ErrChanged):
				t.Errorf("racer %d: got %s, want ErrNotExist or ErrPrecondition", i,
					check.ErrText(err))
			}
		}
		if won != 1 {
			t.Errorf("%d of %d moves of one file succeeded, want exactly 1", won, n)
		}
		check.WantMissing(t, h, "inbox/m")
	}
}

func moveBeside(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 100), nil)
	mv(t, h, "a/b", "a", nil)
	check.WantOnly(t, h, "a/b")
	mv(t, h, "a", "a/b", nil)
	check.WantOnly(t, h, "a")
	check.WantContent(t, h, "a", check.Content(1, 100))
	check.Puts(t, h, "a/x")
	mv(t, h, "a/b/c", "a", nil)
	check.WantOnly(t, h, "a/b/c", "a/x")
	check.WantContent(t, h, "a/b/c", check.Content(1, 100))
}

func moveBetween(t suite.T, h *suite.H) {
	other := h.Another(t)
	check.Put(t, h, "a", check.Content(1, 5000), nil)
	if _, err := files.Move(t.Context(), other, "b", h.Bucket, "a", nil); err != nil {
		t.Fatalf("Move to another bucket: %v, want no error", err)
	}
	check.WantOnly(t, h)
	check.WantOnly(t, other, "b")
	check.WantContent(t, other, "b", check.Content(1, 5000))
}
