package cases

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var urlsCases = []suite.Case{
	{
		Rule: "U1",
		Name: "unknown-scheme",
		Why:  "the error for an unknown scheme must name the missing import",
		Run:  unknownScheme,
	},
	{
		Rule: "U1",
		Name: "empty-and-paths",
		Why:  "an empty URL and a bare path must be refused with advice",
		Run:  urlMistakes,
	},
	{
		Rule: "U1",
		Name: "unknown-parameter",
		Why:  "an unknown parameter must be refused, not ignored",
		Run:  unknownParameter,
	},
	{
		Rule: "U1",
		Name: "no-secrets",
		Why:  "no error may show a secret of the URL",
		Run:  urlSecrets,
	},
	{
		Rule: "U1",
		Name: "no-values",
		Why:  "no error may show the value of a parameter: it may be a secret in the wrong place",
		Run:  urlValues,
	},
	{
		Rule: "U2",
		Name: "prefix",
		Why:  "prefix= must be a raw prefix of every name, as in Go CDK",
		Run:  urlPrefix,
	},
	{
		Rule: "U2",
		Name: "key",
		Why:  "key= must narrow the bucket to one file, as in Go CDK",
		Run:  urlKey,
	},
	{
		Rule: "U3",
		Name: "no-request",
		Why:  "Open must make no request, and must fail if its context has ended",
		Run:  urlCheap,
	},
	{
		Rule: "U3",
		Name: "check",
		Why:  "Check must find out whether the bucket exists",
		Run:  urlCheck,
	},
}

// address returns a URL of an empty bucket, with the parameter unless that is "".
func address(t suite.T, h *suite.H, parameter string) string {
	t.Helper()
	if h.Harness.URL == nil {
		t.Skipf("the harness has no URL")
	}
	u := h.Harness.URL(t)
	if h.Runner.Store != nil {
		return h.Runner.Address(t, u, parameter)
	}
	return suite.WithParameter(u, parameter)
}

// opened opens the URL. The bucket is closed when the case ends.
func opened(t suite.T, h *suite.H, u string) files.Bucket {
	t.Helper()
	b, err := files.Open(t.Context(), u)
	if err != nil {
		t.Fatalf("Open: %v, want no error", err)
	}
	b = h.Runner.OfURL(b, u)
	t.Cleanup(func() { b.Close() })
	return b
}

func unknownScheme(t suite.T, h *suite.H) {
	for scheme, says := range map[string]string{
		"nosuchscheme": "nosuchscheme",
		"my+scheme":    "my+scheme",
	} {
		_, err := files.Open(t.Context(), scheme+"://bucket")
		check.WantErr(t, "Open of an unknown scheme", err, files.ErrInvalid)
		if !strings.Contains(check.ErrText(err),
			says) || !strings.Contains(check.ErrText(err), "regist") {
			t.Errorf("Open of an unknown scheme: got %s, want the scheme and what is "+
				"registered", check.ErrText(err))
		}
	}
	for _, s := range files.DefaultMux().Schemes() {
		if _, err := files.Open(t.Context(),
			"nosuchscheme://x"); !strings.Contains(check.ErrText(err), s.Name) {
			t.Errorf("Open of an unknown scheme does not name the registered %s", s.Name)
		}
	}
}

func urlMistakes(t suite.T, h *suite.H) {
	for u, says := range map[string]string{
		"":             "unset",
		" ":            "unset",
		"/var/lib/app": "file:///var/lib/app",
		"./data":       "file:///",
		`C:\data`:      "file:///C:/data",
		"data":         "file:///",
		"a%zz://x":     "",
	} {
		_, err := files.Open(t.Context(), u)
		check.WantErr(t, fmt.Sprintf("Open(%q)", u), err, files.ErrInvalid)
		if !strings.Contains(check.ErrText(err), says) {
			t.Errorf("Open(%q): got %s, want %q in it", u, check.ErrText(err), says)
		}
	}
}

func unknownParameter(t suite.T, h *suite.H) {
	for _, p := range []string{
		"nosuchparameter=1", "nosuchparameter", "Prefix=x", "nosuchparameter=1&nosuchparameter=2",
	} {
		b, err := files.Open(t.Context(), address(t, h, p))
		if err == nil {
			b.Close()
		}
		check.WantErr(t, "Open with the parameter "+p, err, files.ErrInvalid)
		name, _, _ := strings.Cut(p, "=")
		if !strings.Contains(check.ErrText(err), name) {
			t.Errorf("Open with the parameter %s: got %s, which doesn't name it", p,
				check.ErrText(err))
		}
	}
	for _, p := range []string{
		"prefix=", "prefix=a&prefix=b", "key=", "key=a//b", "prefix=a//", "prefix=%zz",
	} {
		b, err := files.Open(t.Context(), address(t, h, p))
		if err == nil {
			b.Close()
		}
		check.WantErr(t, "Open with "+p, err, files.ErrInvalid)
	}
}

func urlSecrets(t suite.T, h *suite.H) {
	for _, u := range []string{
		"nosuchscheme://user:hunter2@host/b", "nosuchscheme://host/b?secret=hunter2",
		"nosuchscheme://host/b?access_token=hunter2", "nosuchscheme://host/%zz?password=hunter2",
		"nosuchscheme://user:hunter2@ho st/", "nosuchscheme://b?sig=hunter2#frag",
		"nosuchscheme://b?sas=hunter2",
		"nosuchscheme://hunter2/x", "nosuchscheme://b/hunter2", "nosuchscheme:hunter2",
		"hunter2@host", "b?x=hunter2",
		"AccountName=a;AccountKey=hunter2", "AccountKey=hunter2;BlobEndpoint=https://h",
		"user:hunter2@host",
	} {
		_, err := files.Open(t.Context(), u)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Open of a URL with a secret: got %s, want an error that doesn't show it",
				check.ErrText(err))
		}
		if _, err := files.Describe(u); strings.Contains(check.ErrText(err), "hunter2") {
			t.Errorf("Describe of a URL with a secret: got %s, which shows it", check.ErrText(err))
		}
	}
	if h.Harness.URL == nil {
		return
	}
	u := address(t, h, "nosuchsecret=hunter2")
	_, err := files.Open(t.Context(), u)
	check.WantErr(t, "Open with an unknown parameter that looks secret", err, files.ErrInvalid)
	if strings.Contains(check.ErrText(err), "hunter2") {
		t.Errorf("got %s, which shows the parameter's value", check.ErrText(err))
	}
	d, err := files.Describe(address(t, h, ""))
	if err != nil || d.Scheme == "" || d.Package == "" || d.String() == "" {
		t.Errorf("Describe: %+v, %v, want scheme and package", d, err)
	}
}

// urlValues sets every parameter of the driver to a secret.
func urlValues(t suite.T, h *suite.H) {
	d, err := files.Describe(address(t, h, ""))
	if err != nil {
		t.Fatalf("Describe: %v, want no error", err)
	}
	const secret = "hUnTeR2=hUnTeR2"
	for _, p := range d.Params {
		u := address(t, h, url.QueryEscape(p.Name)+"="+url.QueryEscape(secret))
		b, err := files.Open(t.Context(), u)
		if err == nil {
			b.Close()
			continue
		}
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err)} {
			if strings.Contains(strings.ToLower(text), "hunter2") {
				t.Errorf("Open with a secret as the parameter %s: got %s, which shows it", p.Name,
					text)
			}
		}
	}
}

func urlPrefix(t suite.T, h *suite.H) {
	for _, prefix := range []string{"p/", "p/q/", "raw-", "p/raw", "ü ", "%41"} {
		b := opened(t, h, address(t, h, "prefix="+url.QueryEscape(prefix)))
		names := []string{"a", "d/b", "z"}
		check.Puts(t, b, names...)
		check.WantOnly(t, b, names...)
		check.WantList(t, b, "d", nil, "d/b")
		got := check.List(t, b, "", &files.ListOptions{Shallow: true})
		check.Same(t, "shallow listing with prefix="+prefix, got, []string{"a", "d/", "z"})
		if want := 1024 - len(prefix); b.Features().MaxName > want {
			t.Errorf("MaxName with a prefix of %d bytes is %d, want at most %d", len(prefix),
				b.Features().MaxName, want)
		}
		check.Remove(t, b, "d/b")
		check.WantOnly(t, b, "a", "z")
	}
}

func urlKey(t suite.T, h *suite.H) {
	for _, p := range []string{"key=d/one.txt", "prefix=p/&key=d/one.txt"} {
		b := opened(t, h, address(t, h, p))
		check.Puts(t, b, "d/one.txt")
		check.WantContent(t, b, "d/one.txt", []byte("d/one.txt"))
		check.WantOnly(t, b, "d/one.txt")
		_, err := b.Put(t.Context(), "other", check.Stream(nil), nil)
		check.WantErr(t, "Put of another name with key=", err, files.ErrPermission)
		check.Remove(t, b, "d/one.txt")
		check.WantOnly(t, b)
	}
}

func urlCheap(t suite.T, h *suite.H) {
	u := address(t, h, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if b, err := files.Open(ctx, u); err == nil {
		b.Close()
		t.Errorf("Open with a cancelled context: got no error, want context.Canceled")
	} else if !errors.Is(err, context.Canceled) {
		t.Errorf("Open with a cancelled context: %v, want context.Canceled", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	b, err := files.Open(ctx, u)
	if err != nil {
		t.Fatalf("Open: %v, want no error", err)
	}
	b = h.Runner.OfURL(b, u)
	defer b.Close()
	cancel() // the bucket outlives the context of Open
	check.Puts(t, b, "a")
	check.WantOnly(t, b, "a")
}

func urlCheck(t suite.T, h *suite.H) {
	b := opened(t, h, address(t, h, ""))
	for _, b := range []files.Bucket{b, h.Bucket, files.ReadOnly(h.Bucket), files.Wrap(h.Bucket,
		files.Hooks{})} {
		if err := files.Check(t.Context(), b); err != nil {
			t.Errorf("Check of an existing bucket: %v, want no error", err)
		}
	}
}
