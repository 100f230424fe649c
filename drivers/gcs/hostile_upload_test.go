package gcs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// sessions is a service that begins uploads in parts; part responds to each PUT.
func sessions(part http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPost:
			w.Header().Set("Location", "http://"+r.Host+"/upload/session")
		case http.MethodPut:
			part(w, r)
		case http.MethodDelete:
			w.WriteHeader(statusClientGone)
		default:
			w.WriteHeader(404)
			io.WriteString(w, refuses(404, "notFound"))
		}
	}
}

// TestSessionsThatEnd: if the service drops a session, the upload begins again or is
// ErrUnavailable, and never reports a missing bucket
// (https://cloud.google.com/storage/docs/performing-resumable-uploads#handling_errors).
func TestSessionsThatEnd(t *testing.T) {
	for _, status := range []int{404, 410} {
		for _, text := range []string{"", "Not Found", refuses(status, "notFound")} {
			for _, ends := range []int{1, 2, 100} { // how many PUTs have this response
				n, kept := 0, ""
				b, _ := hostile(t, sessions(func(w http.ResponseWriter, r *http.Request) {
					if n++; n <= ends {
						w.WriteHeader(status)
						io.WriteString(w, text)
						return
					}
					if kept = r.Header.Get("Content-Range"); strings.HasSuffix(kept, "/*") {
						w.Header().Set("Range", "bytes=0-262143")
						w.WriteHeader(308)
						return
					}
					io.WriteString(w, resourceOf("dir/a", 1, len(large)))
				}))
				err := every["put in parts"](t.Context(), b)
				switch {
				case ends < 3 && (err != nil || kept != "bytes 262144-299999/300000"):
					t.Errorf("%d %q, %d times: %v, and the last part was %s", status, text, ends,
						err, kept)
				case ends > 3 && (files.KindOf(err) != files.ErrUnavailable || n > 3):
					t.Errorf("%d %q each time: %v after %d", status, text, err, n)
				}
			}
			// In the middle of the upload, the sent parts are lost.
			n := 0
			b, _ := hostile(t, sessions(func(w http.ResponseWriter, r *http.Request) {
				if n++; n == 1 {
					w.Header().Set("Range", "bytes=0-262143")
					w.WriteHeader(308)
					return
				}
				w.WriteHeader(status)
				io.WriteString(w, text)
			}))
			err := every["put in parts"](t.Context(), b)
			if files.KindOf(err) != files.ErrUnavailable || errors.Is(err, files.ErrNoBucket) ||
				errors.Is(err, files.ErrNotExist) || n != 2 {
				t.Errorf("%d %q at the end: %v, after %d, want ErrUnavailable, not ErrNoBucket, "+
					"not ErrNotExist and 2", status, text, err, n)
			}
		}
	}
	// The response to the last part is lost, and then the session is gone.
	for cond, want := range map[files.Condition]error{
		{}:               files.ErrUncertain,
		files.IfAbsent(): nil,
	} {
		n, mark := 0, ""
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				var o object
				json.NewDecoder(r.Body).Decode(&o)
				mark = o.Metadata[markKey]
			}
			io.Copy(io.Discard, r.Body)
			if r.Method == http.MethodGet {
				fmt.Fprintf(w, `{"kind":"storage#object","name":"a","generation":"1","size":"%d",`+
					`"metadata":{%q:%q}}`, len(large), markKey, mark)
				return
			}
			sessions(func(w http.ResponseWriter, r *http.Request) {
				switch n++; n {
				case 1:
					w.Header().Set("Range", "bytes=0-262143")
					w.WriteHeader(308)
				case 2:
					w.WriteHeader(502)
				default:
					w.WriteHeader(410)
				}
			})(w, r)
		}))
		t.Setenv("STORAGE_EMULATOR_HOST", srv.URL)
		b := openBucket(t, "gs://bucket?retry_delay=1ms&part_size=262144")
		_, err := b.Put(t.Context(), "a", strings.NewReader(large), &files.PutOptions{If: cond})
		if files.KindOf(err) != want {
			t.Errorf("%v: %v, want %v", cond, err, want)
		}
		b.Close()
		srv.Close()
	}
}

// TestPartsThatArentKept: an upload continues at the service's position, and ends.
func TestPartsThatArentKept(t *testing.T) {
	for _, kept := range []string{
		"", "bytes=0-", "bytes=0-0", "bytes=0-9", "bytes=0-999999999", "odd",
	} {
		b, requests := hostile(t, sessions(func(w http.ResponseWriter, r *http.Request) {
			if kept != "" {
				w.Header().Set("Range", kept)
			}
			w.WriteHeader(308)
		}))
		err := every["put in parts"](t.Context(), b)
		if k := files.KindOf(err); k != files.ErrUnavailable && k != files.ErrUncertain {
			t.Errorf("%q: %v, want ErrUnavailable or ErrUncertain", kept, err)
		}
		if n := requests.Load(); n > 12 {
			t.Errorf("%q: %d requests, want at most 12", kept, n)
		}
	}
	// An object before all of it was sent.
	b, _ := hostile(t, sessions(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, resourceOf("dir/a", 1, 262144))
	}))
	if err := every["put in parts"](t.Context(), b); files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("%v, want ErrUnavailable", err)
	}
}

// TestCopiesWithoutEnd: a copy that makes no progress ends with an error.
func TestCopiesWithoutEnd(t *testing.T) {
	step := func(n int64) string {
		return fmt.Sprintf(`{"kind":"storage#rewriteResponse","done":false,"rewriteToken":"t",`+
			`"totalBytesRewritten":"%d"}`, n)
	}
	b, requests := hostile(t, says(200, step(1)))
	if err := every["copy"](t.Context(), b); files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	if n := requests.Load(); n > maxIdleSteps+2 {
		t.Errorf("%d requests, want at most 52", n)
	}
	// A token that the service has forgotten.
	n := int64(0)
	b, _ = hostile(t, func(w http.ResponseWriter, r *http.Request) {
		switch token := r.URL.Query().Get("rewriteToken"); {
		case token == "" && n < 3:
			n++
			io.WriteString(w, step(n))
		case token != "":
			w.WriteHeader(410)
		default:
			io.WriteString(w, `{"kind":"storage#rewriteResponse","done":true,"resource":`+
				resourceOf("dir/b", 1, 7)+`}`)
		}
	})
	if err := every["copy"](t.Context(), b); err != nil {
		t.Errorf("%v, want nil", err)
	}
}
