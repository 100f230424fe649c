package azure

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// guarded is a service that accepts one secret, an account's key or a signature's sig,
// and refuses all others as the service does.
type guarded struct {
	host     string
	secret   atomic.Value // of string
	requests atomic.Int32
	refused  atomic.Int32
	gate     atomic.Pointer[sync.WaitGroup] // refusals wait for it, if not nil
}

func guard(t *testing.T) *guarded {
	t.Helper()
	g := &guarded{}
	srv := httptest.NewServer(g)
	t.Cleanup(srv.Close)
	g.host = strings.TrimPrefix(srv.URL, "http://")
	return g
}

// keyOf is an account's key.
func keyOf(secret string) string { return base64.StdEncoding.EncodeToString([]byte(secret)) }

// allows checks a signature of either kind.
func (g *guarded) allows(r *http.Request) bool {
	secret := g.secret.Load().(string)
	if r.Header.Get("Authorization") == "" {
		return r.URL.Query().Get("sig") == secret
	}
	return r.Header.Get("Authorization") == "SharedKey account:"+sharedKey(r, secret)
}

// sharedKey signs a request. See
// https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
func sharedKey(r *http.Request, secret string) string {
	length := ""
	if n := max(r.ContentLength, 0); n > 0 {
		length = fmt.Sprint(n)
	}
	h := r.Header
	text := []string{
		r.Method, h.Get("Content-Encoding"), h.Get("Content-Language"), length,
		h.Get("Content-MD5"), h.Get("Content-Type"), "", h.Get("If-Modified-Since"),
		h.Get("If-Match"), h.Get("If-None-Match"), h.Get("If-Unmodified-Since"), h.Get("Range"),
	}
	var own []string
	for k := range h {
		if k = strings.ToLower(k); strings.HasPrefix(k, "x-ms-") {
			own = append(own, k)
		}
	}
	slices.Sort(own)
	for _, k := range own {
		text = append(text, k+":"+strings.Join(h.Values(k), ","))
	}
	resource := "/account" + r.URL.EscapedPath()
	q := r.URL.Query()
	for _, k := range slices.Sorted(maps.Keys(q)) {
		resource += "\n" + strings.ToLower(k) + ":" + strings.Join(q[k], ",")
	}
	mac := hmac.New(sha256.New, []byte(secret))
	io.WriteString(mac, strings.Join(append(text, resource), "\n"))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (g *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.requests.Add(1)
	body, _ := io.ReadAll(r.Body)
	switch q := r.URL.Query(); {
	case !g.allows(r):
		g.refused.Add(1)
		if gate := g.gate.Load(); gate != nil {
			gate.Done()
			gate.Wait()
		}
		refuses(w, 403, "AuthenticationFailed")
	case q.Get("comp") == "batch":
		g.batch(w, r, body)
	case q.Get("restype") == "container":
		azures(w)
		io.WriteString(w, `<EnumerationResults><Blobs></Blobs><NextMarker/></EnumerationResults>`)
	case r.Method == http.MethodDelete:
		azures(w)
		w.WriteHeader(202)
	case r.Method == http.MethodPut:
		made(w, `"1"`)
	default:
		holds(w, r, `"1"`, "content")
	}
}

// batch responds to each part, which has its own signature.
func (g *guarded) batch(w http.ResponseWriter, r *http.Request, body []byte) {
	_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	azures(w).Set("Content-Type", "multipart/mixed; boundary=answers")
	w.WriteHeader(202)
	for {
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		status := "202 Accepted\r\n"
		one, err := http.ReadRequest(bufio.NewReader(part))
		if err != nil || !g.allows(one) {
			status = "403 Forbidden\r\nx-ms-error-code: AuthenticationFailed\r\n"
		}
		fmt.Fprintf(w, "--answers\r\nContent-Type: application/http\r\nContent-ID: %s\r\n\r\n"+
			"HTTP/1.1 %sx-ms-request-id: 1\r\nx-ms-version: 2026-06-06\r\n\r\n\r\n",
			part.Header.Get("Content-Id"), status)
	}
	io.WriteString(w, "--answers--\r\n")
}

// rotations are the ways in which the environment has a secret.
var rotations = map[string]func(t *testing.T, host, secret string){
	"key": func(t *testing.T, host, secret string) {
		t.Setenv("AZURE_STORAGE_ACCOUNT", "account")
		t.Setenv("AZURE_STORAGE_DOMAIN", host)
		t.Setenv("AZURE_STORAGE_PROTOCOL", "http")
		t.Setenv("AZURE_STORAGE_KEY", keyOf(secret))
	},
	"signature": func(t *testing.T, host, secret string) {
		t.Setenv("AZURE_STORAGE_ACCOUNT", "account")
		t.Setenv("AZURE_STORAGE_DOMAIN", host)
		t.Setenv("AZURE_STORAGE_PROTOCOL", "http")
		t.Setenv("AZURE_STORAGE_SAS_TOKEN", "?sv=2024-11-04&sig="+secret)
	},
	"connection string with a key": func(t *testing.T, host, secret string) {
		t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountName=account;AccountKey="+
			keyOf(secret)+";BlobEndpoint=http://"+host+"/account")
	},
	"connection string with a signature": func(t *testing.T, host, secret string) {
		t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "BlobEndpoint=http://"+host+
			"/account;SharedAccessSignature=sv=2024-11-04&sig="+secret)
	},
	"an address with a signature": func(t *testing.T, host, secret string) {
		t.Setenv("AZURE_STORAGEBLOB_CONNECTIONSTRING", "BlobEndpoint=http://"+host+
			"/account/box?sv=2024-11-04&sr=c&sig="+secret)
	},
}

const rotatedURL = "azblob://box?part_size=65536&retry_attempts=5&retry_delay=1ms" +
	"&retry_max_delay=1ms&retry_budget=0"

// TestRotatedSecrets: a key or a signature that the service refuses is read again from
// the environment. If it has changed, the request is repeated once; otherwise the error
// is ErrPermission after one request (E2).
func TestRotatedSecrets(t *testing.T) {
	for how, set := range rotations {
		t.Run(how, func(t *testing.T) {
			for what, call := range every {
				bareEnvironment(t)
				count := func(g *guarded, b files.Bucket, want error) int32 {
					t.Helper()
					g.requests.Store(0)
					err := call(t.Context(), b)
					if files.KindOf(err) != want || want == nil && err != nil {
						t.Errorf("%s: %v, want %v", what, err, want)
					}
					return g.requests.Load()
				}
				// An upload's blocks are sent at the same time, and a copy is retried
				// as a Put.
				most := max(1, map[string]int32{"put in parts": 2, "copy": 2}[what])

				// A request of a failed call may still arrive, so each call has its own
				// server.
				g := guard(t)
				g.secret.Store("new")
				set(t, g.host, "old")
				b := open(t, rotatedURL)
				if n := count(g, b, files.ErrPermission); n > most {
					t.Errorf("%s: %d requests with the old secret, want at most %v", what, n, most)
				}
				b.Close()

				g = guard(t)
				g.secret.Store("old")
				set(t, g.host, "old")
				b = open(t, rotatedURL)
				cost := count(g, b, nil)
				g.secret.Store("new")
				set(t, g.host, "new")
				n := count(g, b, nil)
				if more := g.refused.Load(); more < 1 || more > most || n != cost+more {
					t.Errorf("%s: %d requests after the rotation, %d refused, want %d and 1", what,
						n, more, cost+1)
				}
				if n := count(g, b, nil); n > cost { // fewer if the driver has learned something
					t.Errorf("%s: %d requests afterwards, want %d", what, n, cost)
				}
				b.Close()
			}
		})
	}
}

// TestRotatedTogether: calls that are refused at the same time share one reading of the
// credentials, and each is repeated once.
func TestRotatedTogether(t *testing.T) {
	for how, set := range rotations {
		t.Run(how, func(t *testing.T) {
			bareEnvironment(t)
			g := guard(t)
			g.secret.Store("old")
			set(t, g.host, "old")
			b := open(t, rotatedURL)
			a := driver.Unwrap(b).(*backend).access
			find, reads := a.find, 0 // under the access's lock
			a.find = func() (service, error) { reads++; return find() }
			set(t, g.host, "new")
			g.secret.Store("new")
			const calls = 20
			gate := &sync.WaitGroup{} // all are refused before the first response
			gate.Add(calls)
			g.gate.Store(gate)
			var all sync.WaitGroup
			for range calls {
				all.Go(func() {
					if _, err := b.Stat(context.WithoutCancel(t.Context()), "a", nil); err != nil {
						t.Errorf("Stat(a) = %v, want nil", err)
					}
				})
			}
			all.Wait()
			if n := g.requests.Load(); n != 2*calls || reads != 1 {
				t.Errorf("%d requests and %d readings, want %d and 1", n, reads, 2*calls)
			}
		})
	}
}

// TestNotRotated: credentials for another account, of another kind, or invalid ones
// don't replace refused ones, and a page of something in front of the service doesn't
// cause them to be read again.
func TestNotRotated(t *testing.T) {
	for what, change := range map[string]func(t *testing.T, host string){
		"another account": func(t *testing.T, host string) {
			t.Setenv("AZURE_STORAGE_ACCOUNT", "other")
			t.Setenv("AZURE_STORAGE_KEY", keyOf("new"))
		},
		"another host": func(t *testing.T, host string) {
			t.Setenv("AZURE_STORAGE_DOMAIN", "127.0.0.2:1")
			t.Setenv("AZURE_STORAGE_KEY", keyOf("new"))
		},
		"another kind": func(t *testing.T, host string) {
			t.Setenv("AZURE_STORAGE_KEY", "")
			t.Setenv("AZURE_STORAGE_SAS_TOKEN", "sig=new")
		},
		"no key":   func(t *testing.T, host string) { t.Setenv("AZURE_STORAGE_KEY", "%%%") },
		"the same": func(*testing.T, string) {},
	} {
		t.Run(what, func(t *testing.T) {
			bareEnvironment(t)
			g := guard(t)
			g.secret.Store("new")
			rotations["key"](t, g.host, "old")
			b := open(t, rotatedURL)
			change(t, g.host)
			_, err := b.Stat(t.Context(), "a", nil)
			if files.KindOf(err) != files.ErrPermission || g.requests.Load() != 1 {
				t.Errorf("%v, %d requests, want ErrPermission and 1", err, g.requests.Load())
			}
		})
	}
	t.Run("not the service", func(t *testing.T) {
		bareEnvironment(t)
		var requests atomic.Int32
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			w.WriteHeader(403)
			io.WriteString(w, "<html>Please log in.</html>")
		}))
		t.Cleanup(srv.Close)
		host := strings.TrimPrefix(srv.URL, "http://")
		rotations["key"](t, host, "old")
		b := open(t, rotatedURL)
		rotations["key"](t, host, "new")
		_, err := files.PutString(t.Context(), b, "a", "content", nil)
		if files.KindOf(err) != files.ErrPermission || requests.Load() != 1 {
			t.Errorf("%v, %d requests, want ErrPermission and 1", err, requests.Load())
		}
	})
}
