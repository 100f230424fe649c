package cases

import (
	"errors"
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putIfAbsentCases = []suite.Case{
	{
		Rule: "P8",
		Name: "creates-once",
		Why: "a Put with IfAbsent must fail if there is a file: programs take locks and user " +
			"names with it",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   absentOnce,
	},
	{
		Rule:  "P8",
		Name:  "race",
		Why:   "of many Puts with IfAbsent exactly one must succeed",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   func(t suite.T, h *suite.H) { absentRace(t, h, h.Bucket) },
	},
	{
		Rule:  "P8",
		Name:  "race-two-handles",
		Why:   "of many Puts with IfAbsent through two handles exactly one must succeed",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   func(t suite.T, h *suite.H) { absentRace(t, h, h.Second(t)) },
	},
	{
		Rule:    "P8",
		Name:    "at-commit",
		Why:     "IfAbsent must hold at the commit, not only at the beginning of the upload",
		Needs:   feature.Needs(feature.IfAbsent),
		Largest: 3 << 20,
		Run:     absentAtCommit,
	},
	{
		Rule:  "P8",
		Name:  "ignores-files-below",
		Why:   "IfAbsent must ignore a file in the directory of the name",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   absentBeside,
	},
	{
		Rule:  "P8",
		Name:  "failed",
		Why:   "a failed Put with IfAbsent must leave the name free",
		Needs: feature.Needs(feature.IfAbsent, feature.Atomic),
		Run:   absentFailed,
	},
}

// ifAbsent puts with IfAbsent.
func ifAbsent(t suite.T, b files.Bucket, name string, c []byte) (files.Info, error) {
	return b.Put(t.Context(), name, check.Stream(c), &files.PutOptions{If: files.IfAbsent()})
}

func absentOnce(t suite.T, h *suite.H) {
	for _, name := range []string{"lock", "d/e/lock", "x.attrs"} {
		first := check.Content(1, 1000)
		if _, err := ifAbsent(t, h, name, first); err != nil {
			t.Fatalf("Put with IfAbsent to a free name: %v, want no error", err)
		}
		before := check.Stat(t, h, name)
		_, err := ifAbsent(t, h, name, check.Content(2, 10))
		check.WantErr(t, "Put with IfAbsent to a name in use", err, files.ErrExist)
		check.WantContent(t, h, name, first)
		check.Same(t, "Stat after the refused Put", check.Stat(t, h, name), before)
		check.Remove(t, h, name)
		if _, err := ifAbsent(t, h, name, check.Content(3, 10)); err != nil {
			t.Fatalf("Put with IfAbsent after Delete: %v, want no error", err)
		}
		check.WantContent(t, h, name, check.Content(3, 10))
		check.Put(t, h, name, first, nil)
		check.WantContent(t, h, name, first)
	}
	h.Clean(t, "conditional puts")
}

// absentRace lets 64 writers create one name, half of them through the other handle.
func absentRace(t suite.T, h *suite.H, other files.Bucket) {
	const n = 64
	for round := range h.Rounds(5) {
		name := fmt.Sprintf("d/lock%d", round)
		size := 10 + round*20_000
		errs := make([]error, n)
		meet := meeting(n)
		check.Race(n, func(i int) {
			b := h.Bucket
			if i%2 == 1 {
				b = other
			}
			_, errs[i] = b.Put(t.Context(), name, meet(check.Content(i, size)),
				&files.PutOptions{If: files.IfAbsent()})
		})
		oneWinner(t, errs, files.ErrExist, func(i int) {
			check.WantContent(t, h, name, check.Content(i, size))
		})
	}
	h.Clean(t, "a race of creates")
}

func absentAtCommit(t suite.T, h *suite.H) {
	for _, size := range uploadSizes {
		name := fmt.Sprintf("a%d", size)
		fast := check.Content(2, 100)
		_, err := h.Put(t.Context(), name, check.Hook(check.Content(1, size), size*9/10, func() {
			check.Put(t, h, name, fast, nil)
		}), &files.PutOptions{If: files.IfAbsent()})
		check.WantErr(t, "Put with IfAbsent that was overtaken", err, files.ErrExist)
		check.WantContent(t, h, name, fast)
		// The other way round: the file is deleted during the upload.
		_, err = h.Put(t.Context(), name, check.Hook(check.Content(1, size), 1, func() {
			check.Remove(t, h, name)
		}), &files.PutOptions{If: files.IfAbsent()})
		switch { // the driver may also have looked before
		case err == nil:
			check.WantContent(t, h, name, check.Content(1, size))
		case !errors.Is(err, files.ErrExist):
			t.Errorf("Put with IfAbsent while the file is deleted: %v, want no error or ErrExist",
				err)
		}
	}
}

func absentBeside(t suite.T, h *suite.H) {
	names := []string{"d.txt", "d-", "D", "e/d"}
	if h.F.DirBesideFile {
		names = append(names, "d/x")
	}
	check.Puts(t, h, names...)
	if _, err := ifAbsent(t, h, "d", []byte("d")); err != nil {
		t.Errorf("Put with IfAbsent beside similar names: %v, want no error", err)
	}
	before := check.Stat(t, h, "d")
	refused := &files.PutOptions{If: files.IfAbsent()}
	if h.F.Attributes {
		refused.Attributes = files.Attributes{
			ContentType: "x/refused",
			Metadata:    map[string]string{"refused": "yes"},
		}
	}
	_, err := h.Put(t.Context(), "d", check.Stream([]byte("other")), refused)
	check.WantErr(t, "Put with IfAbsent and attributes to a name in use", err, files.ErrExist)
	check.Same(t, "Stat after the refused Put", check.Stat(t, h, "d"), before)
	if h.F.DirBesideFile {
		if _, err := ifAbsent(t, h, "d/y", []byte("y")); err != nil {
			t.Errorf("Put with IfAbsent below a file's name: %v, want no error", err)
		}
		_, err := ifAbsent(t, h, "d", []byte("again"))
		check.WantErr(t, "Put with IfAbsent to a name in use", err, files.ErrExist)
		_, err = ifAbsent(t, h, "d/x", []byte("again"))
		check.WantErr(t, "Put with IfAbsent to a name in use", err, files.ErrExist)
		check.WantContent(t, h, "d/x", []byte("d/x"))
	}
	check.WantContent(t, h, "d", []byte("d"))
}

func absentFailed(t suite.T, h *suite.H) {
	_, err := h.Put(t.Context(), "a", check.Failing(check.Content(1, 1000), false, check.ErrReader),
		&files.PutOptions{If: files.IfAbsent()})
	check.WantErr(t, "Put with IfAbsent of a failing reader", err, check.ErrReader)
	check.WantMissing(t, h, "a")
	if _, err := ifAbsent(t, h, "a", check.Content(2, 100)); err != nil {
		t.Errorf("Put with IfAbsent after a failed one: %v, want no error", err)
	}
	check.WantContent(t, h, "a", check.Content(2, 100))
}
