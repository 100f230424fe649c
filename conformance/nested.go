package conformance

import (
	"fmt"
	"strconv"
	"sync"

	"cloudfiles.dev/files"
)

var nestedCases = []Case{{
	Rule: "X1",
	Name: "nested-roots",
	Why: "an administrator's program and a tenant's meet at the same file by two roots: what " +
		"one of them was told is done must not be undone by the other",
	Needs: needs(versions, putIfAbsent, putIfVersion),
	Run:   nestedRoots,
}}

// nestedRoots uses a directory of the bucket by a root of its own, beside the bucket.
func nestedRoots(t T, h *H) {
	if h.harness.Root == nil {
		t.Skipf("the harness has no Root")
	}
	put(t, h, "t/seed", []byte("seed"), nil)
	inner := h.harness.Root(t, h.Bucket, "t")
	if inner == nil {
		t.Fatalf("the harness is wrong: Root returned nil")
	}
	defer inner.Close()
	wantContent(t, inner, "seed", []byte("seed"))
	nestedCreates(t, h, inner)
	nestedCounter(t, h, inner)
	if _, err := files.DeleteDir(t.Context(), h.Bucket, "t"); err != nil {
		t.Errorf("DeleteDir: %v", err)
	}
	for e, err := range inner.List(t.Context(), "", nil) {
		t.Errorf("the inner root lists %q, %v, after the directory was deleted from above", e.Name,
			err)
	}
	if _, err := inner.Put(t.Context(), "again", stream([]byte("new")), nil); err != nil {
		t.Fatalf("Put by the inner root, whose last file was deleted from above: %v", err)
	}
	wantContent(t, h, "t/again", []byte("new"))
}

// nestedCreates has both roots create each of some names, of which one succeeds.
func nestedCreates(t T, h *H, inner files.Bucket) {
	const rounds, size = 20, 1000
	for round := range rounds {
		name := fmt.Sprintf("n%02d", round)
		meet := meeting(4)
		errs := make([]error, 4)
		race(len(errs), func(i int) {
			b, at := h.Bucket, "t/"+name
			if i%2 == 1 {
				b, at = inner, name
			}
			_, errs[i] = b.Put(t.Context(), at, meet(content(i, size)),
				&files.PutOptions{If: files.IfAbsent()})
		})
		oneWinner(t, errs, files.ErrExist, func(i int) {
			wantContent(t, h, "t/"+name, content(i, size))
		})
	}
}

// nestedCounter has both roots count in one file.
func nestedCounter(t T, h *H, inner files.Bucket) {
	const each = 10
	one := func(old []byte) ([]byte, error) {
		n, _ := strconv.Atoi(string(old)) // an empty one is 0
		return strconv.AppendInt(nil, int64(n)+1, 10), nil
	}
	var mu sync.Mutex
	done := 0
	race(4, func(i int) {
		b, at := h.Bucket, "t/count"
		if i%2 == 1 {
			b, at = inner, "count"
		}
		for range each {
			_, err := files.Update(t.Context(), b, at, one, &files.UpdateOptions{Attempts: 1000})
			if err != nil {
				t.Errorf("Update(%q): %v", at, err)
				return
			}
			mu.Lock()
			done++
			mu.Unlock()
		}
	})
	wantContent(t, h, "t/count", strconv.AppendInt(nil, int64(done), 10))
}
