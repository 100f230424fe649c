package cases

import (
	"fmt"
	"strconv"
	"sync"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var concurrencyNestedCases = []suite.Case{
	{
		Rule: "X1",
		Name: "nested-roots",
		Why: "a change through one root must be visible through another root above it: two " +
			"programs may share files that way",
		Needs: feature.Needs(feature.Versions, feature.IfAbsent, feature.IfVersion),
		Run:   nestedRoots,
	},
}

// nestedRoots uses a directory of the bucket through a second root, at the same time as
// the bucket.
func nestedRoots(t suite.T, h *suite.H) {
	if h.Harness.Root == nil {
		t.Skipf("the harness has no Root")
	}
	check.Put(t, h, "t/seed", []byte("seed"), nil)
	inner := h.Harness.Root(t, h.Bucket, "t")
	if inner == nil {
		t.Fatalf("the harness is wrong: Root returned nil")
	}
	defer inner.Close()
	check.WantContent(t, inner, "seed", []byte("seed"))
	nestedCreates(t, h, inner)
	nestedCounter(t, h, inner)
	if _, err := files.DeleteDir(t.Context(), h.Bucket, "t"); err != nil {
		t.Errorf("DeleteDir: %v, want no error", err)
	}
	for e, err := range inner.List(t.Context(), "", nil) {
		t.Errorf("the inner root lists %q, %v, after the outer one deleted the directory, "+
			"want nothing", e.Name,
			err)
	}
	if _, err := inner.Put(t.Context(), "again", check.Stream([]byte("new")), nil); err != nil {
		t.Fatalf("Put by the inner root after the outer one deleted its last file: %v, want "+
			"no error", err)
	}
	check.WantContent(t, h, "t/again", []byte("new"))
}

// nestedCreates has both roots create each of several names. One of them must succeed.
func nestedCreates(t suite.T, h *suite.H, inner files.Bucket) {
	const rounds, size = 20, 1000
	for round := range rounds {
		name := fmt.Sprintf("n%02d", round)
		meet := meeting(4)
		errs := make([]error, 4)
		check.Race(len(errs), func(i int) {
			b, at := h.Bucket, "t/"+name
			if i%2 == 1 {
				b, at = inner, name
			}
			_, errs[i] = b.Put(t.Context(), at, meet(check.Content(i, size)),
				&files.PutOptions{If: files.IfAbsent()})
		})
		oneWinner(t, errs, files.ErrExist, func(i int) {
			check.WantContent(t, h, "t/"+name, check.Content(i, size))
		})
	}
}

// nestedCounter has both roots count in one file.
func nestedCounter(t suite.T, h *suite.H, inner files.Bucket) {
	const each = 10
	one := func(old []byte) ([]byte, error) {
		n, _ := strconv.Atoi(string(old)) // an empty file is 0
		return strconv.AppendInt(nil, int64(n)+1, 10), nil
	}
	var mu sync.Mutex
	done := 0
	check.Race(4, func(i int) {
		b, at := h.Bucket, "t/count"
		if i%2 == 1 {
			b, at = inner, "count"
		}
		for range each {
			_, err := files.Update(t.Context(), b, at, one, &files.UpdateOptions{Attempts: 1000})
			if err != nil {
				t.Errorf("Update(%q): %v, want no error", at, err)
				return
			}
			mu.Lock()
			done++
			mu.Unlock()
		}
	})
	check.WantContent(t, h, "t/count", strconv.AppendInt(nil, int64(done), 10))
}
