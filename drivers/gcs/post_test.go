package gcs

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/signing"
)

// wantFields checks that the policy has each field of the form, and that it is signed
// well.
func wantFields(t *testing.T, what string, p signing.PostForm) (conditions []any) {
	t.Helper()
	key, err := signKey()
	if err != nil {
		t.Fatal(err)
	}
	sig, err := hex.DecodeString(p.Fields["x-goog-signature"])
	sum := sha256.Sum256([]byte(p.Fields["policy"]))
	if err != nil || rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], sig) != nil {
		t.Errorf("%s: the policy's signature is invalid", what)
	}
	text, err := base64.StdEncoding.DecodeString(p.Fields["policy"])
	if err != nil {
		t.Fatal(err)
	}
	var policy struct{ Conditions []any }
	if err := json.Unmarshal(text, &policy); err != nil {
		t.Fatal(err)
	}
	bound := map[string]bool{"policy": true, "x-goog-signature": true}
	for _, c := range policy.Conditions {
		switch c := c.(type) {
		case map[string]any:
			for k, v := range c {
				bound[k] = p.Fields[k] == v
				if !bound[k] && k != "bucket" {
					t.Errorf("%s: the condition %s has no field", what, k)
				}
			}
		case []any:
			if c[0] == "starts-with" {
				k := strings.TrimPrefix(c[1].(string), "$")
				bound[k] = strings.HasPrefix(p.Fields[k], c[2].(string))
			}
		}
	}
	for k := range p.Fields {
		if !bound[k] {
			t.Errorf("%s: the field %s isn't in the policy: %s", what, k, text)
		}
	}
	if !strings.Contains(string(text), `["content-length-range",`) {
		t.Errorf("%s: the policy has no size limit: %s", what, text)
	}
	return policy.Conditions
}

// TestSignPost: every field of a form is in its policy, and the server in CI stores
// what is sent, through a Sub. That server doesn't check policies.
func TestSignPost(t *testing.T) {
	s := testserver.Start(t, testserver.FakeGCS)
	if s.User {
		t.Skip("a user's bucket has other credentials")
	}
	b := openBucket(t, with(s.Store(t), signParams(t)))
	sub, err := files.Sub(b, "tenant")
	if err != nil {
		t.Fatal(err)
	}
	sign := func(o signing.PostOptions) signing.PostForm {
		t.Helper()
		p, err := signing.SignPost(t.Context(), sub, "a.png", &o)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	form := sign(signing.PostOptions{
		MaxSize:     1000,
		MinSize:     1,
		ContentType: "image/png",
		Status:      http.StatusCreated,
		Attributes: files.Attributes{
			CacheControl: "no-store",
			Metadata:     map[string]string{"k": "v"},
		},
	})
	wantFields(t, "all", form)
	wantFields(t, "language of metadata", sign(signing.PostOptions{
		MaxSize:     1,
		ContentType: "image/png",
		Attributes:  files.Attributes{Metadata: map[string]string{"k": "ä"}},
	}))
	wantFields(t, "below", sign(signing.PostOptions{
		MaxSize:  1,
		Below:    true,
		Redirect: "https://app.example/done",
	}))
	found := false
	for _, c := range wantFields(t, "open", sign(signing.PostOptions{
		MaxSize:     1,
		ContentType: "image/",
	})) {
		text, err := json.Marshal(c)
		found = found || err == nil && string(text) == `["starts-with","$content-type","image/"]`
	}
	if !found {
		t.Error("an open content type isn't in the policy")
	}
	if status := postForm(t, form, "content"); status/100 != 2 {
		t.Fatalf("the server's status = %d", status)
	}
	text, err := files.ReadString(t.Context(), b, "tenant/a.png", nil)
	if err != nil || text != "content" {
		t.Errorf("stored content = %q, %v, want %q and nil", text, err, "content")
	}
	for what, o := range map[string]signing.PostOptions{
		"language": {MaxSize: 1, Attributes: files.Attributes{ContentLanguage: "de"}},
		"metadata": {
			MaxSize:     1,
			ContentType: "image/",
			Attributes:  files.Attributes{Metadata: map[string]string{"k": "ä"}},
		},
	} {
		if _, err := signing.SignPost(t.Context(), b, "a", &o); !errors.Is(err,
			files.ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", what, err)
		}
	}
}

func postForm(t *testing.T, p signing.PostForm, content string) int {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, v := range p.Fields {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("file", "a.png")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(file, content)
	w.Close()
	to := strings.TrimSuffix(p.URL, "/") // the server in CI finds the bucket only without it
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
