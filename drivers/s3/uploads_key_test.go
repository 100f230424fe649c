package s3

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files/resume"
)

// TestUploadsOfKey: on a store that lists unfinished uploads by their key, as MinIO does,
// those of a directory and of a prefix are found nevertheless, each once, and those that
// only the listing by key has. Any other store gets one listing.
func TestUploadsOfKey(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	server := "MinIO"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.URL.Query().Has("uploadId") { // an upload is aborted, and then looked for
			if r.Method != "DELETE" {
				w.WriteHeader(http.StatusNotFound)
				io.WriteString(w, "<Error><Code>NoSuchUpload</Code></Error>")
				return
			}
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Server", server)
		io.WriteString(w, "<ListMultipartUploadsResult>")
		prefix := r.URL.Query().Get("prefix")
		for _, u := range []struct {
			key, id string
			known   bool // to the server that responds, since it was started
		}{
			{"d/a", "1", true}, {"d/a", "2", false}, {"d/ab", "3", true}, {"e", "4", true},
		} {
			if prefix == u.key || prefix == "" && u.known {
				fmt.Fprintf(w, "<Upload><Key>%s</Key><UploadId>%s</UploadId>"+
					"<Initiated>2020-11-29T12:00:00.000Z</Initiated></Upload>", u.key, u.id)
			}
		}
		io.WriteString(w, "</ListMultipartUploadsResult>")
	}))
	defer srv.Close()
	list := func(p *Profile, o *resume.StaleOptions) (got string) {
		t.Helper()
		b := New(offlineClient(srv.URL), "bucket", &Options{Profile: p})
		defer b.Close()
		requests.Store(0)
		o.Each = func(u resume.Unfinished, err error) {
			got += u.Name + u.ID + " "
			if err != nil {
				t.Errorf("%s isn't aborted: %v", u.Name, err)
			}
		}
		o.Age = 1
		if _, err := resume.AbortStale(t.Context(), b, o); err != nil {
			t.Errorf("resume.AbortStale = %v, want nil", err)
		}
		return got
	}
	for _, c := range []struct {
		dir, prefix, want string
	}{
		{"", "", "d/a1 d/ab3 e4 "},
		{"d", "", "d/a1 d/ab3 "},
		{"d", "a", "d/a1 d/a2 d/ab3 "},
		{"", "d/a", "d/a1 d/a2 d/ab3 "},
		{"x", "", ""},
	} {
		for _, p := range []*Profile{minio, aistor, unknown} {
			o := &resume.StaleOptions{Dir: c.dir, Prefix: c.prefix}
			if got := list(p, o); got != c.want {
				t.Errorf("%s, below %q, prefix %q: %s, want %s", p.Name, c.dir, c.prefix, got,
					c.want)
			}
		}
	}
	server = "other"
	if got := list(unknown, &resume.StaleOptions{Dir: "x"}); got != "" || requests.Load() != 1 {
		t.Errorf("another store got %d requests: %s", requests.Load(), got)
	}
}
