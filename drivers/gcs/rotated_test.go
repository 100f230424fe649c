package gcs

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestRotatedAccount: the file of a service account is replaced while a bucket is open.
// The service refuses the old account's token once, the file is read again, and the
// request is repeated once.
func TestRotatedAccount(t *testing.T) {
	key, err := signKey()
	if err != nil {
		t.Fatal(err)
	}
	var tokens, requests atomic.Int32
	var taken atomic.Value // the token that the service accepts
	taken.Store("first")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, ok := strings.CutPrefix(r.URL.Path, "/token/"); ok {
			tokens.Add(1)
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"access_token":"`+name+`","token_type":"Bearer","expires_in":3600}`)
			return
		}
		requests.Add(1)
		if r.Header.Get("Authorization") != "Bearer "+taken.Load().(string) {
			says(401, refuses(401, "authError"))(w, r)
			return
		}
		io.WriteString(w, resourceOf("a", 7, 1))
	}))
	defer srv.Close()
	path := filepath.Join(t.TempDir(), "account.json")
	rotate := func(name string) {
		text, err := json.Marshal(map[string]string{
			"type":           "service_account",
			"client_email":   name + "@project.iam.gserviceaccount.com",
			"private_key_id": name,
			"private_key": string(pem.EncodeToMemory(&pem.Block{
				Type:  "RSA PRIVATE KEY",
				Bytes: x509.MarshalPKCS1PrivateKey(key),
			})),
			"token_uri": srv.URL + "/token/" + name,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rotate("first")
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", path)
	_, back := opensAt(t, "gs://bucket?retry_attempts=3&retry_delay=1ms")
	back.scheme, back.host = "http", strings.TrimPrefix(srv.URL, "http://")
	b := driver.New(back)
	for _, c := range []struct {
		name, file, taken string
		requests, tokens  int32
		want              error
	}{
		{"at first", "first", "first", 1, 1, nil},
		{"rotated", "second", "second", 2, 1, nil},
		{"from then on", "second", "second", 1, 0, nil},
		{"the file is still the old one", "second", "third", 2, 1, files.ErrPermission},
		{"then it comes", "third", "third", 2, 1, nil},
	} {
		rotate(c.file)
		taken.Store(c.taken)
		requests.Store(0)
		tokens.Store(0)
		_, err := b.Stat(t.Context(), "a", nil)
		if files.KindOf(err) != c.want || requests.Load() != c.requests ||
			tokens.Load() != c.tokens {
			t.Errorf("%s: %v after %d requests and %d tokens, want %d and %d",
				c.name, err, requests.Load(), tokens.Load(), c.requests, c.tokens)
		}
	}
}
