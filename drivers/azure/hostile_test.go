package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// hostile is a bucket whose service is the handler, through a caller's client, with
// short retry delays. requests counts the requests.
func hostile(t *testing.T, h http.HandlerFunc) (b files.Bucket, requests *atomic.Int64) {
	t.Helper()
	url, requests := oddservice.Serve(t, h)
	cred, err := container.NewSharedKeyCredential("account", "a2V5")
	if err != nil {
		t.Fatal(err)
	}
	c, err := container.NewClientWithSharedKeyCredential(url+"/account/box", cred, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err = New(c, &Options{
		PartSize: minBlock,
		Retry: &retry.Policy{
			Attempts: 3,
			Delay:    time.Millisecond,
			MaxDelay: 2 * time.Millisecond,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b, requests
}

// opened is the same opened by URL, with the driver's own client.
func opened(t *testing.T, h http.HandlerFunc) (b files.Bucket, requests *atomic.Int64) {
	t.Helper()
	url, requests := oddservice.Serve(t, h)
	for _, name := range []string{
		"AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_DOMAIN",
		"AZURE_STORAGEBLOB_CONNECTIONSTRING", "AZURE_STORAGE_PROTOCOL",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("AZURE_STORAGE_ACCOUNT", "account")
	t.Setenv("AZURE_STORAGE_KEY", "a2V5")
	b = open(t, "azblob://box?protocol=http&localemu=true&part_size=65536&retry_attempts=3"+
		"&retry_delay=1ms&retry_max_delay=2ms&retry_budget=0", "domain",
		strings.TrimPrefix(url, "http://"))
	return b, requests
}

// azures marks a response as the service's.
func azures(w http.ResponseWriter) http.Header {
	w.Header().Set("X-Ms-Request-Id", "5c9e")
	w.Header().Set("X-Ms-Version", "2026-06-06")
	return w.Header()
}

// refuses responds with the service's own error.
func refuses(w http.ResponseWriter, status int, code string) {
	azures(w).Set("X-Ms-Error-Code", code)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	io.WriteString(w, xmlError(code))
}

func xmlError(code string) string {
	return `<?xml version="1.0" encoding="utf-8"?><Error><Code>` + code +
		`</Code><Message>No.</Message></Error>`
}

// holds responds for a blob with that content.
func holds(w http.ResponseWriter, r *http.Request, tag, content string) {
	h := azures(w)
	h.Set("ETag", tag)
	h.Set("X-Ms-Blob-Type", "BlockBlob")
	h.Set("Content-Length", fmt.Sprint(len(content)))
	if r.Method == http.MethodGet {
		io.WriteString(w, content)
	}
}

// made responds to a write.
func made(w http.ResponseWriter, tag string) {
	azures(w).Set("ETag", tag)
	w.WriteHeader(http.StatusCreated)
}

// every has each operation on the file "dir/a".
var every = func() map[string]func(ctx context.Context, b files.Bucket) error {
	calls := oddservice.Calls(strings.Repeat("x", minBlock+1))
	calls["get of the end"] = func(ctx context.Context, b files.Bucket) error {
		_, err := b.Get(ctx, "dir/a", &files.GetOptions{Range: files.Last(2)})
		return err
	}
	calls["shallow list"] = func(ctx context.Context, b files.Bucket) error {
		return oddservice.ListAll(ctx, b, &files.ListOptions{Shallow: true})
	}
	calls["list behind"] = func(ctx context.Context, b files.Bucket) error {
		return oddservice.ListAll(ctx, b, &files.ListOptions{StartAfter: "dir/b"})
	}
	return calls
}()

// TestNotAzure: a response that isn't the service's is never a success, and never
// reports a missing file.
func TestNotAzure(t *testing.T) {
	const page = "<!DOCTYPE html><html><title>Sign in</title><body><form></form></body></html>"
	const document = "application/xml"
	answer := oddservice.Respond
	for name, h := range map[string]http.HandlerFunc{
		"a login page":              answer(200, "text/html", page),
		"a login page that creates": answer(201, "text/html", page),
		"a login page that accepts": answer(202, "text/html", page),
		"an empty 200":              answer(200, "text/plain", ""),
		"a 204":                     answer(204, "text/plain", ""),
		"a web server's file": answer(200, "text/plain", "Hello", "Etag", `"1-2"`, "Server",
			"nginx"),
		"a page of one application": answer(200, "text/html", page, "Etag", `W/"1-2"`),
		"a redirect to a login":     answer(302, "text/html", "", "Location", "/login"),
		"a 307 elsewhere": answer(307, "text/plain", "", "Location",
			"http://127.0.0.1:1/x"),
		"a web server's 404": answer(404, "text/html", "<html>Not Found</html>"),
		"a proxy's 404":      answer(404, "text/plain", "404 page not found\n"),
		"an empty 404":       answer(404, "text/html", ""),
		"a 404 in JSON":      answer(404, "application/json", `{"code":"BlobNotFound"}`),
		"a 404 in other XML": answer(404, document,
			`<Fehler><Code>BlobNotFound</Code></Fehler>`),
		"a 404 without a code": answer(404, document,
			`<Error><Message>BlobNotFound</Message></Error>`),
		"a 404 cut off":            answer(404, document, `<Error><Code>BlobNotFound</Code>`),
		"a web server's 405":       answer(405, "text/html", page),
		"a web server's 412":       answer(412, "text/html", page),
		"a proxy's 409":            answer(409, "text/html", page),
		"a 501 of a simple server": answer(501, "text/html", page),
		"a proxy's 503":            answer(503, "text/html", page),
		"an unrequested 304":       answer(304, "text/plain", ""),
		"an unknown document":      answer(200, document, `<Other/>`),
		"an error without a code":  answer(200, document, `<Error/>`),
		"deletions in HTML":        answer(202, "multipart/mixed", page),
	} {
		for client, make := range map[string]func(*testing.T,
			http.HandlerFunc) (files.Bucket, *atomic.Int64){
			"the caller's": hostile, "the driver's": opened,
		} {
			if client == "the caller's" && name == "a redirect to a login" {
				continue // it follows the redirect, which has no response
			}
			b, requests := make(t, h)
			for op, do := range every {
				what := name + ", " + client + ", " + op
				requests.Store(0)
				err := do(t.Context(), b)
				switch kind := files.KindOf(err); {
				case err == nil, kind == nil, kind == files.ErrNotExist, kind == files.ErrNoBucket,
					kind == files.ErrExist, kind == files.ErrPrecondition,
					kind == files.ErrNotModified:
					t.Errorf("%s: the error is %v, which a wrong response can't mean", what, err)
				case name == "an unrequested 304", name == "deletions in HTML",
					// it followed the redirect
					name == "a 307 elsewhere" && client == "the caller's":
				case !strings.Contains(fmt.Sprintf("%+v", err), "isn't an Azure Blob endpoint"):
					t.Errorf("%s: the error doesn't say that the response isn't the service's: %+v",
						what, err)
				}
				if n := requests.Load(); n > 12 {
					t.Errorf("%s: %d requests, want at most 12", what, n)
				}
			}
		}
	}
}

// TestMissingParts: a success that lacks what the protocol promises is an error.
func TestMissingParts(t *testing.T) {
	for what, c := range map[string]struct {
		op string
		h  http.HandlerFunc
	}{
		"a put without an ETag": {"put", func(w http.ResponseWriter, _ *http.Request) {
			azures(w)
			w.WriteHeader(201)
		}},
		"a put with an empty ETag": {"put", func(w http.ResponseWriter, _ *http.Request) {
			made(w, `""`)
		}},
		"a put with a body": {"put", func(w http.ResponseWriter, _ *http.Request) {
			made(w, `"1"`)
			io.WriteString(w, "<html></html>")
		}},
		"a put that isn't made": {"put", func(w http.ResponseWriter, _ *http.Request) {
			azures(w).Set("ETag", `"1"`)
		}},
		"a get without an ETag": {"get", func(w http.ResponseWriter, _ *http.Request) {
			azures(w)
			io.WriteString(w, "x")
		}},
		"a get without a length": {"get", func(w http.ResponseWriter, _ *http.Request) {
			azures(w).Set("ETag", `"1"`)
			io.WriteString(w, "x")
			w.(http.Flusher).Flush()
		}},
		"a part without a range": {"get of a range", func(w http.ResponseWriter, _ *http.Request) {
			azures(w).Set("ETag", `"1"`)
			w.WriteHeader(206)
			io.WriteString(w, "bc")
		}},
		"a stat without a length": {"stat", func(w http.ResponseWriter, _ *http.Request) {
			azures(w).Set("ETag", `"1"`)
			w.(http.Flusher).Flush()
		}},
		"a stat without an ETag": {"stat", func(w http.ResponseWriter, _ *http.Request) {
			azures(w).Set("Content-Length", "3")
		}},
		"a delete with a page": {"delete", func(w http.ResponseWriter, _ *http.Request) {
			azures(w)
			w.WriteHeader(202)
			io.WriteString(w, "<html>")
		}},
		"a listing cut off": {"list", func(w http.ResponseWriter, _ *http.Request) {
			azures(w)
			io.WriteString(w, "<EnumerationResults>")
		}},
	} {
		b, _ := hostile(t, c.h)
		if err := every[c.op](t.Context(), b); !errors.Is(err, files.ErrUnavailable) &&
			!errors.Is(err, files.ErrUncertain) {
			t.Errorf("%s: %v, want ErrUnavailable or ErrUncertain", what, err)
		}
	}
}

// TestErrorInSuccess: an error with the status of a success keeps its kind, and is
// retried if that is allowed.
func TestErrorInSuccess(t *testing.T) {
	for code, want := range map[string]error{
		"AuthorizationFailure": files.ErrPermission,
		"InternalError":        files.ErrUnavailable,
		"ServerBusy":           files.ErrUnavailable,
		"ContainerNotFound":    files.ErrNoBucket,
		"ConditionNotMet":      files.ErrUnavailable, // no condition was sent
	} {
		for op, status := range map[string]int{
			"list": 200, "delete many": 202, "put": 201, "put in parts": 201, "delete": 202,
		} {
			b, requests := hostile(t, func(w http.ResponseWriter, r *http.Request) {
				azures(w).Set("Content-Type", "application/xml")
				w.WriteHeader(status)
				io.WriteString(w, xmlError(code))
			})
			err := every[op](t.Context(), b)
			lost := want == files.ErrUnavailable && errors.Is(err, files.ErrUncertain)
			if !errors.Is(err, want) && !lost {
				t.Errorf("%s, %s: %v, want %v", op, code, err, want)
			}
			if n := requests.Load(); want == files.ErrUnavailable && n < 3 || n > 12 {
				t.Errorf("%s, %s: %d requests", op, code, n)
			}
		}
	}
}

// TestErrorsAndPagesAreBounded: no response is read without a limit, and no body of an
// error is kept.
func TestErrorsAndPagesAreBounded(t *testing.T) {
	for what, status := range map[string]int{"errors": 500, "pages": 200} {
		var sent atomic.Int64
		b, _ := opened(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			if r.Method == http.MethodHead {
				return
			}
			chunk := strings.Repeat("<EnumerationResults>", 1<<14)
			for range 1 << 12 {
				n, err := io.WriteString(w, chunk)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		for op, do := range every {
			sent.Store(0)
			if err := do(t.Context(), b); err == nil {
				t.Errorf("%s, %s = nil, want an error", what, op)
			}
			if n := sent.Load(); n > 4*2*maxDocument {
				t.Errorf("%s, %s: %d MiB were sent", what, op, n>>20)
			}
		}
	}
}

// TestOtherHosts: no response makes the driver send a request to another host.
func TestOtherHosts(t *testing.T) {
	var met atomic.Int64
	host := func(seen func()) string {
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen()
			holds(w, r, `"1"`, "theirs!")
		}))
		t.Cleanup(other.Close)
		return other.URL
	}
	// The caller's client has its own other host: what it still sends there after an
	// upload of several blocks has failed isn't counted as a request of the driver's
	// client.
	never, followed := host(func() { met.Add(1) }), host(func() {})
	for _, status := range []int{301, 302, 303, 307, 308} {
		lead := func(to string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				azures(w).Set("Location", to+r.URL.Path)
				w.WriteHeader(status)
			}
		}
		b, _ := opened(t, lead(never))
		theirs, _ := hostile(t, lead(followed))
		for op, do := range every {
			if err := do(t.Context(),
				b); !errors.Is(err, files.ErrUnavailable) && !errors.Is(err, files.ErrUncertain) {
				t.Errorf("%d, %s: %v, want ErrUnavailable or ErrUncertain", status, op, err)
			}
			if n := met.Swap(0); n > 0 {
				t.Errorf("%d, %s: %d requests to another host, want 0", status, op, n)
			}
			// The caller's client may follow; the driver refuses the response.
			if err := do(t.Context(), theirs); err == nil {
				t.Errorf("%d, %s, the caller's client = nil, want an error", status, op)
			}
		}
	}
	if n := met.Load(); n > 0 {
		t.Errorf("%d requests to another host after the operations, want 0", n)
	}
}
