package conformance

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"cloudfiles.dev/files"
)

var concurrencyCases = []Case{
	{
		Rule:  "X1",
		Name:  "everything-at-once",
		Why:   "one bucket serves all of a program's goroutines",
		Needs: needs(atomicPuts),
		Run:   everythingAtOnce,
	},
	{
		Rule: "X1",
		Name: "same-reader-many",
		Why:  "many downloads of one file do not disturb each other",
		Run:  manyReaders,
	},
	{
		Rule: "X1",
		Name: "distinct-names",
		Why:  "writers of different files never see each other",
		Run:  distinctNames,
	},
}

func everythingAtOnce(t T, h *H) {
	names := []string{"a", "b/c", "b/d", "e/f/g", "h"}
	allowed := []error{files.ErrNotExist, files.ErrPrecondition, files.ErrExist, files.ErrChanged}
	parallel(6, func(w int) {
		rnd := uint64(w)
		for range 25 {
			rnd = mix(rnd)
			name := names[rnd%uint64(len(names))]
			all := append(methods(t, h.Bucket, name), listing(h.Bucket, "", nil),
				listing(h.Bucket, "b", &files.ListOptions{Shallow: true}))
			m := all[rnd>>8%uint64(len(all))]
			if err := m.call(t.Context()); err != nil && !isAny(err, allowed...) {
				t.Errorf("%s beside everything else: %v", m.name, err)
			}
		}
	})
	if _, err := files.DeleteAll(t.Context(), h.Bucket); err != nil {
		t.Errorf("DeleteAll: %v", err)
	}
	wantOnly(t, h)
	h.Clean(t, "everything at once")
}

func manyReaders(t T, h *H) {
	c := content(1, 300_000)
	put(t, h, "a", c, nil)
	// One body is read in the middle of another.
	r, err := h.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	defer r.Close()
	got := make([]byte, 1000, len(c))
	if _, err := io.ReadFull(r, got); err != nil {
		t.Fatalf("Read: %v", err)
	}
	wantRange(t, h, "a", c, files.Bytes(10, int64(len(c)-20)))
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("Read, after another body was read: %v", err)
	}
	if d := diff(append(got, rest...), c); d != "" {
		t.Errorf("the content of a body in the middle of which another one was read %s", d)
	}
	parallel(8, func(i int) {
		for range 3 {
			wantContent(t, h, "a", c)
			wantRange(t, h, "a", c, files.Bytes(int64(i*1000), 5000))
		}
	})
}

func distinctNames(t T, h *H) {
	var mu sync.Mutex
	var names []string
	parallel(8, func(w int) {
		for i := range 10 {
			name := fmt.Sprintf("d%d/%d-%d", i%3, w, i)
			c := content(w*100+i, 50+w*1000)
			if _, err := h.Put(t.Context(), name, stream(c), nil); err != nil {
				t.Errorf("Put: %v", err)
				continue
			}
			wantContent(t, h, name, c)
			mu.Lock()
			names = append(names, name)
			mu.Unlock()
		}
	})
	slices.Sort(names)
	wantOnly(t, h, names...)
}
