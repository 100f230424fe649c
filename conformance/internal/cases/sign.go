package cases

import (
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var signCases = []suite.Case{
	{
		Rule: "W1",
		Name: "get",
		Why: "a signed GET must return the file, so that a browser downloads it without " +
			"the program",
		Needs: feature.Needs(feature.SignGet),
		Run:   func(t suite.T, h *suite.H) { signed(t, h, "GET") },
	},
	{
		Rule: "W1",
		Name: "put",
		Why: "a signed PUT must store the file, so that a browser uploads it without the " +
			"program",
		Needs: feature.Needs(feature.SignPut),
		Run:   func(t suite.T, h *suite.H) { signed(t, h, "PUT") },
	},
	{
		Rule:  "W1",
		Name:  "delete",
		Why:   "a signed DELETE must delete the file of its name only",
		Needs: feature.Needs(feature.SignDelete),
		Run:   func(t suite.T, h *suite.H) { signed(t, h, "DELETE") },
	},
	{
		Rule:  "W1",
		Name:  "sent",
		Why:   "a signed URL must do what it was signed for",
		Needs: feature.Needs(feature.SignGet, feature.SignPut, feature.SignDelete),
		Run:   signedSent,
	},
	{
		Rule:  "W1",
		Name:  "only-what-is-signed",
		Why:   "a signed URL must open no other file and allow no other method",
		Needs: feature.Needs(feature.SignGet, feature.SignPut, feature.SignDelete),
		Run:   signedBound,
	},
	{
		Rule:  "W1",
		Name:  "range",
		Why:   "a signed GET must serve ranges: players seek",
		Needs: feature.Needs(feature.SignGet),
		Run:   signedRange,
	},
	{
		Rule:  "W1",
		Name:  "tampered",
		Why:   "a signed URL that was changed must be refused",
		Needs: feature.Needs(feature.SignGet),
		Run:   signedTampered,
	},
	{
		Rule:  "W1",
		Name:  "expired",
		Why:   "a signed URL must be refused after its expiry",
		Needs: feature.Needs(feature.SignGet),
		Run:   signedExpired,
	},
	{
		Rule: "W1",
		Name: "content-type",
		Why: "a signed PUT with a type must refuse another type: a page must not be " +
			"stored as an image",
		Needs: feature.Needs(feature.SignContentType),
		Run: func(t suite.T, h *suite.H) {
			if s := request(t, h, "a.bin", "PUT", "text/x-own"); s.Header["Content-Type"] == nil {
				t.Errorf("the request has no header Content-Type, which must be sent: %v", s.Header)
			}
		},
	},
	{
		Rule:  "W1",
		Name:  "refused",
		Why:   "an impossible expiry or method must be refused",
		Needs: feature.Needs(feature.SignGet),
		Run:   signRefused,
	},
	{
		Rule: "W1",
		Name: "method",
		Why:  "a method that can't be signed must be ErrUnsupported",
		Run:  signMethod,
	},
	{
		Rule: "W1",
		Name: "round-wrappers",
		Why:  "a signed URL must not allow what a wrapper forbids",
		Run:  signWrapped,
	},
}

func signed(t suite.T, h *suite.H, method string) {
	seen := map[string]string{}
	// signing makes no request, so the file need not exist
	for _, name := range []string{"a.txt", "d/ünï %41?#.txt", "missing"} {
		s, err := files.SignURL(t.Context(), h.Bucket, name, &files.SignOptions{
			Method: method,
			Expiry: time.Minute,
		})
		if err != nil {
			t.Errorf("SignURL(%q) for %s: %v, want no error", name, method, err)
			continue
		}
		check.Same(t, "method", s.Method, method)
		u, err := url.Parse(s.URL)
		if err != nil || u.Scheme == "" {
			t.Errorf("SignURL(%q) returns the URL %q, want an absolute one", name, s.URL)
			continue
		}
		if other, ok := seen[s.URL]; ok {
			t.Errorf("%q and %q have the same signed URL, want different ones", name, other)
		}
		seen[s.URL] = name
		if s.Expires.IsZero() || s.Expires.Location() != time.UTC {
			t.Errorf("the signed URL expires at %v, want a time in UTC", s.Expires)
		}
		for k, v := range u.Query() {
			if len(v[0]) >= 20 && strings.Contains(strings.ToLower(k),
				"sig") && strings.Contains(fmt.Sprint(s), v[0]) {
				t.Errorf("String shows the signature, in %s", k)
			}
		}
	}
	check.WantOnly(t, h)
}

// request returns a signed request, and ends the case if signing fails.
func request(t suite.T, h *suite.H, name, method, contentType string) files.SignedURL {
	t.Helper()
	s, err := files.SignURL(t.Context(), h.Bucket, name, &files.SignOptions{
		Method:      method,
		ContentType: contentType,
		Expiry:      time.Hour,
	})
	if err != nil {
		t.Fatalf("SignURL(%s) for %s: %v, want no error", term.Quote(name), method, err)
	}
	return s
}

// needSend skips the case if the harness can't send signed requests.
func needSend(t suite.T, h *suite.H) {
	t.Helper()
	if h.Harness.Send == nil {
		t.Skipf("the harness can't send requests")
	}
}

// wantStatus sends the request, and fails the case if the status is not hundred*100 to
// hundred*100+99.
func wantStatus(t suite.T, h *suite.H, what string, s files.SignedURL, body []byte,
	hundred int) []byte {
	t.Helper()
	status, answer := h.Harness.Send(t, h.Bucket, s, body)
	if status/100 != hundred {
		t.Errorf("%s: the status is %d, want %dxx", what, status, hundred)
	}
	return answer
}

func signedSent(t suite.T, h *suite.H) {
	needSend(t, h)
	for i, name := range []string{"a.txt", "d/ünï %41?#&+.txt", "x y"} {
		c := check.Content(i, 1000)
		typed := ""
		if h.F.SignContentType {
			typed = "text/x-own"
		}
		wantStatus(t, h, "PUT", request(t, h, name, "PUT", typed), c, 2)
		check.WantContent(t, h, name, c)
		if typed != "" {
			check.Same(t, "content type", check.Stat(t, h, name).ContentType, typed)
		}
		if d := check.Diff(wantStatus(t, h, "GET", request(t, h, name, "GET", ""), nil, 2),
			c); d != "" {
			t.Errorf("the response to a signed GET %s", d)
		}
		wantStatus(t, h, "DELETE", request(t, h, name, "DELETE", ""), nil, 2)
		check.WantMissing(t, h, name)
		wantStatus(t, h, "GET of a missing file", request(t, h, name, "GET", ""), nil, 4)
	}
}

func signedBound(t suite.T, h *suite.H) {
	needSend(t, h)
	check.Puts(t, h, "mine.txt", "other.txt")
	get := request(t, h, "mine.txt", "GET", "")
	for _, method := range []string{"PUT", "DELETE"} {
		s := get
		s.Method = method
		wantStatus(t, h, method+" with a URL that was signed for GET", s, []byte("x"), 4)
	}
	other := get
	other.URL = strings.Replace(get.URL, "mine.txt", "other.txt", 1)
	if other.URL == get.URL {
		t.Fatalf("the URL %q doesn't contain its name", get)
	}
	wantStatus(t, h, "GET of another name", other, nil, 4)
	unsigned := get
	unsigned.URL, _, _ = strings.Cut(get.URL, "?")
	wantStatus(t, h, "GET without the signature", unsigned, nil, 4)
	if h.F.SignContentType {
		typed := request(t, h, "mine.txt", "PUT", "text/plain")
		typed.Header = map[string][]string{"Content-Type": {"text/html"}}
		wantStatus(t, h, "PUT with another content type", typed, []byte("x"), 4)
	}
	check.WantContent(t, h, "mine.txt", []byte("mine.txt"))
	check.WantContent(t, h, "other.txt", []byte("other.txt"))
}

// signedRange requests no suffix range: Azure has none.
func signedRange(t suite.T, h *suite.H) {
	needSend(t, h)
	c := check.Content(1, 1000)
	check.Put(t, h, "d/a b.txt", c, nil)
	for r, want := range map[string][]byte{
		"bytes=0-0":      c[:1],
		"bytes=100-199":  c[100:200],
		"bytes=900-":     c[900:],
		"bytes=990-2000": c[990:],
	} {
		s := request(t, h, "d/a b.txt", "GET", "")
		header := map[string][]string{"Range": {r}}
		maps.Copy(header, s.Header)
		s.Header = header
		if d := check.Diff(wantStatus(t, h, "GET of "+r, s, nil, 2), want); d != "" {
			t.Errorf("the response to a signed GET of %s %s", r, d)
		}
	}
}

func signedTampered(t suite.T, h *suite.H) {
	needSend(t, h)
	check.Puts(t, h, "mine.txt")
	hour := request(t, h, "mine.txt", "GET", "")
	long, err := files.SignURL(t.Context(), h.Bucket, "mine.txt", &files.SignOptions{
		Method: "GET",
		Expiry: 2 * time.Hour,
	})
	if err != nil {
		t.Fatalf("SignURL: %v, want no error", err)
	}
	own, longer := signatureOf(t, hour), signatureOf(t, long)
	if own == "" || longer == "" {
		t.Skipf("the URL doesn't show its signature")
	}
	other := "0"
	if own[0] == '0' {
		other = "1"
	}
	for what, s := range map[string]struct{ url, old, new string }{
		"a longer expiry under the old signature": {long.URL, longer, own},
		"a signature that was changed":            {hour.URL, own, other + own[1:]},
		"half a signature":                        {hour.URL, own, own[:len(own)/2]},
	} {
		changed := hour
		if changed.URL = strings.Replace(s.url, url.QueryEscape(s.old), url.QueryEscape(s.new),
			1); changed.URL == s.url {
			t.Fatalf("the URL %q doesn't contain its signature", hour)
		}
		wantStatus(t, h, "GET with "+what, changed, nil, 4)
	}
	wantStatus(t, h, "GET with the unchanged URL", hour, nil, 2)
}

// signatureOf returns the value of the signature's parameter, or "".
func signatureOf(t suite.T, s files.SignedURL) string {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatalf("the signed URL: %v, want no error", err)
	}
	for k, v := range u.Query() {
		if k = strings.ToLower(k); (strings.HasSuffix(k,
			"sig") || strings.HasSuffix(k, "signature")) && v[0] != "" {
			return v[0]
		}
	}
	return ""
}

func signedExpired(t suite.T, h *suite.H) {
	needSend(t, h)
	check.Puts(t, h, "mine.txt")
	s, err := files.SignURL(t.Context(), h.Bucket, "mine.txt",
		&files.SignOptions{Expiry: time.Second})
	if err != nil {
		t.Fatalf("SignURL: %v, want no error", err)
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		began := time.Now() // clocks may differ a little
		status, _ := h.Harness.Send(t, h.Bucket, s, nil)
		switch {
		case status/100 == 4:
			return
		case began.After(s.Expires.Add(3 * time.Second)):
			t.Fatalf("a GET of a URL that expired at %v: the status is %d at %v, want 4xx",
				s.Expires, status, began.UTC())
		}
		<-tick.C
	}
}

func signRefused(t suite.T, h *suite.H) {
	for what, o := range map[string]files.SignOptions{
		"a negative expiry":        {Expiry: -1},
		"the method PATCH":         {Method: "PATCH"},
		"the method get":           {Method: "get"},
		"a content type for a GET": {ContentType: "text/plain"},
		"a size for a GET":         {Size: 1},
		"a negative size":          {Method: "PUT", Size: -1},
		"a negative MaxSize":       {Method: "PUT", MaxSize: -1},
		"IfAbsent for a DELETE":    {Method: "DELETE", IfAbsent: true},
		"a response for a PUT":     {Method: "PUT", ResponseType: "text/plain"},
		"a response for a HEAD":    {Method: "HEAD", ResponseDisposition: "attachment"},
		"two lines in a response":  {ResponseDisposition: "a\r\nb: c"},
	} {
		if o.Method == "PUT" && !h.F.SignPut || o.Method == "DELETE" && !h.F.SignDelete {
			continue // it may be refused for that
		}
		_, err := files.SignURL(t.Context(), h.Bucket, "a", &o)
		check.WantErr(t, "SignURL with "+what, err, files.ErrInvalid)
	}
	if _, err := files.SignURL(t.Context(), h.Bucket, "a", nil); err != nil {
		t.Errorf("SignURL without options: %v, want no error", err)
	}
}

func signMethod(t suite.T, h *suite.H) {
	_, err := files.SignURL(t.Context(), h.Bucket, "a", &files.SignOptions{Method: "POST"})
	if !check.IsAny(err, files.ErrInvalid, files.ErrUnsupported) {
		t.Errorf("SignURL for POST: got %s, want ErrInvalid or ErrUnsupported", check.ErrText(err))
	}
	_, err = files.SignURL(t.Context(), h.Bucket, "a//b", nil)
	check.WantErr(t, "SignURL of an illegal name", err, files.ErrInvalidName)
}

func signWrapped(t suite.T, h *suite.H) {
	ro := files.ReadOnly(h.Bucket)
	for _, method := range []string{"PUT", "DELETE"} {
		_, err := files.SignURL(t.Context(), ro, "a", &files.SignOptions{Method: method})
		check.WantErr(t, "SignURL for "+method+" in a read-only bucket", err, files.ErrPermission)
	}
	sub, err := files.Sub(h.Bucket, "tenant")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	if !h.F.SignGet {
		_, err := files.SignURL(t.Context(), sub, "a", nil)
		check.WantErr(t, "SignURL in a sub-bucket of one that can't sign", err,
			files.ErrUnsupported)
		return
	}
	at := time.Hour
	below, err1 := files.SignURL(t.Context(), h.Bucket, "tenant/a", &files.SignOptions{Expiry: at})
	above, err2 := files.SignURL(t.Context(), sub, "a", &files.SignOptions{Expiry: at})
	if err1 != nil || err2 != nil {
		t.Fatalf("SignURL: %v, %v", err1, err2)
	}
	path := func(s files.SignedURL) string {
		u, err := url.Parse(s.URL)
		if err != nil {
			return s.URL
		}
		q := u.Query()
		return u.Path + " " + q.Get("obj") // Go CDK's file signer has the name in a parameter
	}
	check.Same(t, "the name in the sub-bucket's URL", path(above), path(below))
}
