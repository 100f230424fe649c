package s3

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// begun is the response to the beginning of an upload in parts.
const begun = "<InitiateMultipartUploadResult><UploadId>u</UploadId>" +
	"</InitiateMultipartUploadResult>"

// says returns a handler that answers with the body.
func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
}

// hostile returns a bucket whose store is the handler, with quick retries. requests
// counts the requests.
func hostile(t *testing.T, profile *Profile, h http.HandlerFunc) (
	b files.Bucket, requests *atomic.Int64,
) {
	t.Helper()
	url, requests := oddservice.Serve(t, h)
	b = New(offlineClient(url), "bucket", &Options{
		Profile: profile,
		Retry: &retry.Policy{
			Attempts: 3,
			Delay:    time.Millisecond,
			MaxDelay: 2 * time.Millisecond,
		},
	})
	t.Cleanup(func() { b.Close() })
	return b, requests
}

// every has each operation on the file "dir/a".
var every = oddservice.Calls(strings.Repeat("x", DefaultPartSize+1))

// TestNotS3: a response that isn't S3's is never a success, and never says that a file
// is missing.
func TestNotS3(t *testing.T) {
	t.Parallel()
	const page = "<!DOCTYPE html><html><title>Sign in</title><body><form></form></body></html>"
	const document = "application/xml"
	answer := oddservice.Respond
	for name, h := range map[string]http.HandlerFunc{
		"a login page":              answer(200, "text/html", page),
		"an empty 200":              answer(200, "text/plain", ""),
		"a 204":                     answer(204, "text/plain", ""),
		"a page of one application": answer(200, "text/html", page, "Etag", `W/"1-2"`),
		"a redirect to a login":     answer(302, "text/html", "", "Location", "/login"),
		"a 307 elsewhere": answer(307, "text/plain", "", "Location",
			"http://127.0.0.1:1/x"),
		"a web server's 404": answer(404, "text/html", "<html>Not Found</html>"),
		"a proxy's 404":      answer(404, "text/plain", "404 page not found\n"),
		"an empty 404":       answer(404, "text/html", ""),
		"a 404 in JSON":      answer(404, "application/json", `{"Code":"NoSuchKey"}`),
		"a 404 in other XML": answer(404, document,
			`<Fehler><Code>NoSuchKey</Code></Fehler>`),
		"a 404 without a code": answer(404, document,
			`<Error><Message>NoSuchKey</Message></Error>`),
		"a 404 cut off":            answer(404, document, `<Error><Code>NoSuchKey</Code>`),
		"a web server's 405":       answer(405, "text/html", page),
		"a web server's 412":       answer(412, "text/html", page),
		"a proxy's 409":            answer(409, "text/html", page),
		"a 501 of a simple server": answer(501, "text/html", page),
		"a proxy's 503":            answer(503, "text/html", page),
		"a 304 that nobody asked":  answer(304, "text/plain", ""),
		"an unknown document":      answer(200, document, `<Other/>`),
		"an error without a code":  answer(200, document, `<Error/>`),
	} {
		for _, profile := range []*Profile{amazon, unknown} {
			b, requests := hostile(t, profile, h)
			for op, do := range every {
				if op == "delete" && (name == "an empty 200" || name == "a 204") {
					continue // a store answers so
				}
				read := op == "stat" || strings.HasPrefix(op, "get")
				if read && name == "a page of one application" {
					continue // it has all that an object has
				}
				if op == "stat" && strings.Contains(name, "404") && name != "a web server's 404" {
					continue // S3's response to a HEAD has no body either
				}
				requests.Store(0)
				err := do(t.Context(), b)
				switch kind := files.KindOf(err); {
				case err == nil, kind == nil, kind == files.ErrNotExist, kind == files.ErrNoBucket,
					kind == files.ErrExist, kind == files.ErrPrecondition,
					kind == files.ErrNotModified:
					t.Errorf("%s by %s to %s: the error is %v, which a wrong response can't mean",
						name, profile.Name, op, err)
				case name == "a 304 that nobody asked":
				case !strings.Contains(fmt.Sprintf("%+v", err), "isn't an S3 endpoint"):
					t.Errorf("%s by %s to %s: the error doesn't say that the response isn't the "+
						"service's: %+v", name, profile.Name, op, err)
				}
				if n := requests.Load(); n > 12 {
					t.Errorf("%s, %s, %s: %d requests, want at most 12", name, profile.Name, op, n)
				}
			}
		}
	}
}

// TestMissingParts: a success that lacks what the protocol promises is ErrUnavailable.
func TestMissingParts(t *testing.T) {
	for what, c := range map[string]struct {
		op string
		h  http.HandlerFunc
	}{
		"a put without an ETag": {"put", func(w http.ResponseWriter, _ *http.Request) {}},
		"a put with a body": {"put", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"1"`)
			io.WriteString(w, "<html></html>")
		}},
		"a get without an ETag": {"get", says("x")},
		"a get without a length": {"get", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"1"`)
			io.WriteString(w, "x")
			w.(http.Flusher).Flush()
		}},
		"a part without a range": {"get of a range", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"1"`)
			w.WriteHeader(206)
			io.WriteString(w, "bc")
		}},
		"an upload without an id": {"put in parts", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "<InitiateMultipartUploadResult></InitiateMultipartUploadResult>")
		}},
		"a copy without an ETag": {"copy", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "<CopyObjectResult></CopyObjectResult>")
		}},
		"a copy without a result": {"copy", func(w http.ResponseWriter, _ *http.Request) {}},
		"a delete with a page":    {"delete", says("<html>")},
		"a listing cut off":       {"list", says("<ListBucketResult>")},
		"deletes without the result": {"delete many", func(w http.ResponseWriter,
			_ *http.Request) {
		}},
	} {
		b, _ := hostile(t, amazon, c.h)
		err := every[c.op](t.Context(), b)
		if err == nil || !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", what, err)
		}
	}
	b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bucket/a" {
			w.Header().Set("ETag", `"1"`)
			w.(http.Flusher).Flush() // no length
		} else {
			w.Header().Set("Content-Length", "3")
		}
	})
	for _, name := range []string{"a", "b"} {
		if info, err := b.Stat(t.Context(), name, nil); !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("%s: %+v, %v, want ErrUnavailable", name, info, err)
		}
	}
}

// TestNoETags: a store whose profile says that it sends no ETags has files without
// versions.
func TestNoETags(t *testing.T) {
	b, _ := hostile(t, juicefs, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, "content")
		}
	})
	if info, err := oddservice.PutIf(t, b, files.Condition{}); err != nil || info.Version != "" {
		t.Errorf("Put = %+v, %v, want Version %q and nil", info, err, "")
	}
	if s, err := files.ReadString(t.Context(), b, "a", nil); s != "content" || err != nil {
		t.Errorf("ReadString(a) = %q, %v, want %q and nil", s, err, "content")
	}
	_, err := b.Get(t.Context(), "a", &files.GetOptions{IfVersion: "1"})
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a version of a store without: %v", err)
	}
}

// TestErrorInSuccess: an error with the status of a success keeps its sentinel, and is
// retried if that may help.
func TestErrorInSuccess(t *testing.T) {
	for code, want := range map[string]error{
		"AccessDenied":       files.ErrPermission,
		"InternalError":      files.ErrUnavailable,
		"SlowDown":           files.ErrUnavailable,
		"NoSuchBucket":       files.ErrNoBucket,
		"PreconditionFailed": files.ErrUnavailable, // no condition was sent
	} {
		for _, op := range []string{
			"list", "delete many", "copy", "put", "put in parts", "delete",
		} {
			b, requests := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
				q := r.URL.Query()
				switch {
				case op == "put in parts" && q.Has("uploads"):
					io.WriteString(w, begun)
				case op == "put in parts" && r.Method == http.MethodPut:
					w.Header().Set("ETag", `"1"`)
				case op == "put in parts" && r.Method == http.MethodHead:
					w.WriteHeader(404)
				default:
					io.WriteString(w, xmlError(code))
				}
			})
			err := every[op](t.Context(), b)
			if !errors.Is(err, want) {
				t.Errorf("%s, %s: %v, want %v", op, code, err, want)
			}
			if n := requests.Load(); want == files.ErrUnavailable && n < 3 || n > 12 {
				t.Errorf("%s, %s: %d requests", op, code, n)
			}
		}
	}
	// The conditions of Complete.
	for _, cond := range []struct {
		c    files.Condition
		want error
	}{{files.IfAbsent(), files.ErrExist}, {files.IfVersion("1"), files.ErrPrecondition}} {
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Query().Has("uploads"):
				io.WriteString(w, begun)
			case r.Method == http.MethodPut:
				w.Header().Set("ETag", `"1"`)
			case r.Method == http.MethodPost:
				io.WriteString(w, xmlError("PreconditionFailed"))
			}
		})
		large := strings.NewReader(strings.Repeat("x", DefaultPartSize+1))
		_, err := b.Put(t.Context(), "a", large, &files.PutOptions{If: cond.c})
		if files.KindOf(err) != cond.want {
			t.Errorf("%v: %v, want %v", cond.c, err, cond.want)
		}
	}
}
