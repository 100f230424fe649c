package gcs

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// opensAt opens a URL and returns its endpoint and its backend.
func opensAt(t *testing.T, url string) (string, *backend) {
	t.Helper()
	b, err := files.Open(t.Context(), url)
	if err != nil {
		t.Fatalf("files.Open of %s: %v", url, err)
	}
	t.Cleanup(func() { b.Close() })
	back := driver.Unwrap(b).(*backend)
	return back.scheme + "://" + back.host, back
}

func TestEndpointOfURL(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	for _, c := range []struct{ emulator, url, want string }{
		{"", "gs://bucket?anonymous=true", "https://storage.googleapis.com"},
		{"", "gs://bucket?access_id=-", "https://storage.googleapis.com"},
		{
			"", "gs://bucket?anonymous=true&universe_domain=example.com",
			"https://storage.example.com",
		},
		{"localhost:4443", "gs://bucket", "http://localhost:4443"},
		{"http://localhost:4443", "gs://bucket", "http://localhost:4443"},
		{"http://localhost:4443/", "gs://bucket", "http://localhost:4443"},
		{"https://localhost:4443/storage/v1/", "gs://bucket", "https://localhost:4443"},
	} {
		t.Setenv("STORAGE_EMULATOR_HOST", c.emulator)
		if got, _ := opensAt(t, c.url); got != c.want {
			t.Errorf("endpoint of %s with the emulator %q = %s, want %s", c.url, c.emulator, got,
				c.want)
		}
		if v := os.Getenv("STORAGE_EMULATOR_HOST"); v != c.emulator {
			t.Errorf("the variable was changed to %q, want %q", v, c.emulator)
		}
	}
}

func TestBadURLs(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "localhost:1")
	for url, want := range map[string]string{
		"gs://":                         "gs://bucket",
		"gs://bucket/dir":               "prefix=dir/",
		"gs://user:hunter2@bucket":      "gs://bucket",
		"gs://bucket?part_size=1":       `"part_size"`,
		"gs://bucket?part_size=262145":  "part size",
		"gs://bucket?anonymous=perhaps": `"anonymous"`,
		"gs://bucket?retry_attempts=0":  `"retry_attempts"`,
		"gs://bucket?hunter2=1":         "gs:// knows",
		"gs://bucket?access_id=hunter2&private_key_path=/hunter2": "private_key_path: the file " +
			"can't be read",
		"gs://bucket?private_key_path=url_test.go": "private_key_path: the file has no RSA key",
	} {
		_, err := files.Open(t.Context(), url)
		if files.KindOf(err) != files.ErrInvalid || !strings.Contains(err.Error(),
			want) || strings.Contains(err.Error(),
			"hunter2") && !strings.Contains(url, "?hunter2") {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
	t.Setenv("STORAGE_EMULATOR_HOST", "://")
	if _, err := files.Open(t.Context(),
		"gs://bucket"); files.KindOf(err) != files.ErrInvalid || !strings.Contains(err.Error(),
		"STORAGE_EMULATOR_HOST") {
		t.Errorf("a malformed STORAGE_EMULATOR_HOST: %v, want ErrInvalid and a text with %q", err,
			"STORAGE_EMULATOR_HOST")
	}
}

// TestCredentialsForSigning: a service account's key signs. Without credentials a
// bucket with a signing key opens, and its first request reports what is missing.
func TestCredentialsForSigning(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	params := signParams(t)
	_, path, _ := strings.Cut(params, "private_key_path=")
	path = strings.ReplaceAll(path, "%2F", "/")
	key, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	account, err := json.Marshal(map[string]string{
		"type":         "service_account",
		"client_email": "app@project.iam.gserviceaccount.com",
		"private_key":  string(key),
		"token_uri":    "http://127.0.0.1:1/token",
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(file, account, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
	for url, want := range map[string]string{
		"gs://bucket": "app@",
		"gs://bucket?access_id=app@project.iam.gserviceaccount.com": "app@",
		"gs://bucket?access_id=other@x":                             "", // without its key
		"gs://bucket?private_key_path=":                             "",
		"gs://bucket?anonymous=true":                                "",
		"gs://bucket?" + params:                                     "signer@",
	} {
		_, b := opensAt(t, url)
		id := ""
		if b.signer != nil {
			id = b.signer.id
		}
		if !strings.HasPrefix(id,
			want) || (id == "") != (want == "") || b.Features().SignGet != (want != "") {
			t.Errorf("%s signs as %q, want %q", url, id, want)
		}
	}
	_, one := opensAt(t, "gs://bucket")
	_, two := opensAt(t, "gs://other")
	if one.auth != two.auth {
		t.Error("two buckets of one account have different tokens")
	}

	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent")
	if _, err := files.Open(t.Context(),
		"gs://bucket"); files.KindOf(err) != files.ErrPermission || !strings.Contains(err.Error(),
		"anonymous=true") || strings.Contains(err.Error(), "nonexistent") {
		t.Errorf("Open without credentials = %v", err)
	}
	b, err := files.Open(t.Context(), "gs://bucket?"+params)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s, err := files.SignURL(t.Context(), b, "a b/ü", &files.SignOptions{
		Method:      "PUT",
		ContentType: "text/plain",
		Expiry:      7 * 24 * time.Hour,
	})
	if err != nil || !strings.HasPrefix(s.URL,
		"https://storage.googleapis.com/bucket/a%20b/%C3%BC?X-Goog-Algorithm=GOOG4-RSA-SHA256") ||
		!strings.Contains(s.URL,
			"X-Goog-SignedHeaders=content-type%3Bhost") || !strings.Contains(s.URL,
		"X-Goog-Expires=604") {
		t.Errorf("SignURL = %s, %v, want a text that begins with %q, a text with %q, a text with "+
			"%q and nil", s.URL, err,
			"https://storage.googleapis.com/bucket/a%20b/%C3%BC?X-Goog-Algorithm=GOOG4-RSA-SHA256",
			"X-Goog-SignedHeaders=content-type%3Bhost", "X-Goog-Expires=604")
	}
	if _, err := files.SignURL(t.Context(), b, "a",
		&files.SignOptions{Expiry: 7*24*time.Hour + 1}); files.KindOf(err) != files.ErrInvalid {
		t.Errorf("SignURL for more than 7 days = %v", err)
	}
	if _, err := b.Stat(t.Context(), "a",
		nil); files.KindOf(err) != files.ErrPermission || !strings.Contains(err.Error(),
		"credentials") {
		t.Errorf("Stat without credentials = %v", err)
	}
}

// TestSharedTransport: buckets with the same settings share their connections, and many
// stay open (X3).
func TestSharedTransport(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "localhost:1")
	_, one := opensAt(t, "gs://one")
	_, two := opensAt(t, "gs://two?part_size=262144")
	if one.auth != two.auth {
		t.Error("two buckets of one emulator have different clients")
	}
	if n := one.auth.Transport.(*http.Transport).MaxIdleConnsPerHost; n < 64 {
		t.Errorf("MaxIdleConnsPerHost = %d, want at least 64", n)
	}
}

// TestGRPC: the gRPC API is used through the Go CDK.
func TestGRPC(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	t.Setenv("STORAGE_EMULATOR_HOST_GRPC", "localhost:1")
	b, err := files.Open(t.Context(), "gs://bucket?grpc=true&anonymous=true")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if f := b.Features(); f.IfVersion || !f.VersionPerPut {
		t.Errorf("Features = %+v", f)
	}
}
