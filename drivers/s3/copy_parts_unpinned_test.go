package s3

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"cloudfiles.dev/files"
)

// TestCopyPartsUnpinned: on a store that may ignore conditions on a copy's source,
// parts could be of several versions, so the copy reads and puts.
func TestCopyPartsUnpinned(t *testing.T) {
	for _, p := range []*Profile{unknown, b2, r2, wasabi} {
		parts, put := 0, false
		b, _ := hostile(t, p, func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			source := r.Header.Get("X-Amz-Copy-Source")
			switch {
			case q.Has("list-type"):
				io.WriteString(w, pageOf(""))
			case q.Has("uploads"), q.Has("uploadId"):
				parts++
				io.WriteString(w, begun)
			case source != "": // of a source that is too large for CopyObject
				w.WriteHeader(400)
				io.WriteString(w, xmlError("InvalidRequest"))
			case r.Method == http.MethodHead:
				w.Header().Set("ETag", `"1"`)
				w.Header().Set("Content-Length", fmt.Sprint(int64(6*gib)))
			case r.Method == http.MethodPut:
				put = true
				w.Header().Set("ETag", `"2"`)
			default:
				w.Header().Set("ETag", `"1"`)
				io.WriteString(w, "content")
			}
		})
		_, err := files.Copy(t.Context(), b, "to", b, "from", nil)
		if err != nil || parts > 0 || !put {
			t.Errorf("%s: %v, %d requests of an upload in parts, put %v, want nil, 0 and true",
				p.Name, err, parts, put)
		}
	}
}
