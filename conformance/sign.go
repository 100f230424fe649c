package conformance

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"cloudfiles.dev/files"
)

var signCases = []Case{
	{Rule: "W1", Name: "get", Why: "a browser downloads without going through the program", Needs: needs(signGet), Run: func(t T, h *H) { signed(t, h, "GET") }},
	{Rule: "W1", Name: "put", Why: "a browser uploads without going through the program", Needs: needs(signPut), Run: func(t T, h *H) { signed(t, h, "PUT") }},
	{Rule: "W1", Name: "delete", Why: "a signed deletion is bound to its name", Needs: needs(signDelete), Run: func(t T, h *H) { signed(t, h, "DELETE") }},
	{Rule: "W1", Name: "refused", Why: "an expiry or a method that nobody can keep is a mistake", Needs: needs(signGet), Run: signRefused},
	{Rule: "W1", Name: "method", Why: "a method that can't be signed is told, wherever", Run: signMethod},
	{Rule: "W1", Name: "round-wrappers", Why: "a signed URL must not get round what a wrapper forbids", Run: signWrapped},
}

func signed(t T, h *H, method string) {
	seen := map[string]string{}
	for _, name := range []string{"a.txt", "d/ünï %41?#.txt", "missing"} { // signing makes no request: nothing need be there
		s, err := files.SignURL(t.Context(), h.Bucket, name, &files.SignOptions{Method: method, Expiry: time.Minute})
		if err != nil {
			t.Errorf("SignURL(%q) for %s: %v", name, method, err)
			continue
		}
		same(t, "method", s.Method, method)
		u, err := url.Parse(s.URL)
		if err != nil || u.Scheme == "" {
			t.Errorf("SignURL(%q) gives the URL %q, want an absolute one", name, s.URL)
			continue
		}
		if other, ok := seen[s.URL]; ok {
			t.Errorf("%q and %q have the same signed URL", name, other)
		}
		seen[s.URL] = name
		if s.Expires.IsZero() || s.Expires.Location() != time.UTC {
			t.Errorf("the signed URL expires at %v, want a time in UTC", s.Expires)
		}
		for k, v := range u.Query() {
			if len(v[0]) >= 20 && strings.Contains(strings.ToLower(k), "sig") && strings.Contains(fmt.Sprint(s), v[0]) {
				t.Errorf("String shows the signature, in %s", k)
			}
		}
	}
	wantOnly(t, h)
}

func signRefused(t T, h *H) {
	for what, o := range map[string]files.SignOptions{"a negative expiry": {Expiry: -1}, "the method PATCH": {Method: "PATCH"}, "the method get": {Method: "get"},
		"a content type for a GET": {ContentType: "text/plain"}} {
		_, err := files.SignURL(t.Context(), h.Bucket, "a", &o)
		wantErr(t, "SignURL with "+what, err, files.ErrInvalid)
	}
	if _, err := files.SignURL(t.Context(), h.Bucket, "a", nil); err != nil {
		t.Errorf("SignURL without options: %v", err)
	}
}

func signMethod(t T, h *H) {
	_, err := files.SignURL(t.Context(), h.Bucket, "a", &files.SignOptions{Method: "POST"})
	if !isAny(err, files.ErrInvalid, files.ErrUnsupported) {
		t.Errorf("SignURL for POST: got %s, want ErrInvalid or ErrUnsupported", errText(err))
	}
	_, err = files.SignURL(t.Context(), h.Bucket, "a//b", nil)
	wantErr(t, "SignURL of an illegal name", err, files.ErrInvalidName)
}

func signWrapped(t T, h *H) {
	ro := files.ReadOnly(h.Bucket)
	for _, method := range []string{"PUT", "DELETE"} {
		_, err := files.SignURL(t.Context(), ro, "a", &files.SignOptions{Method: method})
		wantErr(t, "SignURL for "+method+" in a read-only bucket", err, files.ErrPermission)
	}
	sub, err := files.Sub(h.Bucket, "tenant")
	if err != nil {
		t.Fatalf("Sub: %v", err)
	}
	if !h.F.SignGet {
		_, err := files.SignURL(t.Context(), sub, "a", nil)
		wantErr(t, "SignURL in a sub-bucket of one that can't sign", err, files.ErrUnsupported)
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
	same(t, "the file that the sub-bucket's URL names", path(above), path(below))
}
