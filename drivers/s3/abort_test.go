package s3

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestAbortAgain: a part whose request was cut may arrive after the abort, so the
// upload is aborted until two listings in a row find nothing. If every part was
// answered, one abort is enough.
func TestAbortAgain(t *testing.T) {
	for what, c := range map[string]struct {
		lost   bool // the responses to the parts
		aborts int
		looks  int
	}{
		"parts are lost":     {true, 3, 3},
		"the end is refused": {false, 1, 0},
	} {
		aborts, looks := 0, 0
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Query().Has("uploads"):
				io.WriteString(w, begun)
			case r.Method == http.MethodPut && c.lost:
				w.WriteHeader(502)
			case r.Method == http.MethodPut:
				w.Header().Set("ETag", `"1"`)
			case r.Method == http.MethodPost:
				w.WriteHeader(403)
				io.WriteString(w, xmlError("AccessDenied"))
			case r.Method == http.MethodDelete:
				aborts++
				w.WriteHeader(204)
			case r.Method == http.MethodGet:
				if looks++; looks > 1 {
					w.WriteHeader(404)
					io.WriteString(w, xmlError("NoSuchUpload"))
					return
				}
				io.WriteString(w, `<ListPartsResult><Bucket>bucket</Bucket><Part><PartNumber>1`+
					`</PartNumber><ETag>"1"</ETag><Size>1</Size></Part></ListPartsResult>`)
			}
		})
		err := every["put in parts"](t.Context(), b)
		want := files.ErrPermission
		if c.lost {
			want = files.ErrUnavailable
		}
		if files.KindOf(err) != want || aborts != c.aborts || looks != c.looks {
			t.Errorf("%s: %d aborts, %d listings, want %d and %d; %v",
				what, aborts, looks, c.aborts, c.looks, err)
		}
	}
}

// TestAbortRefused: the error of an upload whose parts may be left names the upload,
// and still matches the first failure. The error of an upload that was aborted doesn't
// name it.
func TestAbortRefused(t *testing.T) {
	for _, status := range []int{204, 403, 500} {
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Query().Has("uploads"):
				io.WriteString(w, begun)
			case r.Method == http.MethodPut:
				w.Header().Set("ETag", `"1"`)
			case r.Method == http.MethodDelete:
				w.WriteHeader(status)
			default:
				w.WriteHeader(403)
				io.WriteString(w, xmlError("AccessDenied"))
			}
		})
		err := every["put in parts"](t.Context(), b)
		if !errors.Is(err, files.ErrPermission) ||
			strings.Contains(err.Error(), "may be left") != (status != 204) {
			t.Errorf("an abort with %d: %v", status, err)
		}
	}
}
