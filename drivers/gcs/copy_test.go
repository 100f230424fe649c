package gcs

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestCopyOntoItselfUndoesNoPut: a copy onto itself with new attributes replaces only the
// version that it was made of, and begins again if another Put comes in between (C1).
func TestCopyOntoItselfUndoesNoPut(t *testing.T) {
	generation, looks, copies := 1, 0, 0
	b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if !strings.Contains(r.URL.Path, "/rewriteTo/") {
			looks++
			io.WriteString(w, resourceOf("dir/a", generation, 3))
			return
		}
		if copies++; copies == 1 {
			generation++ // another program's Put
		}
		now, q := fmt.Sprint(generation), r.URL.Query()
		if q.Get("ifSourceGenerationMatch") != q.Get("ifGenerationMatch") {
			t.Errorf("the conditions are for two generations: %v", q)
		}
		if q.Get("ifGenerationMatch") != now {
			w.WriteHeader(http.StatusPreconditionFailed)
			io.WriteString(w, `{"error":{"code":412,"message":"no","errors":[`+
				`{"reason":"conditionNotMet","message":"no"}]}}`)
			return
		}
		io.WriteString(w, `{"kind":"storage#rewriteResponse","done":true,"resource":`+
			resourceOf("dir/a", 9, 3)+`}`)
	})
	info, err := files.Copy(t.Context(), b, "dir/a", b, "dir/a", &files.CopyOptions{
		Attributes: &files.Attributes{ContentType: "x/new"},
	})
	if err != nil || info.Version != "9" || copies != 2 || looks < 2 {
		t.Errorf("Copy: %+v, %v, after %d copies and %d requests for the resource, want Version "+
			"%q, nil, 2 and at least 2", info, err, copies, looks, "9")
	}
}
