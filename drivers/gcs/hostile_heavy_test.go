package gcs

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
)

// TestHeavyAnswers: a response uses no more memory than a small multiple of its size,
// whatever it contains: values of two bytes that would each be an entry, nested
// elements, attributes.
func TestHeavyAnswers(t *testing.T) {
	fill := func(head, unit, tail string, size int) string {
		return head + strings.Repeat(unit, (size-len(head)-len(tail))/len(unit)) + tail
	}
	const listing = `{"kind":"storage#objects",`
	for what, c := range map[string]struct {
		op     string
		status int
		answer string
	}{
		"empty entries":   {"list", 200, fill(listing+`"items":[`, "{},", "{}]}", maxListing)},
		"no entries":      {"list", 200, fill(listing+`"items":[`, "1,", "1]}", maxListing)},
		"null entries":    {"list", 200, fill(listing+`"items":[`, "null,", "{}]}", maxListing)},
		"empty prefixes":  {"list", 200, fill(listing+`"prefixes":[`, `"",`, `""]}`, maxListing)},
		"pages in a page": {"list", 200, fill(listing+`"items":`, "[", "]}", maxListing)},
		"much metadata": {"stat", 200, fill(`{"metadata":{"a":"b"`, `,"a":""`, "}}",
			maxResource)},
		"many reasons": {"stat", 400,
			fill(`{"error":{"code":400,"errors":[`, "{},", "{}]}}", maxError)},
		"many details": {"stat", 400,
			fill(`{"error":{"code":400,"details":[`, "{},", "{}]}}", maxError)},
		"nested details": {"stat", 400,
			fill(`{"error":{"code":400,"details":`, `[[[[],[],`, "1", maxError)},
		"nested elements": {"get", 400, fill("<Error>", "<a>", "</Error>", maxError)},
		"many attributes": {"get", 400, fill("<Error ", `b="" `, "></Error>", maxError)},
	} {
		b, _ := hostile(t, says(c.status, c.answer))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := every[c.op](t.Context(), b)
		runtime.ReadMemStats(&after)
		if k := files.KindOf(err); k != files.ErrUnavailable && k != files.ErrInvalid {
			t.Errorf("%s: %v, want ErrUnavailable or ErrInvalid", what, err)
		}
		// For up to three attempts, and for the test's server.
		allocated := int64(after.TotalAlloc-before.TotalAlloc) / mib
		t.Logf("%s: %d MiB of %d KiB, %v", what, allocated, len(c.answer)/kib, err)
		if allocated > 384 {
			t.Errorf("%s: allocated %d MiB for %d KiB, want at most 384", what, allocated,
				len(c.answer)/kib)
		}
	}
}

// TestCopiesThatStartAgain: a copy ends with an error if its steps copy next to
// nothing, or if the service forgets it again and again.
func TestCopiesThatStartAgain(t *testing.T) {
	step := func(w http.ResponseWriter, n int64) {
		fmt.Fprintf(w, `{"kind":"storage#rewriteResponse","done":false,"rewriteToken":"t",`+
			`"totalBytesRewritten":"%d"}`, n)
	}
	n := int64(0)
	b, requests := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		step(w, n)
	})
	if err := every["copy"](t.Context(), b); files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	if n := requests.Load(); n > maxIdleSteps+2 {
		t.Errorf("%d requests for a copy of one byte a step, want at most 52", n)
	}
	b, requests = hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("rewriteToken") != "" {
			w.WriteHeader(410)
			return
		}
		step(w, mib)
	})
	if err := every["copy"](t.Context(), b); files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	if n := requests.Load(); n > 3*maxRestarts {
		t.Errorf("%d requests for a copy that the service always forgets, want at most 30", n)
	}
	// A long copy that is forgotten once continues, for as many steps as before.
	forgotten, at := false, int64(0)
	b, _ = hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("rewriteToken") == "" {
			at = 0
		}
		at++
		switch {
		case at > 2*maxIdleSteps && !forgotten:
			forgotten = true
			w.WriteHeader(410)
		case at > 2*maxIdleSteps:
			io.WriteString(w, `{"kind":"storage#rewriteResponse","done":true,"resource":`+
				resourceOf("dir/b", 1, 7)+`}`)
		default:
			step(w, at*mib)
		}
	})
	if err := every["copy"](t.Context(), b); err != nil || !forgotten {
		t.Error(err)
	}
}

// TestHeavyHeaders: endless headers use no more memory than a small multiple of their
// limit.
func TestHeavyHeaders(t *testing.T) {
	b, _ := hostile(t, oddservice.EndlessHeaders(t))
	oddservice.WantHeavy(t, 48, func() error { // for three attempts
		_, err := b.Stat(t.Context(), "a", nil)
		return err
	})
}
