package gcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"google.golang.org/api/option"
)

// hostile is a bucket whose service is the handler, with short retry delays. requests
// counts the requests.
func hostile(t *testing.T, h http.HandlerFunc) (b files.Bucket, requests *atomic.Int64) {
	t.Helper()
	url, requests := oddservice.Serve(t, h)
	t.Setenv("STORAGE_EMULATOR_HOST", url)
	b = openBucket(t, "gs://bucket?retry_attempts=3&retry_delay=1ms&retry_max_delay=2ms"+
		"&retry_budget=0&part_size=262144")
	t.Cleanup(func() { b.Close() })
	return b, requests
}

// large is content of two parts.
var large = strings.Repeat("x", 300_000)

// every has each operation on the file "dir/a".
var every = func() map[string]func(ctx context.Context, b files.Bucket) error {
	calls := oddservice.Calls(large)
	calls["get of nothing"] = func(ctx context.Context, b files.Bucket) error {
		r, err := b.Get(ctx, "dir/a", &files.GetOptions{Range: files.Bytes(1, 0)})
		if err == nil {
			r.Close()
		}
		return err
	}
	calls["exists"] = func(ctx context.Context, b files.Bucket) error {
		_, err := files.Exists(ctx, b, "dir/a")
		return err
	}
	return calls
}()

// says responds with the status and the body.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// refuses is an error of the JSON API
// (https://cloud.google.com/storage/docs/json_api/v1/status-codes).
func refuses(status int, reason string) string {
	return fmt.Sprintf(`{"error":{"code":%d,"message":"m","errors":[{"reason":%q,"message":"m"}]}}`,
		status, reason)
}

// resourceOf is an object's resource in the JSON API.
func resourceOf(name string, generation, size int) string {
	return fmt.Sprintf(`{"kind":"storage#object","name":%q,"generation":"%d","size":"%d",`+
		`"metageneration":"1"}`, name, generation, size)
}

// TestNotGCS: a response that isn't the service's is never a success, and never reports a
// missing file.
func TestNotGCS(t *testing.T) {
	const page = "<!DOCTYPE html><html><title>Sign in</title><body><form></form></body></html>"
	const asJSON, asXML = "application/json", "application/xml"
	answer := oddservice.Respond
	for name, h := range map[string]http.HandlerFunc{
		"a login page":              answer(200, "text/html", page),
		"an empty 200":              answer(200, "text/plain", ""),
		"a 204":                     answer(204, "text/plain", ""),
		"a page of one application": answer(200, "text/html", page, "Etag", `W/"1-2"`),
		"a page with a session":     answer(200, "text/html", page, "Location", "/login"),
		"a redirect to a login":     answer(302, "text/html", "", "Location", "/login"),
		"a 307 elsewhere": answer(307, "text/plain", "", "Location",
			"http://127.0.0.1:1/x"),
		"a 308 elsewhere": answer(308, "text/plain", "", "Location",
			"http://127.0.0.1:1/x"),
		"a web server's 404":          answer(404, "text/html", "<html>Not Found</html>"),
		"a proxy's 404":               answer(404, "text/plain", "404 page not found\n"),
		"an empty 404":                answer(404, "text/html", ""),
		"another service's 404":       answer(404, asJSON, `{"error":"not found"}`),
		"another service's 404 again": answer(404, asJSON, `{"error":{"message":"notFound"}}`),
		"a 404 of other reasons":      answer(404, asJSON, `{"code":"notFound"}`),
		"a 404 in other XML": answer(404, asXML,
			`<Fehler><Code>NoSuchKey</Code></Fehler>`),
		"a 404 without a code": answer(404, asXML,
			`<Error><Message>NoSuchKey</Message></Error>`),
		"a 404 cut off":            answer(404, asXML, `<Error><Code>NoSuchKey</Code>`),
		"a JSON 404 cut off":       answer(404, asJSON, refuses(404, "notFound")[:40]),
		"a 404 that says 500":      answer(404, asJSON, refuses(500, "notFound")),
		"a web server's 405":       answer(405, "text/html", page),
		"a web server's 412":       answer(412, "text/html", page),
		"an empty 410":             answer(410, "text/html", "<html>"),
		"a proxy's 409":            answer(409, "text/html", page),
		"a 416 of a web server":    answer(416, "text/html", page),
		"a 501 of a simple server": answer(501, "text/html", page),
		"a proxy's 503":            answer(503, "text/html", page),
		"an unrequested 304":       answer(304, "text/plain", ""),
		"an unknown document":      answer(200, asXML, `<Other/>`),
		"JSON without its kind":    answer(200, asJSON, `{"size":"1","generation":"1"}`),
		"JSON of another kind":     answer(200, asJSON, `{"kind":"storage#bucket","size":"1"}`),
		"a JSON array":             answer(200, asJSON, `[]`),
		"a JSON string":            answer(200, asJSON, `"ok"`),
		"an error without a code":  answer(200, asJSON, `{"error":{}}`),
		"a status of its own":      answer(299, "text/plain", "fine"),
		"202 accepted":             answer(202, asJSON, resourceOf("dir/a", 1, 1)),
		"a proxy's 401":            answer(401, "text/html", page),
		"a proxy's 403":            answer(403, "text/html", page),
		"a proxy's 407":            answer(407, "text/html", page),
	} {
		b, requests := hostile(t, h)
		for op, do := range every {
			if strings.HasPrefix(op, "delete") && name == "a 204" {
				continue // the service's own response
			}
			requests.Store(0)
			err := do(t.Context(), b)
			switch kind := files.KindOf(err); {
			case err == nil, kind == nil, kind == files.ErrNotExist, kind == files.ErrNoBucket,
				kind == files.ErrExist, kind == files.ErrPrecondition, kind == files.ErrNotModified:
				t.Errorf("%s to %s: the error is %v, which a wrong response can't mean",
					name, op, err)
			case strings.HasPrefix(name, "a proxy's 40") && kind != files.ErrPermission &&
				(strings.HasSuffix(name, "401") || strings.HasSuffix(name, "403")):
				t.Errorf("%s to %s: the error is %v, want ErrPermission", name, op, err)
			case !strings.Contains(fmt.Sprintf("%+v", err), "isn't a GCS endpoint"):
				t.Errorf("%s to %s: the error doesn't say that the response isn't the service's: "+
					"%+v", name, op, err)
			}
			if n := requests.Load(); n > 12 {
				t.Errorf("%s, %s: %d requests, want at most 12", name, op, n)
			}
		}
	}
}

// TestMissingParts: a success that lacks what the protocol promises is an error.
func TestMissingParts(t *testing.T) {
	object := func(o string) http.HandlerFunc { return says(200, o) }
	for what, c := range map[string]struct {
		op string
		h  http.HandlerFunc
	}{
		"a put without a generation": {"put", object(`{"kind":"storage#object","size":"7"}`)},
		"a put without a size":       {"put", object(`{"kind":"storage#object","generation":"1"}`)},
		"a put of generation 0":      {"put", object(resourceOf("dir/a", 0, 7))},
		"a put of another name":      {"put", object(resourceOf("dir/z", 1, 7))},
		"a stat of another name":     {"stat", object(resourceOf("dir/z", 1, 7))},
		"a stat of a negative size":  {"stat", object(resourceOf("dir/a", 1, -7))},
		"a stat of an odd size": {"stat",
			object(`{"kind":"storage#object","generation":"1","size":"many"}`)},
		"a get without a generation": {"get", says(200, "x")},
		"a get without a length": {"get", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Goog-Generation", "1")
			io.WriteString(w, "x")
			w.(http.Flusher).Flush()
		}},
		"a get of a negative length": {"get", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Goog-Generation", "1")
			w.Header().Set("X-Goog-Stored-Content-Length", "-3")
			io.WriteString(w, "x")
		}},
		"a part without a range": {"get of a range", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Goog-Generation", "1")
			w.WriteHeader(206)
			io.WriteString(w, "bc")
		}},
		"an upload without a session": {"put in parts", says(200, "")},
		"a copy without a result":     {"copy", says(200, `{"kind":"storage#rewriteResponse"}`)},
		"a copy without a kind": {"copy",
			says(200, `{"done":true,"resource":`+resourceOf("dir/b", 1, 7)+`}`)},
		"a copy that is done without an object": {"copy",
			says(200, `{"kind":"storage#rewriteResponse","done":true}`)},
		"a copy to another name": {"copy", says(200,
			`{"kind":"storage#rewriteResponse","done":true,"resource":`+resourceOf("z", 1, 7)+`}`)},
		"a delete with a page":    {"delete", says(200, "<html>")},
		"a delete with an object": {"delete", says(200, resourceOf("dir/a", 1, 7))},
		"a listing cut off":       {"list", says(200, `{"kind":"storage#objects","items":[`)},
		"a listing without kind":  {"list", says(200, `{"items":[]}`)},
	} {
		b, _ := hostile(t, c.h)
		err := every[c.op](t.Context(), b)
		if k := files.KindOf(err); k != files.ErrUnavailable && k != files.ErrUncertain {
			t.Errorf("%s: %v, want ErrUnavailable or ErrUncertain", what, err)
		}
	}
}

// TestErrorInSuccess: an error with the status of a success keeps its kind, and is
// retried if that is allowed.
func TestErrorInSuccess(t *testing.T) {
	xml := func(code string) string {
		return "<?xml version='1.0' encoding='UTF-8'?><Error><Code>" + code + "</Code></Error>"
	}
	for body, want := range map[string]error{
		refuses(403, "forbidden"):         files.ErrPermission,
		refuses(503, "backendError"):      files.ErrUnavailable,
		refuses(429, "rateLimitExceeded"): files.ErrUnavailable,
		refuses(412, "conditionNotMet"):   files.ErrUnavailable, // no condition was sent
		xml("AccessDenied"):               files.ErrPermission,
		xml("SlowDown"):                   files.ErrUnavailable,
		xml("NoSuchBucket"):               files.ErrNoBucket,
	} {
		for op, do := range every {
			b, requests := hostile(t, says(200, body))
			err := do(t.Context(), b)
			k := files.KindOf(err)
			if k != want && !(want == files.ErrUnavailable && k == files.ErrUncertain) {
				t.Errorf("%s, %s: %v, want %v", op, body, err, want)
			}
			n := requests.Load()
			if want == files.ErrUnavailable && n < 3 || n > 12 {
				t.Errorf("%s, %s: %d requests", op, body, n)
			}
		}
	}
	for c, want := range map[files.Condition]error{
		files.IfAbsent(): files.ErrExist, files.IfVersion("1"): files.ErrPrecondition,
	} {
		b, _ := hostile(t, says(200, refuses(412, "conditionNotMet")))
		if _, err := oddservice.PutIf(t, b, c); files.KindOf(err) != want {
			t.Errorf("%v: %v, want %v", c, err, want)
		}
	}
}

// TestUnaskedStatus: 304 and 412 to a request without a condition are no condition's
// failure, and the status alone isn't a reason.
func TestUnaskedStatus(t *testing.T) {
	for _, c := range []struct {
		status int
		reason string
	}{
		{304, ""},
		{412, "conditionNotMet"},
		{412, "Whatever"},
		{409, "conflict"},
		{409, "Whatever"},
		{412, ""},
		{409, ""},
	} {
		b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(c.status)
			if c.reason != "" {
				io.WriteString(w, refuses(c.status, c.reason))
			}
		})
		for op, do := range every {
			err := do(t.Context(), b)
			if k := files.KindOf(err); k != files.ErrUnavailable && k != files.ErrUncertain {
				t.Errorf("%d %s, %s: %v, want ErrUnavailable or ErrUncertain", c.status, c.reason,
					op, err)
			}
		}
		if c.reason == "conditionNotMet" {
			continue
		}
		for _, cond := range []files.Condition{files.IfAbsent(), files.IfVersion("1")} {
			_, err := oddservice.PutIf(t, b, cond)
			if k := files.KindOf(err); k != files.ErrUnavailable && k != files.ErrUncertain {
				t.Errorf("%d %s, %v: %v, want ErrUnavailable or ErrUncertain", c.status, c.reason,
					cond, err)
			}
		}
	}
	// A refusal by the organization's policy isn't a failed condition: Update tries once.
	b, requests := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Header().Set("X-Goog-Generation", "1")
			io.WriteString(w, "content")
			return
		}
		w.WriteHeader(412)
		io.WriteString(w, refuses(412, "orgPolicyConstraintFailed"))
	})
	for _, cond := range []files.Condition{{}, files.IfAbsent(), files.IfVersion("1")} {
		if _, err := oddservice.PutIf(t, b, cond); files.KindOf(err) != files.ErrPermission {
			t.Errorf("%v: %v, want ErrPermission", cond, err)
		}
	}
	requests.Store(0)
	change := func([]byte) ([]byte, error) { return []byte("x"), nil }
	_, err := files.Update(t.Context(), b, "a", change, nil)
	if files.KindOf(err) != files.ErrPermission || requests.Load() != 2 {
		t.Errorf("Update = %v after %d requests, want ErrPermission and 2", err, requests.Load())
	}
	// A 404 to a write doesn't report a missing file.
	for _, body := range []string{
		"<Error><Code>NoSuchKey</Code></Error>",
		`{"error":{"code":404,"message":"No such object: x","errors":[{"reason":"notFound"}]}}`,
	} {
		b, _ = hostile(t, says(404, body))
		for _, op := range []string{"put", "put in parts", "list"} {
			if err := every[op](t.Context(), b); files.KindOf(err) != files.ErrUnavailable {
				t.Errorf("404 to %s: %v, want ErrUnavailable", op, err)
			}
		}
		if err := every["get"](t.Context(), b); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("404 to a get: %v, want ErrNotExist", err)
		}
	}
}

// quick is a policy with short delays.
var quick = &retry.Policy{Attempts: 3, Delay: time.Millisecond, MaxDelay: 2 * time.Millisecond}

// sdkClient is a client of the SDK without credentials.
func sdkClient(t *testing.T) *storage.Client {
	t.Helper()
	c, err := storage.NewClient(t.Context(), option.WithHTTPClient(http.DefaultClient))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
