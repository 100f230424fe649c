package cases

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var concurrencyCases = []suite.Case{
	{
		Rule:  "X1",
		Name:  "everything-at-once",
		Why:   "one bucket must serve all goroutines of a program at once",
		Needs: feature.Needs(feature.Atomic),
		Run:   everythingAtOnce,
	},
	{
		Rule: "X1",
		Name: "same-reader-many",
		Why:  "many downloads of one file at a time must not disturb each other",
		Run:  manyReaders,
	},
	{
		Rule: "X1",
		Name: "distinct-names",
		Why:  "writers of different files must not affect each other",
		Run:  distinctNames,
	},
}

func everythingAtOnce(t suite.T, h *suite.H) {
	names := []string{"a", "b/c", "b/d", "e/f/g", "h"}
	allowed := []error{files.ErrNotExist, files.ErrPrecondition, files.ErrExist, files.ErrChanged}
	check.Parallel(6, func(w int) {
		rnd := uint64(w)
		for range 25 {
			rnd = check.Mix(rnd)
			name := names[rnd%uint64(len(names))]
			all := append(check.Methods(t, h.Bucket, name), check.Listing(h.Bucket, "", nil),
				check.Listing(h.Bucket, "b", &files.ListOptions{Shallow: true}))
			m := all[rnd>>8%uint64(len(all))]
			if err := m.Call(t.Context()); err != nil && !check.IsAny(err, allowed...) {
				t.Errorf("%s during other calls: %v, want no error", m.Name, err)
			}
		}
	})
	if _, err := files.DeleteAll(t.Context(), h.Bucket); err != nil {
		t.Errorf("DeleteAll: %v, want no error", err)
	}
	check.WantOnly(t, h)
	h.Clean(t, "calls of every kind at once")
}

func manyReaders(t suite.T, h *suite.H) {
	c := check.Content(1, 300_000)
	check.Put(t, h, "a", c, nil)
	// One body is read in the middle of another.
	r, err := h.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatalf("Get: %v, want no error", err)
	}
	defer r.Close()
	got := make([]byte, 1000, len(c))
	if _, err := io.ReadFull(r, got); err != nil {
		t.Fatalf("Read: %v, want no error", err)
	}
	wantRange(t, h, "a", c, files.Bytes(10, int64(len(c)-20)))
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("Read, after another body was read: %v, want no error", err)
	}
	if d := check.Diff(append(got, rest...), c); d != "" {
		t.Errorf("the content of a body that was read around another body %s", d)
	}
	check.Parallel(8, func(i int) {
		for range 3 {
			check.WantContent(t, h, "a", c)
			wantRange(t, h, "a", c, files.Bytes(int64(i*1000), 5000))
		}
	})
}

func distinctNames(t suite.T, h *suite.H) {
	var mu sync.Mutex
	var names []string
	check.Parallel(8, func(w int) {
		for i := range 10 {
			name := fmt.Sprintf("d%d/%d-%d", i%3, w, i)
			c := check.Content(w*100+i, 50+w*1000)
			if _, err := h.Put(t.Context(), name, check.Stream(c), nil); err != nil {
				t.Errorf("Put: %v, want no error", err)
				continue
			}
			check.WantContent(t, h, name, c)
			mu.Lock()
			names = append(names, name)
			mu.Unlock()
		}
	})
	slices.Sort(names)
	check.WantOnly(t, h, names...)
}
