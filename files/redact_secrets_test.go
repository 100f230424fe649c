package files_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// key is a secret as services make them, with its URL-escaped forms; word is a secret
// that a person made.
const (
	key  = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE+KEY=="
	word = "hUnTeR2"
)

// TestNoSecretOfAURL: no text shows a secret of a URL, whatever is wrong with the URL
// and wherever the secret is (U1).
func TestNoSecretOfAURL(t *testing.T) {
	m := anyMux()
	for _, pattern := range []string{
		// Parameters, known or not, with any name.
		"mem://b?sas=%s", "mem://b?pw=%s", "mem://b?k=%s", "mem://b?key=%s", "mem://b?region=%s",
		"mem://b?prefix=%s",
		"s3://b?sas=%s", "s3://b?endpoint=%s", "s3://b?endpoint=https://%s@host",
		"s3://b?endpoint=https://host/%s",
		"s3://b?region=eu&x=%s&y=1", "s3://b?x=1;y=%s", "s3://b?%s", "s3://b?%s=", "s3://b?%s=1",
		"s3://b?a=%%zz&b=%s",
		"mem://b?unheard=%s&unheard=%[1]s", "mem://b?%s&%[1]s",
		// User information, hosts, paths and fragments.
		"s3://%s@b", "s3://user:%s@b", "s3://%s:x@b", "mem://u:%s@", "s3://b/%s", "s3://b/x/%s/y",
		"s3://b#%s", "mem://b/#%s",
		"s3://%s", "mem://%s", "s3://b:%s", "s3://b:%s@c", "s3://b@%s@c", "file:///%s",
		"file:///x/%s", "file://%s/x",
		// Malformed in one way or another.
		"s3:%s", "s3:/%s", "s3:///%s", "s3:b?x=%s", "s3:%s@b", "s3//b:%s", "s3 ://%s", "s3://b\\%s",
		"s3://b c:%s", "s3://[%s",
		"s3://b/%%zz?x=%s", "s3://b\x7f%s", "s3://b?x=\n%s", "%s", "%s:", "%s@b", "user:%s@b",
		"//%s@b", "//b/%s", "?%s", "#%s",
		"b?x=%s", ":%s", "://%s", "\"s3://%s\"", "'s3://b?x=%s'", " s3://%s", "s3://b?x=%s ",
		"export CLOUDFILES_URL=s3://%s",
		"CLOUDFILES_URL=%s", "/%s", "./%s", `C:\%s`, `\\host\%s`,
		// Unknown schemes, and typing errors.
		"s4://%s", "s4://b?x=%s", "s4://u:%s@b", "s4://b/%s", "https://%s@host/b",
		"https://host/b?sig=%s", "https://host/b/%s",
		"postgres://u:%s@host/db", "redis://:%s@host", "ss://%s", "azblob+x://%s",
		// What other tools call a connection string.
		"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=%s;" +
			"EndpointSuffix=core.windows.net",
		"azblob://DefaultEndpointsProtocol=https;AccountName=a;AccountKey=%s",
		"azblob:DefaultEndpointsProtocol=https;AccountName=a;AccountKey=%s",
		"BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=%s",
		"AccountKey=%s", "azblob://c?connection=AccountName=a;AccountKey=%s", "Bearer %s",
		"{\"private_key\": \"%s\"}",
	} {
		for _, secret := range []string{key, word} {
			for _, form := range []string{
				secret, url.QueryEscape(secret), url.PathEscape(secret), hexEscape(secret),
				url.QueryEscape(hexEscape(secret)),
			} {
				checkHidden(t, m, fmt.Sprintf(pattern, form), form, secret)
			}
		}
	}
}

func hexEscape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

// checkHidden searches every text with the URL for the secret, in each form and for
// large parts of it.
func checkHidden(t *testing.T, m *files.Mux, raw string, forms ...string) {
	t.Helper()
	for _, text := range allTexts(m, raw) {
		for _, form := range forms {
			for _, part := range []string{form, form[:min(len(form),
				12)], form[max(0, len(form)-12):]} {
				if len(part) >= 6 && strings.Contains(strings.ToLower(text),
					strings.ToLower(part)) {
					t.Errorf("%q shows %q: %s", raw, part, text)
					return
				}
			}
		}
	}
}

// allTexts are all the texts that have a URL, as programs print and log them.
func allTexts(m *files.Mux, raw string) []string {
	texts := []string{files.RedactURL(raw), files.SignedURL{Method: "GET", URL: raw}.String()}
	b, err := m.Open(ctx, raw)
	if err == nil {
		b.Close()
	}
	d, derr := m.Describe(raw)
	texts = append(texts, d.String(), fmt.Sprintf("%+v", d))
	for _, err := range []error{err, derr} {
		if err == nil {
			continue
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Error("open", "err", err, "wrapped",
			fmt.Errorf("open: %w", err))
		slog.New(slog.NewTextHandler(&log, nil)).Error("open", "err", err)
		object, _ := json.Marshal(err)
		texts = append(texts, err.Error(), fmt.Sprintf("%v %+v %s %q", err, err, err, err),
			log.String(), string(object))
	}
	return texts
}

// TestShownOfAURL: what people need to find their mistake is shown.
func TestShownOfAURL(t *testing.T) {
	var m files.Mux
	m.Register(files.Scheme{
		Name:    "own",
		Example: "own://host/dir",
		Params: []files.Param{
			{Name: "endpoint", Values: "URL", Public: true},
			{Name: "mode", Values: "fast|slow"},
			{Name: "size", Values: "bytes"},
			{Name: "wait", Values: "duration"},
			{Name: "auth_token", Values: "a|b", Public: true},
			{Name: "text", Values: "text"},
		},
		Open: func(context.Context, *url.URL) (files.Bucket, error) { return nil, errBroken },
	})
	for _, raw := range []string{
		"own://host/dir/sub-dir", "own://127.0.0.1:9000/", "own://[::1]:80/a",
		"own://my-bucket.example.com",
		"own://h?mode=fast&size=1048576&wait=30s", "own://h?endpoint=http://localhost:9000",
		"own://h?endpoint=https%3A%2F%2Fs3.example.com",
		"own://h?prefix=tenants/a-b/&region=eu-central-1", "own://h/Users/Ada%20L./x_1",
	} {
		if _, err := m.Open(ctx, raw); err == nil || !strings.Contains(err.Error(), raw+":") {
			t.Errorf("%s isn't shown: %v", raw, err)
		}
	}
	for raw, want := range map[string]string{
		"own://h?mode=faster&size=1x&wait=x":       "own://h?mode=…&size=…&wait=…",
		"own://h?auth_token=a&text=b":              "own://h?auth_token=…&text=…",
		"own://h?endpoint=http://k@localhost:9000": "own://h?endpoint=…",
		"own://h?endpoint=http://[::1":             "own://h?endpoint=…",
		"own://h?endpoint=ftp://[::1]:9000":        "own://h?endpoint=…",
		"own://h/a;b?size=1":                       "own://h/…?size=1",
		"own://h/Zx9Yt4/dir":                       "own://h/…/dir",
		"own://h?key=k":                            "own://h?key=…",
		"own://H?size=1":                           "own://…?size=1",
	} {
		if _, err := m.Open(ctx,
			raw); err == nil || !strings.Contains(err.Error(), "open "+want+": ") {
			t.Errorf("%s: %v, want %s", raw, err, want)
		}
	}
}

// FuzzSecretAnywhere cuts a URL where it likes and puts a secret there: no text shows it.
func FuzzSecretAnywhere(f *testing.F) {
	for _, s := range []string{
		"mem://b?region=eu", "s3://user@bucket/path?x=y&z=%41#f", "file:///var/lib/app?sync=full",
		"https://h:80/p;q?r", "a b:c/d",
		"DefaultEndpointsProtocol=https;AccountKey=", "s3:///", "", "://", "mem://[::1]:1/%zz",
	} {
		for at := range uint(len(s) + 1) {
			f.Add(s, at)
		}
	}
	m := anyMux()
	f.Fuzz(func(t *testing.T, raw string, at uint) {
		if len(raw) > 200 || strings.ContainsAny(strings.ToLower(raw),
			"wjalrxutnfemi") && strings.Contains(strings.ToLower(raw), "wjalr") {
			return
		}
		at %= uint(len(raw)) + 1
		for _, secret := range []string{key, url.QueryEscape(key)} {
			whole := raw[:at] + secret + raw[at:]
			checkHidden(t, m, whole, secret)
		}
	})
}
