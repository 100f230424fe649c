package cases

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var getCases = []suite.Case{
	{
		Rule: "G1",
		Name: "missing",
		Why: "a program asks errors.Is(err, ErrNotExist), or the standard library's name for " +
			"it, at the call",
		Run: getMissing,
	},
	{
		Rule: "G1",
		Name: "below-a-file",
		Why:  "a name below a file's name is only missing",
		Run:  missingBelowFile,
	},
	{
		Rule: "G1",
		Name: "then-created",
		Why:  "an answer that something is missing must not be remembered",
		Run:  missingThenCreated,
	},
	{
		Rule: "G2",
		Name: "info",
		Why: "the type, size and version of the very body that is served, without a " +
			"second request",
		Run: getInfo,
	},
	{
		Rule: "G2",
		Name: "info-of-a-range",
		Why:  "a server needs the whole size to answer a range",
		Run:  getInfoRange,
	},
	{
		Rule:    "G4",
		Name:    "overwritten",
		Why:     "a body of two versions is a file that never existed",
		Needs:   feature.Needs(feature.OneVersionReads),
		Largest: 4 << 20,
		Run:     overwrittenWhileRead,
	},
	{
		Rule:    "G4",
		Name:    "deleted",
		Why:     "a download in progress ends as one file, or is told",
		Needs:   feature.Needs(feature.OneVersionReads),
		Largest: 2 << 20,
		Run:     deletedWhileRead,
	},
	{
		Rule:    "G4",
		Name:    "recreated",
		Why:     "a file put again is another one",
		Needs:   feature.Needs(feature.OneVersionReads),
		Largest: 2 << 20,
		Run:     recreatedWhileRead,
	},
	{
		Rule:    "G4",
		Name:    "growing",
		Why:     "a program that reads logs reads them from every bucket",
		Largest: 600 << 10,
		Run:     growingOption,
	},
	{
		Rule:    "G4",
		Name:    "appended",
		Why:     "a log that is written all the time could never be read",
		Largest: 512 << 10,
		Run:     appendedWhileRead,
	},
	{
		Rule:  "G4",
		Name:  "info-pinned",
		Why:   "the Info that came with the body belongs to it",
		Needs: feature.Needs(feature.OneVersionReads),
		Run:   infoPinned,
	},
}

func getMissing(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "d/x")
	for _, name := range []string{
		"missing", "a.txt", "A", "d", "d/y", "d/x.txt", "no/such/dir", "aa",
	} {
		for _, m := range check.Methods(t, h.Bucket, name) {
			if m.Name != "Get" && m.Name != "Stat" && m.Name != "Copy from" &&
				m.Name != "Move from" {
				continue
			}
			err := m.Call(t.Context())
			what := fmt.Sprintf("%s(%q)", m.Name, name)
			check.WantErr(t, what, err, files.ErrNotExist)
			check.WantErr(t, what, err, fs.ErrNotExist)
		}
	}
	check.WantOnly(t, h, "a", "d/x")
}

func missingBelowFile(t suite.T, h *suite.H) {
	check.Puts(t, h, "a")
	check.WantMissing(t, h, "a/b")
	check.WantMissing(t, h, "a/b/c")
	if err := h.Delete(t.Context(), "a/b", nil); err != nil {
		t.Errorf("Delete below a file's name: %v, want no error", err)
	}
	check.WantList(t, h, "a", nil)
	check.WantContent(t, h, "a", []byte("a"))
}

func missingThenCreated(t suite.T, h *suite.H) {
	for i := range 5 {
		name := fmt.Sprintf("d%d/a", i)
		check.WantMissing(t, h, name)
		check.WantList(t, h, fmt.Sprintf("d%d", i), nil)
		check.Put(t, h, name, check.Content(i, 10), nil)
		check.Same(t, "size of what was missing", check.Stat(t, h, name).Size, int64(10))
		check.WantContent(t, h, name, check.Content(i, 10))
		check.WantList(t, h, fmt.Sprintf("d%d", i), nil, name)
	}
}

func getInfo(t suite.T, h *suite.H) {
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{
			ContentType:  "x/y",
			CacheControl: "no-cache",
			Metadata:     map[string]string{"k": "v"},
		}
	}
	for _, n := range []int{0, 1, 100_000} {
		check.Put(t, h, "d/a", check.Content(n, n), opts)
		_, info := check.Get(t, h, "d/a", nil)
		check.Same(t, "Info of Get, against Stat's", info, check.Stat(t, h, "d/a"))
		check.Same(t, "size", info.Size, int64(n))
	}
}

func getInfoRange(t suite.T, h *suite.H) {
	check.Put(t, h, "a.txt", check.Content(1, 1000), nil)
	want := check.Stat(t, h, "a.txt")
	for _, r := range []files.Range{files.Bytes(10,
		20), files.From(990), files.Last(5), files.Bytes(0,
		0), files.From(1000), files.From(5000)} {
		_, info := check.Get(t, h, "a.txt", &files.GetOptions{Range: r})
		if info.Digest.IsZero() {
			// it isn't among what a range must tell, nor is a range checked (G6)
			info.Digest = want.Digest
		}
		check.Same(t, fmt.Sprintf("Info of Get of the range %v, against Stat's", r), info, want)
	}
}

// whileRead opens the file, reads a little, lets change happen, and reads on: the old
// content to its end, or ErrChanged.
func whileRead(t suite.T, h *suite.H, change func(size int)) {
	t.Helper()
	for _, size := range []int{10, 5000, 100_000, 1<<20 + 1} {
		for _, first := range []int{0, 1, size / 2} {
			if size > 1<<20 && first != 1 {
				continue // what is ahead of the reader is larger than any buffer
			}
			old := check.Content(1, size)
			check.Put(t, h, "a", old, nil)
			r, err := h.Get(t.Context(), "a", nil)
			if err != nil {
				t.Fatalf("Get: %v", err)
			}
			got := make([]byte, first, size*2)
			if _, err := io.ReadFull(r, got); err != nil {
				t.Fatalf("Read: %v", err)
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
				t.Errorf("the body of a file of %d bytes that was changed behind byte %d %s", size,
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
		t.Fatalf("Get: %v", err)
	}
	defer r.Close()
	check.Put(t, h, "a", check.Content(2, 500), nil)
	check.Same(t, "Info of a body whose file was replaced", r.Info(), before)
	check.Same(t, "Len of a body whose file was replaced", r.Len(), int64(1000))
}
