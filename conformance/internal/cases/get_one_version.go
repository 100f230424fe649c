package cases

import (
	"errors"
	"io"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var getOneVersionCases = []suite.Case{
	{
		Rule:    "G4",
		Name:    "overwritten",
		Why:     "a body must be of one version, also if the file is replaced during the read",
		Needs:   feature.Needs(feature.OneVersionReads),
		Largest: 4 << 20,
		Run:     overwrittenWhileRead,
	},
	{
		Rule:    "G4",
		Name:    "deleted",
		Why:     "a download whose file is deleted must end as one whole file, or with an error",
		Needs:   feature.Needs(feature.OneVersionReads),
		Largest: 2 << 20,
		Run:     deletedWhileRead,
	},
	{
		Rule:    "G4",
		Name:    "recreated",
		Why:     "a body must not continue with a file that was deleted and put again",
		Needs:   feature.Needs(feature.OneVersionReads),
		Largest: 2 << 20,
		Run:     recreatedWhileRead,
	},
	{
		Rule: "G4",
		Name: "growing",
		Why: "a file that grows must be readable, if the bucket claims it: programs read " +
			"logs",
		Largest: 600 << 10,
		Run:     growingOption,
	},
	{
		Rule:    "G4",
		Name:    "appended",
		Why:     "a file that is appended to all the time must be readable up to some end",
		Largest: 512 << 10,
		Run:     appendedWhileRead,
	},
	{
		Rule:  "G4",
		Name:  "info-pinned",
		Why:   "the Info of a Get must stay that of its body when the file is replaced",
		Needs: feature.Needs(feature.OneVersionReads),
		Run:   infoPinned,
	},
}

// whileRead opens the file, reads a little, calls change, and reads on: the result must
// be the old content to its end, or ErrChanged.
func whileRead(t suite.T, h *suite.H, change func(size int)) {
	t.Helper()
	for _, size := range []int{10, 5000, 100_000, 1<<20 + 1} {
		for _, first := range []int{0, 1, size / 2} {
			if size > 1<<20 && first != 1 {
				continue // the unread part must be larger than any buffer
			}
			old := check.Content(1, size)
			check.Put(t, h, "a", old, nil)
			r, err := h.Get(t.Context(), "a", nil)
			if err != nil {
				t.Fatalf("Get: %v, want no error", err)
			}
			got := make([]byte, first, size*2)
			if _, err := io.ReadFull(r, got); err != nil {
				t.Fatalf("Read: %v, want no error", err)
			}
			change(size)
			rest, err := io.ReadAll(r)
			r.Close()
			got = append(got, rest...)
			switch {
			case errors.Is(err, files.ErrChanged):
				old = old[:min(len(got), len(old))]
			case err != nil:
				t.Errorf("reading on after the change: %v, want the old content or ErrChanged", err)
				continue
			}
			if d := check.Diff(got, old); d != "" {
				t.Errorf("the body of a file of %d bytes that was changed after byte %d was "+
					"read %s", size,
					first, d)
			}
		}
	}
}

func overwrittenWhileRead(t suite.T, h *suite.H) {
	whileRead(t, h, func(size int) { check.Put(t, h, "a", check.Content(2, size), nil) })
	whileRead(t, h, func(size int) { check.Put(t, h, "a", check.Content(2, size/2), nil) })
	whileRead(t, h, func(size int) { check.Put(t, h, "a", nil, nil) })
	whileRead(t, h, func(size int) { check.Put(t, h, "a", check.Content(2, size*2), nil) })
}

func deletedWhileRead(t suite.T, h *suite.H) {
	whileRead(t, h, func(int) { check.Remove(t, h, "a") })
}

func recreatedWhileRead(t suite.T, h *suite.H) {
	whileRead(t, h, func(size int) {
		check.Remove(t, h, "a")
		check.Put(t, h, "a", check.Content(2, size), nil)
	})
}

func infoPinned(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 1000), nil)
	before := check.Stat(t, h, "a")
	r, err := h.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatalf("Get: %v, want no error", err)
	}
	defer r.Close()
	check.Put(t, h, "a", check.Content(2, 500), nil)
	check.Same(t, "Info of a body whose file was replaced", r.Info(), before)
	check.Same(t, "Len of a body whose file was replaced", r.Len(), int64(1000))
}
