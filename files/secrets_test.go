package files_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// texts are the forms of words in which programs put secrets into errors; %s is the
// secret.
var texts = []string{
	"GET https://a.blob.core.windows.net/c/f?sv=2024&se=2030-01-01&sr=b&sig=%s: 403",
	"GET https://b.s3.amazonaws.com/f?X-Amz-Expires=60&X-Amz-Signature=%s&x=1: 403",
	"https://b/f?X-Amz-Credential=%s%%2F20260101%%2Feu&X-Amz-SignedHeaders=host",
	"https://b/f?x-amz-security-token=%s",
	"https://storage.googleapis.com/b/f?X-Goog-Signature=%s",
	"https://b/f?AWSAccessKeyId=x&Signature=%s&Expires=1",
	"https://b/f?GoogleAccessId=x&Expires=1&Signature=%s",
	"(https://b/f?sig=%s)", "<https://b/f?sig=%s>", "'https://b/f?sig=%s'",
	"\"https://b/f?sig=%s\"",
	"https://login/?next=https%%3A%%2F%%2Fb%%2Ff%%3Fse%%3D1%%26sig%%3D%s%%26sp%%3Dr",
	"?sig=%s", "sig=%s", "SIG=%s", "f?a=1&sig=%s&b=2", "f?sig=%s#x", "//b/f?sig=%s",
	"https://user:%s@host/f", "https://%s@host/f", "https://%s:x@host/f", "s3://k:%s@b?region=eu",
	"postgres://u:%s@host:5432/db", "u:%s@tcp(host:3306)/db", "dial user:%s@host: refused",
	"https://u:a/%s@host/f", "https://u:p@w%s@host/f",
	"Authorization: Bearer %s", "authorization: bearer %s", "Bearer %s", "with Bearer %s, 401",
	"Authorization: Basic %s", "Authorization: SharedKey account:%s",
	"header map[Authorization:[Bearer %s]]",
	"Authorization: AWS4-HMAC-SHA256 Credential=AKIA/1, SignedHeaders=host, Signature=%s",
	"Authorization: AWS AKIDEXAMPLE:%s", "Cookie: session=%s; x=y",
	"X-Amz-Security-Token: %s", "x-ms-encryption-key: %s", "Proxy-Authorization: Basic %s",
	"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=%s;EndpointSuffix=core.windows.net",
	"AccountKey=%s", "BlobEndpoint=https://a/;SharedAccessSignature=sv=1&sig=%s",
	"Endpoint=sb://x/;SharedAccessKeyName=root;SharedAccessKey=%s",
	"Server=x;User Id=u;Password=%s;", "password=%s", "password: %s", "PASSWORD = %s", "pwd=%s",
	`{"password":"%s"}`, `{"client_secret": "%s", "x": 1}`, `{"access_token":"%s"}`,
	`{"token": "%s"}`,
	`json: {\"refresh_token\":\"%s\"}`, "AWS_SECRET_ACCESS_KEY=%s", "aws_session_token = %s",
	"secretAccessKey:%s", "api_key=%s", "api-key: %s", "apikey=%s", "client_secret=%s&grant_type=x",
	"id_token=%s", "access_token=%s", "?token=%s", "jwt=%s", "sas=%s",
	"-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----",
	"-----BEGIN RSA PRIVATE KEY-----\n%s",
}

var secretValues = []string{
	"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE+KEY==", "hUnTeR2x", "0123456789abcdef0123456789abcdef",
	"a%2Fb%2Bc1%3D",
}

// strange is an error of a type that the package doesn't know.
type strange struct{ text string }

func (s strange) Error() string { return s.text }

// printed has all the texts that can be made of an error.
func printed(err error) map[string]string {
	var log, jsonLog bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Error("x", "err", err)
	slog.New(slog.NewJSONHandler(&jsonLog, nil)).Error("x", "err", err)
	asJSON, jerr := json.Marshal(err)
	if jerr != nil {
		panic(jerr)
	}
	e, _ := errors.AsType[*files.Error](err)
	return map[string]string{
		"Error()":      err.Error(),
		"%v":           fmt.Sprintf("%v", err),
		"%+v":          fmt.Sprintf("%+v", err),
		"%#v":          fmt.Sprintf("%#v", err),
		"%s":           fmt.Sprintf("%s", err),
		"%q":           fmt.Sprintf("%q", err),
		"slog":         log.String(),
		"slog as JSON": jsonLog.String(),
		"JSON":         string(asJSON),
		"Detail":       e.Detail,
	}
}

// TestNoSecretOfACause: the secrets of a cause are never printed, whatever its type and
// origin, and errors.Is finds the cause (E1).
func TestNoSecretOfACause(t *testing.T) {
	b := mem.New(nil)
	for _, form := range texts {
		for _, secret := range secretValues {
			text := fmt.Sprintf(form, secret)
			cause := strange{text}
			_, put := b.Put(ctx, "f", iotest.ErrReader(cause), nil)
			_, wrapped := b.Put(ctx, "f", iotest.ErrReader(fmt.Errorf("reading: %w", cause)), nil)
			for way, err := range map[string]error{
				"a reader":        put,
				"a wrapped error": wrapped,
				"NewError":        driver.NewError(files.OpGet, "f", cause),
				"Errorf": driver.NewError(files.OpGet, "f",
					driver.Errorf(files.ErrUnavailable, "%w", cause)),
				"WithCause": driver.NewError(files.OpGet, "f",
					driver.WithCause(files.ErrUnavailable, cause, text)),
				"a joined error": driver.NewError(files.OpGet, "f",
					errors.Join(io.ErrNoProgress, cause)),
				"a literal": &files.Error{
					Op:     files.OpGet,
					Name:   "f",
					Detail: text,
					Err:    cause,
				},
				"an error of an open": driver.NewError(files.OpOpen, "mem://",
					driver.Errorf(files.ErrInvalid, "%w", cause)),
			} {
				if got, ok := errors.AsType[strange](err); !ok || got != cause {
					t.Fatalf("%s: %q: the cause is out of reach: %v", way, text, err)
				}
				for kind, shown := range printed(err) {
					if kind == "Detail" && way == "a literal" {
						continue // a field that the caller set
					}
					if strings.Contains(shown, secret) {
						t.Errorf("%s, by %s: %q is printed as %q", way, kind, text, shown)
					}
				}
			}
		}
	}
}

// TestHarmlessCauses: texts that only look like secrets in part are shown as they are,
// without an allocation.
func TestHarmlessCauses(t *testing.T) {
	for _, text := range []string{
		"the service answered 404 NoSuchKey", "dial tcp 10.0.0.1:443: connection refused",
		"at 12:30:00: x",
		"basic authentication is off", "a bearer token is missing", "unexpected token: <",
		"invalid signature: no",
		"GET https://host:8443/path?prefix=a&max-keys=10: 500", "mail to admin@example.org",
		"x=1, y=2",
		"sha256:0123456789abcdef", "line 3: key must be a string", "design=flat author=me", "a=b@c",
	} {
		if got := driver.NewError(files.OpGet, "f",
			errors.New(text)).Error(); got != "files: get f: "+text {
			t.Errorf(`%q is printed as %q, want "files: get f: "+text`, text, got)
		}
	}
	e := &files.Error{
		Op:     files.OpGet,
		Name:   "f",
		Kind:   files.ErrUnavailable,
		Detail: "the service answered 503 SlowDown",
	}
	short := &files.Error{Op: files.OpGet, Name: "f", Kind: files.ErrUnavailable}
	if with, without := testing.AllocsPerRun(100, func() {
		_ = e.Error()
	}), testing.AllocsPerRun(100, func() { _ = short.Error() }); with > without+2 {
		t.Errorf("a harmless detail costs %v allocations, and none costs %v", with, without)
	}
}

// TestRestOfACause: the rest of a request is shown: only its secrets are hidden.
func TestRestOfACause(t *testing.T) {
	for text, want := range map[string]string{
		"GET https://h/c/f?sv=1&sig=abc: 403":  "GET https://h/c/f?sv=…&sig=…: 403",
		"https://user:pass@h/f":                "https://…@h/f",
		"Authorization: Bearer abc":            "Authorization: …",
		"AccountName=a;AccountKey=b==;x=y end": "AccountName=…;AccountKey=…;x=… end",
		`{"password":"p","user":"u"}`:          `{"password":"…","user":"u"}`,
	} {
		if got := driver.NewError(files.OpGet, "f",
			errors.New(text)).Error(); got != "files: get f: "+want {
			t.Errorf("%q is printed as %q, want %q", text, got, want)
		}
	}
}

// TestNoSecretOfAHook: the secrets of a hook's error are hidden, whatever operation it
// fails.
func TestNoSecretOfAHook(t *testing.T) {
	req, err := http.NewRequest("GET", "https://h/f?sig=hUnTeR2x", nil)
	if err != nil {
		t.Fatal(err)
	}
	cause := fmt.Errorf("%s %s: 403", req.Method, req.URL)
	b := files.Wrap(mem.New(nil), files.Hooks{
		Around: func(context.Context, *files.Call, func(context.Context) error) error {
			return cause
		},
	})
	failures := map[string]error{}
	_, failures["Put"] = files.PutString(ctx, b, "f", "x", nil)
	_, failures["Get"] = files.ReadString(ctx, b, "f", nil)
	_, failures["Stat"] = b.Stat(ctx, "f", nil)
	failures["Delete"] = b.Delete(ctx, "f", nil)
	_, failures["Copy"] = files.Copy(ctx, b, "g", b, "f", nil)
	_, failures["Move"] = files.Move(ctx, b, "g", b, "f", nil)
	_, failures["SignURL"] = files.SignURL(ctx, b, "f", nil)
	_, failures["Update"] = files.Update(ctx, b, "f", func(old []byte) ([]byte, error) {
		return old, nil
	}, nil)
	_, _, failures["ListPage"] = files.ListPage(ctx, b, "", "", 1, nil)
	failures["Check"] = files.Check(ctx, b)
	for op, err := range failures {
		if err == nil {
			continue // a memory that signs nothing says so
		}
		for kind, shown := range printed(err) {
			if strings.Contains(shown, "hUnTeR2x") {
				t.Errorf("%s, by %s: %s", op, kind, shown)
			}
		}
	}
}

// FuzzCauseText: a text without secrets stays the same if it is cleaned again, and no
// text panics.
func FuzzCauseText(f *testing.F) {
	for _, text := range texts {
		f.Add(fmt.Sprintf(text, "a%b=c"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := driver.NewError(files.OpGet, "", errors.New(text)).(*files.Error).Detail
		twice := driver.NewError(files.OpGet, "", errors.New(once)).(*files.Error).Detail
		if twice != once || files.Printable(once) != once {
			t.Errorf("%q is printed as %q, and that as %q", text, once, twice)
		}
	})
}
