package s3

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/signing"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestFormWithSessionToken: MinIO, which issues temporary credentials and checks them,
// accepts forms, URLs and parts that are signed with them, and refuses a form or URL whose
// token is missing or another, or a form that differs otherwise. The other servers in
// CI issue none, and refuse every token; TestFormFields and TestTokenIsSigned compare what
// is signed with what S3 documents.
func TestFormWithSessionToken(t *testing.T) {
	longtest.Only(t, "a second server")
	s := newSubject(t, testserver.Minio, Options{Profile: minio})
	c := assumeRole(t, s)
	name := s.create(t)
	o := s.client(transport64Client, s.server.Endpoint).Options()
	o.Credentials = credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey,
		c.SessionToken)
	opts := s.opts
	b := New(s3.New(o), name, &opts)
	defer b.Close()
	portableForm(t, must(files.Sub(b, "tenant")))
	tokenRequests(t, b)
	p := must(signing.SignPost(t.Context(), b, "a.png", &signing.PostOptions{MaxSize: 1000}))
	if p.Fields["X-Amz-Security-Token"] != c.SessionToken {
		t.Fatalf("the form's fields are %v, want the session token", p.Fields)
	}
	for what, token := range map[string]string{"none": "", "another": c.SessionToken + "x"} {
		changed := p
		changed.Fields = map[string]string{}
		for k, v := range p.Fields {
			if k == "X-Amz-Security-Token" {
				v = token
			}
			if v != "" {
				changed.Fields[k] = v
			}
		}
		status, body, _ := sendForm(t, changed, nil, noise(10), "")
		if status/100 != 4 {
			t.Errorf("the token %s: the response is %d %s, want 4xx", what, status, body)
		}
	}
}

// assumeRole returns temporary credentials of the server.
func assumeRole(t *testing.T, s *subject) aws.Credentials {
	t.Helper()
	form := url.Values{
		"Action":          {"AssumeRole"},
		"Version":         {"2011-06-15"},
		"DurationSeconds": {"3600"},
	}.Encode()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.Endpoint,
		strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sum := sha256.Sum256([]byte(form))
	if err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{
		AccessKeyID:     s.server.AccessKey,
		SecretAccessKey: s.server.SecretKey,
	}, req, hex.EncodeToString(sum[:]), "sts", s.server.Region, time.Now()); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("AssumeRole: %s %s, %v", response.Status, body, err)
	}
	var answer struct {
		Credentials struct {
			AccessKeyID     string `xml:"AccessKeyId"`
			SecretAccessKey string `xml:"SecretAccessKey"`
			SessionToken    string `xml:"SessionToken"`
		} `xml:"AssumeRoleResult>Credentials"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	c := answer.Credentials
	if c.AccessKeyID == "" || c.SecretAccessKey == "" || c.SessionToken == "" {
		t.Fatalf("AssumeRole has no credentials: %s", body)
	}
	return aws.Credentials{
		AccessKeyID:     c.AccessKeyID,
		SecretAccessKey: c.SecretAccessKey,
		SessionToken:    c.SessionToken,
	}
}
