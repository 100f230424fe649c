package conformance_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var mapSigner = sync.OnceValue(func() *localhttp.Signer {
	s, err := localhttp.NewSigner(&url.URL{
		Scheme: "https",
		Host:   "files.example",
		Path:   "/signed",
	}, []byte("a secret of the test"))
	if err != nil {
		panic(err)
	}
	return s
})

// signs is a bucket with signed URLs.
type signs struct{ files.Bucket }

func (s *signs) Features() files.Features {
	f := s.Bucket.Features()
	f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = true, true, true, true
	f.SignHead, f.SignResponse, f.SignSize, f.SignIfAbsent = true, true, true, true
	return f
}

func (s *signs) SignURL(ctx context.Context, name string,
	o *files.SignOptions) (files.SignedURL, error) {
	var opts files.SignOptions
	if o != nil {
		opts = *o
	}
	if opts.Method == "" {
		opts.Method = http.MethodGet
	}
	if opts.Expiry == 0 {
		opts.Expiry = time.Hour
	}
	if err := opts.Check(s.Features()); err != nil {
		return files.SignedURL{}, driver.NewError(files.OpSignGet, name, err)
	}
	return mapSigner().SignURL(ctx, name, opts)
}

// sendTo sends signed requests to a handler, after a change.
func sendTo(change func(r *http.Request,
	sign func(method, name string) string)) func(t conformance.T, b files.Bucket, s files.SignedURL,
	content []byte) (int, []byte) {
	return func(t conformance.T, b files.Bucket, s files.SignedURL, content []byte) (int, []byte) {
		handler, err := localhttp.NewHandler(b, &localhttp.Options{
			Signer:    mapSigner(),
			MaxUpload: 1 << 20,
		})
		if err != nil {
			t.Fatalf("localhttp.NewHandler: %v", err)
		}
		r := httptest.NewRequest(s.Method, s.URL, bytes.NewReader(content))
		for k, v := range s.Header {
			r.Header[k] = v
		}
		change(r, func(method, name string) string {
			anew, err := mapSigner().SignURL(t.Context(), name, files.SignOptions{
				Method: method,
				Expiry: time.Hour,
			})
			if err != nil {
				t.Fatalf("signing again: %v", err)
			}
			return anew.URL
		})
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code, w.Body.Bytes()
	}
}

var brokenSigned = []broken{
	{
		fault:  "serves the whole file for a signed request with a range",
		caught: []string{"W1/range"},
		serve:  func(r *http.Request, _ func(method, name string) string) { r.Header.Del("Range") },
	},
	{
		fault:  "does not check the signature",
		caught: []string{"W1/tampered", "W1/expired", "W1/only-what-is-signed"},
		serve: func(r *http.Request, sign func(method, name string) string) {
			if u, err := url.Parse(sign(r.Method, r.URL.Query().Get("obj"))); err == nil {
				r.URL = u
			}
		},
	},
	{
		fault:  "takes a GET with a URL that was signed for HEAD",
		caught: []string{"W1/head"},
		serve: func(r *http.Request, _ func(method, name string) string) {
			if r.URL.Query().Get("method") == http.MethodHead {
				r.Method = http.MethodHead
			}
		},
	},
	{
		fault:  "takes another type of the response than was signed",
		caught: []string{"W1/response"},
		serve: func(r *http.Request, _ func(method, name string) string) {
			r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "x-other", "x-first")
		},
	},
	{
		fault:  "takes a content of another size than was signed",
		caught: []string{"W1/size"},
		serve: func(r *http.Request, _ func(method, name string) string) {
			n, err := strconv.ParseInt(r.URL.Query().Get("size"), 10, 64)
			if err != nil {
				return
			}
			r.Body = io.NopCloser(io.LimitReader(io.MultiReader(r.Body,
				strings.NewReader(strings.Repeat("x", int(n)))), n))
			r.ContentLength = n
		},
	},
	{
		fault:  "takes a PUT without the header that was signed",
		caught: []string{"W1/if-absent"},
		serve: func(r *http.Request, _ func(method, name string) string) {
			if r.URL.Query().Has("ifAbsent") {
				r.Header.Set("If-None-Match", "*")
			}
		},
	},
	{
		fault:  "ignores the options of signed URLs",
		caught: []string{"W1/options", "W1/size", "W1/if-absent"},
		serve:  func(*http.Request, func(method, name string) string) {},
		wrap:   func(b files.Bucket) files.Bucket { return &optionless{b} },
	},
	{
		fault:  "signs any method",
		caught: []string{"W1/method"},
		wrap:   func(b files.Bucket) files.Bucket { return &obliging{b} },
	},
}

// TestSoundSigned: the cases pass without the faults.
func TestSoundSigned(t *testing.T) {
	h := broken{serve: func(*http.Request, func(method, name string) string) {}}.harness()
	for _, id := range []string{
		"W1/get", "W1/sent", "W1/only-what-is-signed", "W1/range", "W1/tampered", "W1/expired",
		"W1/head", "W1/response", "W1/size", "W1/if-absent", "W1/options", "W1/refused",
	} {
		if r := conformance.RunCase(t.Context(), h,
			caseOf(t, id)); r.Outcome != conformance.Passed {
			t.Errorf("%s: %s, want it to pass: %s", id, r.Outcome, r.Text())
		}
	}
}

// obliging signs whatever is requested.
type obliging struct{ files.Bucket }

func (o *obliging) SignURL(_ context.Context, name string,
	_ *files.SignOptions) (files.SignedURL, error) {
	return files.SignedURL{URL: "https://signed.example/" + name}, nil
}

// optionless signs without the options that came last.
type optionless struct{ files.Bucket }

func (o *optionless) SignURL(ctx context.Context, name string,
	asked *files.SignOptions) (files.SignedURL, error) {
	var opts files.SignOptions
	if asked != nil {
		opts.Method, opts.Expiry, opts.ContentType = asked.Method, asked.Expiry, asked.ContentType
	}
	return files.SignURL(ctx, o.Bucket, name, &opts)
}
