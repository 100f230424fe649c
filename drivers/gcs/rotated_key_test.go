package gcs

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// rotating is a service and a token server, each of which accepts one account.
type rotating struct {
	t      *testing.T
	path   string // the account's file
	url    string
	gives  atomic.Value // the account that receives tokens
	takes  atomic.Value // the account whose token the service accepts
	expiry atomic.Int32 // of a token, in seconds

	requests, tokens atomic.Int32
	gate             atomic.Pointer[sync.WaitGroup] // refusals wait for it, if not nil
}

func rotate(t *testing.T) *rotating {
	t.Helper()
	r := &rotating{t: t, path: filepath.Join(t.TempDir(), "account.json")}
	r.expiry.Store(3600)
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	r.url = srv.URL
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", r.path)
	return r
}

func (s *rotating) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if name, ok := strings.CutPrefix(r.URL.Path, "/token/"); ok {
		s.tokens.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if name != s.gives.Load() {
			w.WriteHeader(400)
			io.WriteString(w, `{"error":"invalid_grant","error_description":"No such key."}`)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{
			"access_token": name,
			"token_type":   "Bearer",
			"expires_in":   s.expiry.Load(),
		})
		return
	}
	s.requests.Add(1)
	if r.Header.Get("Authorization") != "Bearer "+s.takes.Load().(string) {
		if gate := s.gate.Load(); gate != nil {
			gate.Done()
			gate.Wait()
		}
		says(401, refuses(401, "authError"))(w, r)
		return
	}
	io.WriteString(w, resourceOf("a", 7, 1))
}

// write writes the file of an account.
func (s *rotating) write(name string) {
	s.t.Helper()
	key, err := signKey()
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{
		"type":           "service_account",
		"client_email":   name + "@project.iam.gserviceaccount.com",
		"private_key_id": name,
		"private_key": string(pem.EncodeToMemory(&pem.Block{
			Type:  "RSA PRIVATE KEY",
			Bytes: x509.MarshalPKCS1PrivateKey(key),
		})),
		"token_uri": s.url + "/token/" + name,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.path, text, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *rotating) open(params string) files.Bucket {
	s.t.Helper()
	_, back := opensAt(s.t, "gs://bucket?retry_attempts=3&retry_delay=1ms"+params)
	back.scheme, back.host = "http", strings.TrimPrefix(s.url, "http://")
	return driver.New(back)
}

// TestDeletedKey: if no token is issued for an account any more, as after its key was
// deleted, the credentials' file is read again. If the file has another account, its
// token is used; otherwise nothing is repeated.
func TestDeletedKey(t *testing.T) {
	s := rotate(t)
	s.expiry.Store(1) // each request needs a new token
	s.write("first")
	b := s.open("")
	for _, c := range []struct {
		name, file, account string
		requests, tokens    int32
		want                error
	}{
		{"at first", "first", "first", 1, 1, nil},
		{"deleted, and the file is the old one", "first", "second", 0, 1, files.ErrPermission},
		{"the file is replaced", "second", "second", 1, 2, nil},
		{"from then on", "second", "second", 1, 1, nil},
	} {
		s.write(c.file)
		s.gives.Store(c.account)
		s.takes.Store(c.account)
		s.requests.Store(0)
		s.tokens.Store(0)
		_, err := b.Stat(t.Context(), "a", nil)
		if files.KindOf(err) != c.want || s.requests.Load() != c.requests ||
			s.tokens.Load() != c.tokens {
			t.Errorf("%s: %v after %d requests and %d tokens, want %d and %d", c.name, err,
				s.requests.Load(), s.tokens.Load(), c.requests, c.tokens)
		}
	}
	for what, c := range map[string]files.Bucket{
		"the same bucket":            b,
		"a bucket opened afterwards": s.open(""),
	} {
		u, err := files.SignURL(t.Context(), c, "a", &files.SignOptions{
			Method: "GET",
			Expiry: time.Hour,
		})
		if err != nil || !strings.Contains(u.URL, "second%40project") {
			t.Errorf("%s signs for another account than the file's: %v", what, err)
		}
	}
}

// TestRotatedTogether: calls that are refused at the same time share one reading of the
// file and one token, and each is repeated once.
func TestRotatedTogether(t *testing.T) {
	s := rotate(t)
	s.write("first")
	s.gives.Store("first")
	s.takes.Store("first")
	b := s.open("")
	if _, err := b.Stat(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	s.write("second")
	s.gives.Store("second")
	s.takes.Store("second")
	s.requests.Store(0)
	s.tokens.Store(0)
	const calls = 20
	gate := &sync.WaitGroup{} // all are refused before the first response
	gate.Add(calls)
	s.gate.Store(gate)
	var all sync.WaitGroup
	for range calls {
		all.Go(func() {
			if _, err := b.Stat(context.WithoutCancel(t.Context()), "a", nil); err != nil {
				t.Errorf("Stat(a) = %v, want nil", err)
			}
		})
	}
	all.Wait()
	if r, n := s.requests.Load(), s.tokens.Load(); r != 2*calls || n != 1 {
		t.Errorf("%d requests and %d tokens, want %d and 1", r, n, 2*calls)
	}
}
