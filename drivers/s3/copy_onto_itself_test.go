package s3

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"cloudfiles.dev/files"
)

// TestCopyOntoItselfUndoesNoPut: a copy onto itself with new attributes replaces only
// the version that it read, and is made again after a Put in between (C1): by the
// copy's condition on a store that keeps it, and otherwise by reading and a conditional
// Put.
func TestCopyOntoItselfUndoesNoPut(t *testing.T) {
	for _, profile := range []*Profile{amazon, versitygw} {
		copies, reads, writes, puts := 0, 0, 0, 1
		etag := func() string { return fmt.Sprintf(`"%032x"`, puts) }
		b, _ := hostile(t, profile, func(w http.ResponseWriter, r *http.Request) {
			switch r.Method {
			case http.MethodHead, http.MethodGet:
				w.Header().Set("ETag", etag())
				w.Header().Set("Last-Modified", "Wed, 28 Oct 2026 22:32:00 GMT")
				w.Header().Set("Content-Length", "3")
				if r.Method == http.MethodGet {
					reads++
					io.WriteString(w, "abc")
				}
				return
			}
			if writes++; writes == 1 {
				puts++ // another program's
			}
			from := r.Header.Get("X-Amz-Copy-Source")
			if from != "" {
				copies++
			}
			if got := r.Header.Get("If-Match"); got != etag() {
				if got == "" {
					t.Errorf("%s: a write without a condition", profile.Name)
				}
				w.WriteHeader(http.StatusPreconditionFailed)
				io.WriteString(w, xmlError("PreconditionFailed"))
				return
			}
			puts++
			w.Header().Set("ETag", etag())
			if from != "" {
				fmt.Fprintf(w, "<CopyObjectResult><ETag>%s</ETag></CopyObjectResult>", etag())
			}
		})
		_, err := files.Copy(t.Context(), b, "dir/a", b, "dir/a", &files.CopyOptions{
			Attributes: &files.Attributes{ContentType: "x/new"},
		})
		server := profile == amazon
		if err != nil || writes != 2 || server != (copies == 2) || server != (reads == 0) {
			t.Errorf("%s: %v, after %d writes, of which %d copies, and %d reads", profile.Name, err,
				writes, copies, reads)
		}
	}
}
