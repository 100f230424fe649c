package gcs

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
)

// signKey is the key that signs URLs in these tests.
var signKey = sync.OnceValues(func() (*rsa.PrivateKey, error) {
	return rsa.GenerateKey(rand.Reader, 2048)
})

// signParams are URL parameters with which a bucket can sign.
func signParams(t testing.TB) string {
	t.Helper()
	key, err := signKey()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	text := pem.EncodeToMemory(&pem.Block{
		Type:  "RSA PRIVATE KEY",
		Bytes: x509.MarshalPKCS1PrivateKey(key),
	})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return "access_id=signer@project.iam.gserviceaccount.com&private_key_path=" +
		url.QueryEscape(path)
}

// with adds parameters to a URL.
func with(rawURL, params string) string {
	if strings.Contains(rawURL, "?") {
		return rawURL + "&" + params
	}
	return rawURL + "?" + params
}

// emulators has the emulator of each bucket that isn't reached through the variable, so
// that tests with different ones can run at the same time.
var emulators sync.Map // the bucket's name to the emulator's URL

func init() {
	variable := emulatorHost
	emulatorHost = func(bucket string) string {
		if host, ok := emulators.Load(bucket); ok {
			return host.(string)
		}
		return variable(bucket)
	}
}

// through makes the emulator that of the store until the test ends, for whatever opens it
// from now on, and returns the store's URL.
func through(t conformance.T, emulator, store string) string {
	t.Helper()
	u, err := url.Parse(store)
	if err != nil {
		t.Fatalf("parsing the store's URL: %v", err)
	}
	emulators.Store(u.Host, emulator)
	t.Cleanup(func() { emulators.Delete(u.Host) })
	return store
}

// bucketOf is the name of the bucket at the service.
func bucketOf(t conformance.T, b files.Bucket) (bucket, prefix string) {
	t.Helper()
	b, prefix = conformance.Base(b)
	o, ok := opened.Load(b)
	if !ok {
		t.Fatalf("the harness has not opened this bucket")
	}
	return o.(*url.URL).Host, o.(*url.URL).Query().Get("prefix") + prefix
}

var opened sync.Map // files.Bucket to its *url.URL

func openBucket(t conformance.T, rawURL string) files.Bucket {
	t.Helper()
	b, err := files.Open(t.Context(), rawURL)
	if err != nil {
		t.Fatalf("files.Open of %s: %v", rawURL, err)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatalf("parsing the URL %s: %v", rawURL, err)
	}
	opened.Store(b, u)
	return b
}

// foreignKeys are raw keys. GCS itself refuses line feeds and carriage returns.
var foreignKeys = []string{"dir/", "a//b", "/x", "a/./b", "a/../b", "tab\tkey", "d//"}

// plainHarness is the harness for the unchanged server, or, if d isn't nil, for the server
// with its fixes.
func plainHarness(t *testing.T, s *testserver.Server, d *documented) conformance.Harness {
	signing := signParams(t)
	store := func(t conformance.T) string { return with(s.Store(t), signing) }
	if d != nil {
		plain := store
		store = func(t conformance.T) string { return through(t, d.self, plain(t)) }
	}
	return conformance.Harness{
		Name:     "gcs",
		Server:   s.Name + " " + s.Version,
		MaxFiles: 1500,            // with more files, a Put takes the server seconds
		Limit:    4 * time.Minute, // all cases that run at once share the server
		New: func(t conformance.T) files.Bucket {
			return openBucket(t, store(t))
		},
		Second: func(t conformance.T, b files.Bucket) files.Bucket {
			o, _ := opened.Load(b)
			return openBucket(t, o.(*url.URL).String())
		},
		URL:         store,
		Foreign:     putForeign,
		ForeignKeys: foreignKeys,
		Send:        sendSigned,
		Secrets: func(b files.Bucket) []string {
			b, _ = conformance.Base(b)
			o, _ := opened.Load(b)
			return []string{o.(*url.URL).Host, "127.0.0.1", "signer@"}
		},
	}
}

// putForeign puts an object by the SDK.
func putForeign(t conformance.T, b files.Bucket, key, content string) {
	bucket, prefix := bucketOf(t, b)
	client, ok := files.As[*storage.Client](b)
	if !ok {
		t.Fatalf("As of the bucket returns no *storage.Client")
	}
	w := client.Bucket(bucket).Object(prefix + key).NewWriter(t.Context())
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatalf("writing the foreign object %q: %v", key, err)
	}
	if err := w.Close(); err != nil {
		t.Fatalf("closing the foreign object %q: %v", key, err)
	}
}

// asStranger marks requests without credentials.
const asStranger = "X-Stranger"

func sendSigned(t conformance.T, _ files.Bucket, s files.SignedURL, content []byte) (int, []byte) {
	req, err := http.NewRequestWithContext(t.Context(), s.Method, s.URL, bytes.NewReader(content))
	if err != nil {
		t.Fatalf("the signed request: %v", err)
	}
	for k, v := range s.Header {
		req.Header[k] = v
	}
	req.Header.Set(asStranger, "1")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("sending the signed request: %v", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the response to the signed request: %v", err)
	}
	return resp.StatusCode, answer
}

// proxied opens a bucket behind the proxy, in front of the server with its fixes, and a
// second bucket that bypasses the proxy.
func proxied(t *testing.T, params string) (b, direct files.Bucket, p *proxy.Proxy) {
	t.Helper()
	s := testserver.Start(t, testserver.FakeGCS)
	if s.User {
		t.Skip("a user's bucket has no proxy")
	}
	d := startDocumented(t, s.Endpoint)
	p = proxy.Start(t, proxy.GCS, d.self, &proxy.Options{TargetHost: true})
	// On a loaded machine the emulator may need more than the default minute, and what it
	// would be sent again is counted.
	url := with(with(s.Store(t), "retry_delay=1ms&retry_max_delay=2ms&retry_budget=0"+
		"&timeout=10m&read_timeout=10m"), params)
	direct = openBucket(t, through(t, d.self, url))
	b = openBucket(t, through(t, p.Addr(), url))
	t.Cleanup(func() { b.Close(); direct.Close() })
	if n := p.Total(); n != 0 {
		t.Errorf("opening made %d requests, want 0", n)
	}
	return b, direct, p
}
