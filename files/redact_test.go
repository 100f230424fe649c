package files_test

import (
	"net/url"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

func TestRedactURL(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"mem://":                        "mem://",
		"mem://name?nomd5=true":         "mem://name?nomd5=true",
		"file:///var/lib/app?sync=full": "file:///var/lib/app?sync=full",
		"s3://bucket?region=eu&secret_access_key=hidden&prefix=a/": "s3://bucket?region=eu" +
			"&secret_access_key=…&prefix=a/",
		"s3://user:hidden@host/bucket": "s3://…@host/…",
		"s3://hidden@host":             "s3://…@host",
		"s3://user:hidden@":            "s3://…@",
		"//user:hidden@host/x":         "…",
		"a://hidden":                   "a://…",
		"z://hidden":                   "z://…",
		"zz://":                        "zz://",
		"{x://hidden":                  "…",
		"`x://hidden":                  "…",
		"s3://b?X-Amz-Signature=hidden&X-Amz-Date=1": "s3://b?X-Amz-Signature=…&X-Amz-Date=1",
		"s3://b?access%5Fkey=hidden":                 "s3://b?access_key=…",
		"s3://b?token%3Dhidden":                      "s3://b?token=…",
		"s3://b?PASSWORD=hidden;sig=hidden":          "s3://b?PASSWORD=…;sig=…",
		"s3://b?pass=hidden&jwt=hidden":              "s3://b?pass=…&jwt=…",
		"s3://b?%zz=hidden":                          "s3://b?=…",
		"s3://b#hidden":                              "s3://b#…",
		"s3:user:hidden@host":                        "s3:…",
		"s3://user:hidden@host:port/%zz":             "s3:…",
		"://hidden":                                  "…",
		"bucket?token=hidden":                        "…",
		"file:///a\x01b":                             "file:…",
		"file:///a%0Ab":                              "file:///…",
	} {
		if got := files.RedactURL(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

const hidden = "hUnTeR2"

// urlTexts are all the texts that have a URL.
func urlTexts(m *files.Mux, raw string) []string {
	texts := []string{files.RedactURL(raw)}
	if b, err := m.Open(ctx, raw); err != nil {
		texts = append(texts, err.Error())
	} else {
		b.Close()
	}
	d, err := m.Describe(raw)
	if err != nil {
		texts = append(texts, err.Error())
	}
	return append(texts, d.URL, d.String(), (files.SignedURL{Method: "GET", URL: raw}).String())
}

// FuzzURLs puts a secret at each place for secrets, with anything around it: no text
// shows it, and nothing panics.
func FuzzURLs(f *testing.F) {
	for _, s := range [][3]string{
		{"mem", "host", "/path"},
		{"mem", "", ""},
		{"s3", "bucket:80", "?region=x"},
		{"", "h", "/"},
		{"x+y", "[::1]", "/%zz"},
		{"MEM", "a b", "\x00"},
		{"mem", "h", "?a=b;c=d#x"},
		{"C", `\x`, `\y`},
		{"mem", "@", "@"},
		{"mem", "/", "//"},
	} {
		f.Add(s[0], s[1], s[2])
	}
	m := anyMux()
	f.Fuzz(func(t *testing.T, scheme, host, rest string) {
		if strings.Contains(strings.ToLower(scheme+host+rest), strings.ToLower(hidden)) {
			return
		}
		for _, text := range urlTexts(m, scheme+"://"+host+rest) { // must not panic
			if strings.ContainsAny(text, "\n\x00\x1b") {
				t.Fatalf("a text holds control characters: %q", text)
			}
		}
		if strings.ContainsAny(host, "/?#\\") || strings.ContainsAny(scheme, "/?#\\:@") {
			return // then what follows isn't the place of a secret any more
		}
		path, _, _ := strings.Cut(rest, "#")
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		for _, raw := range []string{
			scheme + "://user:" + hidden + "@" + host + rest,
			scheme + "://" + hidden + "@" + host + rest,
			scheme + "://" + host + path + sep + "secret_key=" + hidden,
			scheme + "://" + host + path + sep + "sig=" + url.QueryEscape(hidden) + "&prefix=x",
		} {
			for _, text := range urlTexts(m, raw) {
				if strings.Contains(text, hidden) {
					t.Fatalf("%q shows the secret: %q", raw, text)
				}
			}
		}
	})
}
