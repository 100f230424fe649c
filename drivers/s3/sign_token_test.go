package s3

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/signing"
)

// TestTokenIsSigned: what is signed with temporary credentials has the session token as
// S3 documents it, inside of what the signature covers: URLs and parts as the parameter
// X-Amz-Security-Token, forms as a field and an exact condition. The signatures are made
// again here, by the documentation alone:
//
//   - https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
//   - https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
func TestTokenIsSigned(t *testing.T) {
	bucket := offline("http://127.0.0.1:1") // with a session token
	defer bucket.Close()
	const name, size = "d/ü &+.bin", 42
	for what, o := range map[string]files.SignOptions{
		"GET":    {},
		"HEAD":   {Method: "HEAD"},
		"PUT":    {Method: "PUT"},
		"DELETE": {Method: "DELETE"},
		"response": {
			ResponseType:        "text/plain",
			ResponseDisposition: `attachment; filename="b+&.txt"`,
		},
		"bound PUT": {Method: "PUT", ContentType: "text/x-own", Size: size, IfAbsent: true},
	} {
		wantSigned(t, what, must(files.SignURL(t.Context(), bucket, name, &o)), size)
	}
	b := driver.Unwrap(bucket).(*backend)
	wantSigned(t, "part", must(b.SignPart(t.Context(), &driver.Upload{
		Name:     name,
		Size:     minPart + size,
		PartSize: minPart,
		ID:       uploadID(strings.Repeat("0", markLen), false, "own-id+/"),
		Signed:   true,
	}, 2, time.Hour)), size)

	form := must(signing.SignPost(t.Context(), bucket, name, &signing.PostOptions{MaxSize: size}))
	var policy struct{ Conditions []any }
	text := form.Fields["policy"]
	if err := json.Unmarshal(must(base64.StdEncoding.DecodeString(text)), &policy); err != nil {
		t.Fatal(err)
	}
	exact := slices.ContainsFunc(policy.Conditions, func(c any) bool {
		m, ok := c.(map[string]any)
		return ok && maps.Equal(m, map[string]any{"X-Amz-Security-Token": "s3ss10ntoken"})
	})
	if !exact || form.Fields["X-Amz-Security-Token"] != "s3ss10ntoken" {
		t.Errorf("the form's fields are %v, its conditions %v", form.Fields, policy.Conditions)
	}
	scope := strings.TrimPrefix(form.Fields["X-Amz-Credential"], "AKIASECRETID/")
	if got, want := form.Fields["X-Amz-Signature"], signature(scope, text); got != want {
		t.Errorf("the form's signature is %s, want %s", got, want)
	}
}

// wantSigned checks the token and the signature of a URL, whose request has size bytes if
// the size is signed.
func wantSigned(t *testing.T, what string, s files.SignedURL, size int) {
	t.Helper()
	u := must(url.Parse(s.URL))
	q := u.Query()
	if token := q["X-Amz-Security-Token"]; !slices.Equal(token, []string{"s3ss10ntoken"}) {
		t.Errorf("%s: the tokens are %q, want %q", what, token, []string{"s3ss10ntoken"})
	}
	given := q.Get("X-Amz-Signature")
	q.Del("X-Amz-Signature")
	header := http.Header{}
	for k, v := range s.Header {
		header[http.CanonicalHeaderKey(k)] = v
	}
	header.Set("Host", u.Host)
	header.Set("Content-Length", fmt.Sprint(size))
	canonical := s.Method + "\n" + u.EscapedPath() + "\n" +
		strings.ReplaceAll(q.Encode(), "+", "%20") + "\n"
	for k := range strings.SplitSeq(q.Get("X-Amz-SignedHeaders"), ";") {
		canonical += k + ":" + strings.TrimSpace(header.Get(k)) + "\n"
	}
	canonical += "\n" + q.Get("X-Amz-SignedHeaders") + "\nUNSIGNED-PAYLOAD"
	sum := sha256.Sum256([]byte(canonical))
	scope := strings.TrimPrefix(q.Get("X-Amz-Credential"), "AKIASECRETID/")
	want := signature(scope, "AWS4-HMAC-SHA256\n"+q.Get("X-Amz-Date")+"\n"+scope+"\n"+
		hex.EncodeToString(sum[:]))
	if given != want {
		t.Errorf("%s: the signature is %s, want %s of\n%s", what, given, want, canonical)
	}
}

// signature signs a text in the scope, such as 20060102/us-east-1/s3/aws4_request, with
// the secret key of offline.
func signature(scope, text string) string {
	key := []byte("AWS4s3cr3tkey")
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, text)
	return h.Sum(nil)
}

// tokenRequests: the server accepts URLs and parts that are signed with temporary
// credentials, and refuses a URL without the token, or with another one.
func tokenRequests(t *testing.T, b files.Bucket) {
	t.Helper()
	send := func(s files.SignedURL, content []byte) (int, []byte) {
		t.Helper()
		r := must(http.NewRequestWithContext(t.Context(), s.Method, s.URL,
			bytes.NewReader(content)))
		for k, v := range s.Header {
			r.Header[k] = v
		}
		answer := must(http.DefaultClient.Do(r))
		defer answer.Body.Close()
		return answer.StatusCode, must(io.ReadAll(answer.Body))
	}
	text := noise(10)
	put := must(files.SignURL(t.Context(), b, "t/a", &files.SignOptions{
		Method:      "PUT",
		ContentType: "text/x-own",
		Size:        10,
	}))
	if code, body := send(put, text); code/100 != 2 {
		t.Errorf("a signed PUT: %d %s, want 2xx", code, body)
	}
	get := must(files.SignURL(t.Context(), b, "t/a", nil))
	if code, body := send(get, nil); code != 200 || !bytes.Equal(body, text) {
		t.Errorf("a signed GET: %d %s", code, body)
	}
	for _, token := range []string{"", "another"} {
		u := must(url.Parse(get.URL))
		q := u.Query()
		if q.Del("X-Amz-Security-Token"); token != "" {
			q.Set("X-Amz-Security-Token", token)
		}
		u.RawQuery = q.Encode()
		changed := get
		changed.URL = u.String()
		if code, _ := send(changed, nil); code/100 != 4 {
			t.Errorf("a signed GET with the token %q: %d, want 4xx", token, code)
		}
	}
	u := must(signing.BeginUpload(t.Context(), b, "t/b", &signing.UploadOptions{Size: 10}))
	if code, body := send(must(signing.SignPart(t.Context(), b, u, 1, nil)), text); code != 200 {
		t.Errorf("a signed part: %d %s, want 200", code, body)
	}
	must(signing.CompleteUpload(t.Context(), b, u))
	if got := must(files.ReadAll(t.Context(), b, "t/b", nil)); !bytes.Equal(got, text) {
		t.Errorf("the signed part has become %q", got)
	}
}
