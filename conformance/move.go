package conformance

import (
	"cloudfiles.dev/files"
)

var moveCases = []Case{
	{
		Rule:    "C1",
		Name:    "move",
		Why:     "after a move the file is at its new name, and only there",
		Needs:   needs(versions, deleteVersion),
		Largest: 1 << 20,
		Run:     moveFile,
	},
	{
		Rule:  "C1",
		Name:  "move-over",
		Why:   "a move replaces its target whole",
		Needs: needs(versions, deleteVersion),
		Run:   moveOver,
	},
	{
		Rule:  "C1",
		Name:  "move-onto-itself",
		Why:   "a rename to the same name must not delete the file",
		Needs: needs(versions, deleteVersion),
		Run:   moveSelf,
	},
	{
		Rule:  "C1",
		Name:  "move-refused",
		Why:   "a move that fails must leave both as they were",
		Needs: needs(versions, deleteVersion),
		Run:   moveRefused,
	},
	{
		Rule:  "C1",
		Name:  "move-race",
		Why:   "a queue whose workers take a message by moving it gives each to one worker",
		Needs: needs(versions, deleteVersion, readCondition),
		Run:   moveRace,
	},
	{
		Rule:  "C1",
		Name:  "move-beside",
		Why:   "a to a/b is a move like others",
		Needs: needs(versions, deleteVersion, dirBesideFile),
		Run:   moveBeside,
	},
	{
		Rule:  "C1",
		Name:  "move-between",
		Why:   "a file that goes to another store leaves this one",
		Needs: needs(versions, deleteVersion),
		Run:   moveBetween,
	},
}

func mv(t T, h *H, dst, src string, opts *files.CopyOptions) files.Info {
	t.Helper()
	info, err := files.Move(t.Context(), h.Bucket, dst, h.Bucket, src, opts)
	if err != nil {
		t.Fatalf("Move(%s to %s): %v", quote(src), quote(dst), err)
	}
	return info
}

func moveFile(t T, h *H) {
	for i, n := range []int{0, 10, 1 << 20} {
		src := richly(t, h, "src", content(i, n), "one")
		info := mv(t, h, "d/dst", "src", nil)
		same(t, "name in Move's Info", info.Name, "d/dst")
		wantMissing(t, h, "src")
		wantContent(t, h, "d/dst", content(i, n))
		same(t, "attributes of the moved file", stat(t, h, "d/dst").Attributes, src.Attributes)
		wantOnly(t, h, "d/dst")
		remove(t, h, "d/dst")
	}
	h.Clean(t, "moves")
}

func moveOver(t T, h *H) {
	richly(t, h, "dst", content(1, 5000), "old")
	put(t, h, "src", content(2, 100), nil)
	want := stat(t, h, "src").Attributes
	mv(t, h, "dst", "src", nil)
	wantContent(t, h, "dst", content(2, 100))
	same(t, "attributes of what was moved over", stat(t, h, "dst").Attributes, want)
	wantOnly(t, h, "dst")
}

func moveSelf(t T, h *H) {
	before := richly(t, h, "a", content(1, 500), "one")
	mv(t, h, "a", "a", nil)
	wantContent(t, h, "a", content(1, 500))
	same(t, "Stat after a move onto itself", stat(t, h, "a"), before)
	// The same file by two ways.
	if _, err := files.Move(t.Context(), files.Wrap(h.Bucket, files.Hooks{}), "a", h.Bucket, "a",
		nil); err != nil {
		t.Errorf("Move onto itself through a wrapper: %v", err)
	}
	wantContent(t, h, "a", content(1, 500))
	_, err := files.Move(t.Context(), h.Bucket, "missing", h.Bucket, "missing", nil)
	wantErr(t, "Move of a missing file onto itself", err, files.ErrNotExist)
}

func moveRefused(t T, h *H) {
	puts(t, h, "a", "b")
	_, err := files.Move(t.Context(), h.Bucket, "b", h.Bucket, "missing", nil)
	wantErr(t, "Move of a missing file", err, files.ErrNotExist)
	if h.F.IfAbsent {
		_, err = files.Move(t.Context(), h.Bucket, "b", h.Bucket, "a",
			&files.CopyOptions{If: files.IfAbsent()})
		wantErr(t, "Move with IfAbsent to a name in use", err, files.ErrExist)
	}
	if h.F.IfVersion {
		_, err = files.Move(t.Context(), h.Bucket, "b", h.Bucket, "a",
			&files.CopyOptions{If: files.IfVersion("no-such-version")})
		wantErr(t, "Move onto a version that isn't there", err, files.ErrPrecondition)
	}
	_, err = files.Move(t.Context(), h.Bucket, "b", h.Bucket, "a",
		&files.CopyOptions{IfSource: "no-such-version"})
	wantErr(t, "Move of a version that isn't there", err, files.ErrPrecondition)
	_, err = files.Move(t.Context(), h.Bucket, "b//c", h.Bucket, "a", nil)
	wantErr(t, "Move to an illegal name", err, files.ErrInvalidName)
	wantOnly(t, h, "a", "b")
	wantContent(t, h, "a", []byte("a"))
	wantContent(t, h, "b", []byte("b"))
}

func moveRace(t T, h *H) {
	const n = 8
	for range 5 {
		put(t, h, "inbox/m", content(1, 100), nil)
		errs := make([]error, n)
		race(n, func(i int) {
			_, errs[i] = files.Move(t.Context(), h.Bucket, "taken/"+string(rune('a'+i)), h.Bucket,
				"inbox/m", nil)
		})
		won := 0
		for i, err := range errs {
			switch {
			case err == nil:
				won++
				wantContent(t, h, "taken/"+string(rune('a'+i)), content(1, 100))
			case !isAny(err, files.ErrNotExist, files.ErrPrecondition, files.ErrChanged):
				t.Errorf("racer %d: got %s, want ErrNotExist or ErrPrecondition", i, errText(err))
			}
		}
		if won != 1 {
			t.Errorf("%d of %d moves of one file succeeded, want exactly 1", won, n)
		}
		wantMissing(t, h, "inbox/m")
	}
}

func moveBeside(t T, h *H) {
	put(t, h, "a", content(1, 100), nil)
	mv(t, h, "a/b", "a", nil)
	wantOnly(t, h, "a/b")
	mv(t, h, "a", "a/b", nil)
	wantOnly(t, h, "a")
	wantContent(t, h, "a", content(1, 100))
	puts(t, h, "a/x")
	mv(t, h, "a/b/c", "a", nil)
	wantOnly(t, h, "a/b/c", "a/x")
	wantContent(t, h, "a/b/c", content(1, 100))
}

func moveBetween(t T, h *H) {
	other := h.Another(t)
	put(t, h, "a", content(1, 5000), nil)
	if _, err := files.Move(t.Context(), other, "b", h.Bucket, "a", nil); err != nil {
		t.Fatalf("Move to another bucket: %v", err)
	}
	wantOnly(t, h)
	wantOnly(t, other, "b")
	wantContent(t, other, "b", content(1, 5000))
}
