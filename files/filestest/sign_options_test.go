package filestest_test

import (
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestHeadByGet: whether a HEAD may use a URL that was signed for GET is as in the
// service, and a URL that was signed for HEAD is for nothing else.
func TestHeadByGet(t *testing.T) {
	for p, want := range map[*filestest.Personality]int{
		&filestest.Clouds: http.StatusForbidden,
		&filestest.S3:     http.StatusForbidden,
		&filestest.GCS:    http.StatusForbidden,
		&filestest.MinIO:  http.StatusForbidden,
		&filestest.Azure:  http.StatusOK,
		&filestest.Disk:   http.StatusOK,
		&filestest.Strong: http.StatusOK,
	} {
		b := filestest.New(t, filestest.As(*p))
		if _, err := files.PutString(t.Context(), b, "a", "hello", nil); err != nil {
			t.Fatal(err)
		}
		asHead := func(r *http.Request) { r.Method = http.MethodHead }
		code, text := send(t, b.Client(), sign(t, b, "a", files.SignOptions{}), "", asHead)
		if code != want || text != "" && code == http.StatusOK {
			t.Errorf("%s: HEAD with a URL that was signed for GET: %d %q, want %d", p, code, text,
				want)
		}
		if !b.Features().SignHead {
			continue
		}
		s := sign(t, b, "a", files.SignOptions{Method: http.MethodHead})
		for method, want := range map[string]int{"HEAD": 200, "GET": 403, "PUT": 403} {
			code, _ := send(t, b.Client(), s, "", func(r *http.Request) { r.Method = method })
			if code != want {
				t.Errorf("%s: %s with a URL that was signed for HEAD: %d, want %d", p, method, code,
					want)
			}
		}
	}
}

// TestSignedResponse: the fake sends the type and the disposition that were signed, and
// a URL with others is refused.
func TestSignedResponse(t *testing.T) {
	b := filestest.New(t, filestest.As(filestest.S3))
	if _, err := files.PutString(t.Context(), b, "a.txt", "hello", nil); err != nil {
		t.Fatal(err)
	}
	s := sign(t, b, "a.txt", files.SignOptions{
		ResponseType:        "text/x-own",
		ResponseDisposition: "attachment",
	})
	r, err := b.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/x-own" ||
		r.Header.Get("Content-Disposition") != "attachment" {
		t.Errorf("the response is %s, %v, want 200 with the signed headers", r.Status, r.Header)
	}
	head, err := b.Client().Head(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	head.Body.Close()
	if head.StatusCode != http.StatusForbidden {
		t.Errorf("HEAD with a URL that was signed for GET, as S3: %s", head.Status)
	}
	s.URL = strings.Replace(s.URL, "x-own", "html", 1)
	if status, _ := send(t, b.Client(), s, "", nil); status != http.StatusForbidden {
		t.Errorf("another type: %d", status)
	}
}
