package s3

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestConditionsRefusedAlone: if a store takes puts but refuses conditions on them, in
// any way, the driver finds that out once, and conditional puts are ErrUnsupported.
func TestConditionsRefusedAlone(t *testing.T) {
	for what, refuse := range map[string]http.HandlerFunc{
		"405": refuses(405, xmlError("MethodNotAllowed")), "a bare 405": refuses(405, ""),
		"501": refuses(501, xmlError("NotImplemented")), "a bare 501": refuses(501, ""),
	} {
		b, requests := hostile(t, unknown, func(w http.ResponseWriter, r *http.Request) {
			conditional := r.Header.Get("If-Match") != "" || r.Header.Get("If-None-Match") != ""
			if r.Method == http.MethodPut && conditional {
				refuse(w, r)
				return
			}
			w.Header().Set("ETag", `"1"`)
			if r.Method == http.MethodGet {
				io.WriteString(w, "<ListBucketResult><IsTruncated>false</IsTruncated>"+
					"</ListBucketResult>")
			}
		})
		for i, c := range []files.Condition{files.IfAbsent(), files.IfVersion("1")} {
			if _, err := oddservice.PutIf(t, b, c); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s, %d: %v, want ErrUnsupported", what, i, err)
			}
		}
		if f := b.Features(); f.IfAbsent || f.IfVersion {
			t.Errorf("%s: the conditions are claimed", what)
		}
		if _, err := oddservice.PutIf(t, b, files.Condition{}); err != nil {
			t.Errorf("%s: a plain put: %v, want nil", what, err)
		}
		requests.Store(0)
		oddservice.PutIf(t, b, files.IfAbsent())
		if n := requests.Load(); n != 0 {
			t.Errorf("%s: %d requests of a second conditional put, want none", what, n)
		}
		b, _ = hostile(t, unknown, refuse)
		_, err := oddservice.PutIf(t, b, files.IfAbsent())
		if strings.HasSuffix(what, "405") && errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s to everything: %v", what, err)
		}
	}
}

func refuses(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// TestOutpostsKeepNoIfNoneMatch: S3 on Outposts doesn't keep If-None-Match.
func TestOutpostsKeepNoIfNoneMatch(t *testing.T) {
	const arn = "arn:aws-us-gov:s3-outposts:us-gov-west-1:123456789012:outpost/op-1/accesspoint/m"
	for bucket, want := range map[string]bool{
		"mine-12ab34cd56ef78gh--op-s3": true, arn: true, "mine": false, "op-s3": false,
		"arn:aws:s3:eu-west-1:123456789012:accesspoint/s3-outposts": false,
	} {
		b := newBackend(offlineClient("http://127.0.0.1:1"), bucket,
			Options{Profile: amazon.of(bucket)})
		if want {
			_, err := oddservice.PutIf(t, driver.New(b), files.IfAbsent())
			if !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s: %v, want ErrUnsupported", bucket, err)
			}
		}
		if f := b.Features(); f.IfAbsent == want || f.DeleteIfVersion == want {
			t.Errorf("%s: absent %v, delete %v, want %v", bucket, f.IfAbsent, f.DeleteIfVersion,
				!want)
		}
		if p := (&Options{}).profile("", bucket); (p.keep(PutIfAbsent) == Kept) == want {
			t.Errorf("%s: the profile says %v of PutIfAbsent", bucket, p.keep(PutIfAbsent))
		}
	}
	if amazon.keep(PutIfAbsent) != Kept {
		t.Error("the table was changed")
	}
}

// TestPartsOfOneSource: pinsParts finds out once whether a store that keeps
// CopyObject's condition on the source keeps UploadPartCopy's too, and leaves no files.
func TestPartsOfOneSource(t *testing.T) {
	for _, keeps := range []bool{true, false} {
		parts := 0
		files := map[string]bool{}
		b, _ := hostile(t, unknown, func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			switch {
			case q.Has("uploads"):
				io.WriteString(w, begun)
			case r.Header.Get("X-Amz-Copy-Source") != "" && q.Has("partNumber"):
				if parts++; keeps {
					w.WriteHeader(412)
					io.WriteString(w, xmlError("PreconditionFailed"))
					return
				}
				io.WriteString(w, `<CopyPartResult><ETag>"1"</ETag></CopyPartResult>`)
			case r.Method == http.MethodDelete:
				delete(files, r.URL.Path)
				w.WriteHeader(204)
			case r.Method == http.MethodPut:
				files[r.URL.Path] = true
				w.Header().Set("ETag", `"1"`)
			}
		})
		back := driver.Unwrap(b).(*backend)
		for range 2 {
			if got := back.pinsParts(t.Context(), "dir/a"); got != keeps {
				t.Errorf("keeps %v: %v, want %v", keeps, got, keeps)
			}
		}
		if parts != 1 || len(files) > 0 {
			t.Errorf("keeps %v: tried %d times, %v is left", keeps, parts, files)
		}
	}
}
