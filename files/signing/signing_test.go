package signing_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
	"cloudfiles.dev/files/signing"
)

// takers are the buckets of this module whose forms one of its handlers accepts.
var takers = map[string]func(t *testing.T) (files.Bucket, http.Handler){
	"fake": func(t *testing.T) (files.Bucket, http.Handler) {
		b := filestest.New(t, filestest.As(filestest.GCS))
		return b, b.Handler()
	},
	"local": func(t *testing.T) (files.Bucket, http.Handler) {
		base, err := url.Parse("http://host/files")
		if err != nil {
			t.Fatal(err)
		}
		signer, err := localhttp.NewSigner(base, []byte("a secret"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := local.Open(t.TempDir(), &local.Options{NoSync: true, Signer: signer})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		h, err := localhttp.NewHandler(b, &localhttp.Options{MaxUpload: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		return b, h
	},
}

// eachTaker runs the test on each of the takers, in a bubble.
func eachTaker(t *testing.T, f func(t *testing.T, b files.Bucket, h http.Handler)) {
	for name, taker := range takers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, h := taker(t)
				f(t, b, h)
			})
		})
	}
}

func signPost(t *testing.T, b files.Bucket, name string, o signing.PostOptions) signing.PostForm {
	t.Helper()
	form, err := signing.SignPost(t.Context(), b, name, &o)
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// send sends the form as a browser does, with some fields changed, added or, with "-",
// left out.
func send(t *testing.T, h http.Handler, form signing.PostForm, change map[string]string,
	content string) *httptest.ResponseRecorder {
	t.Helper()
	fields := maps.Clone(form.Fields)
	maps.Copy(fields, change)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		if fields[k] == "-" {
			continue
		}
		if err := w.WriteField(k, fields[k]); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("file", `C:\photos\holiday.png`)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(file, content)
	w.Close()
	r := httptest.NewRequest(http.MethodPost, form.URL, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	response := httptest.NewRecorder()
	h.ServeHTTP(response, r)
	return response
}

func wantNothing(t *testing.T, b files.Bucket) {
	t.Helper()
	for e, err := range b.List(t.Context(), "", nil) {
		t.Errorf("stored: %+v, %v", e, err)
	}
}

// TestFormTaken: forms with sizes up to both bounds are accepted, and the file has the
// attributes that were signed.
func TestFormTaken(t *testing.T) {
	eachTaker(t, func(t *testing.T, b files.Bucket, h http.Handler) {
		a := files.Attributes{
			CacheControl:       "no-store",
			ContentDisposition: "attachment",
			ContentLanguage:    "de",
			Metadata:           map[string]string{"k": "ä b"},
		}
		o := signing.PostOptions{
			MinSize:     2,
			MaxSize:     5,
			ContentType: "image/",
			Attributes:  a,
		}
		for _, content := range []string{"12", "12345"} {
			form := signPost(t, b, "d/ü +&.png", o)
			response := send(t, h, form, map[string]string{"Content-Type": "image/png"}, content)
			if response.Code != http.StatusNoContent {
				t.Fatalf("the response is %d %s, want 204", response.Code, response.Body)
			}
			r, err := b.Get(t.Context(), "d/ü +&.png", nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			info := r.Info()
			r.Close()
			if err != nil || string(got) != content || info.ContentType != "image/png" ||
				info.CacheControl != a.CacheControl || info.ContentLanguage != "de" ||
				info.ContentDisposition != "attachment" ||
				!maps.Equal(info.Metadata, a.Metadata) {
				t.Errorf("the file has %q, %+v, %v, want what was signed and sent", got, info, err)
			}
		}
		form := signPost(t, b, "a", signing.PostOptions{MaxSize: 9, Status: 201})
		if response := send(t, h, form, nil, ""); response.Code != http.StatusCreated {
			t.Errorf("with the status 201: %d %s", response.Code, response.Body)
		}
		form = signPost(t, b, "a", signing.PostOptions{
			MaxSize:  9,
			Redirect: "https://app.example/done?id=7",
		})
		response := send(t, h, form, nil, "x")
		at := response.Header().Get("Location")
		if response.Code != http.StatusSeeOther ||
			!strings.HasPrefix(at, "https://app.example/done?id=7") {
			t.Errorf("with a redirect: %d %v", response.Code, response.Header())
		}
	})
}

// TestFormRefused: an upload that differs from the signed form is refused, and nothing is
// stored.
func TestFormRefused(t *testing.T) {
	eachTaker(t, func(t *testing.T, b files.Bucket, h http.Handler) {
		form := signPost(t, b, "a.png", signing.PostOptions{
			MinSize:     10,
			MaxSize:     1000,
			ContentType: "image/png",
			Expiry:      time.Minute,
		})
		policy, err := base64.StdEncoding.DecodeString(form.Fields["policy"])
		if err != nil {
			t.Fatal(err)
		}
		larger := bytes.Replace(policy, []byte("1000"), []byte("9999"), 1)
		other := signPost(t, b, "b.png", signing.PostOptions{MaxSize: 1000})
		ok := strings.Repeat("x", 100)
		for what, c := range map[string]struct {
			change  map[string]string
			content string
		}{
			"no policy":         {map[string]string{"policy": "-"}, ok},
			"no signature":      {map[string]string{"signature": "-"}, ok},
			"nothing signed":    {map[string]string{"policy": "-", "signature": "-"}, ok},
			"another signature": {map[string]string{"signature": other.Fields["signature"]}, ok},
			"another policy":    {map[string]string{"policy": other.Fields["policy"]}, ok},
			"a larger policy": {map[string]string{
				"policy": base64.StdEncoding.EncodeToString(larger),
			}, strings.Repeat("x", 1001)},
			"another key":   {map[string]string{"key": "b.png"}, ok},
			"no key":        {map[string]string{"key": "-"}, ok},
			"an extra key":  {map[string]string{"Key": "b.png"}, ok},
			"another type":  {map[string]string{"Content-Type": "text/html"}, ok},
			"no type":       {map[string]string{"Content-Type": "-"}, ok},
			"an extra type": {map[string]string{"content-type": "text/html"}, ok},
			"extra field":   {map[string]string{"x": ""}, ok},
			"metadata":      {map[string]string{"x-amz-meta-k": "v"}, ok},
			"a redirect": {map[string]string{
				"success_action_redirect": "https://evil.example",
			}, ok},
			"one byte over":  {nil, strings.Repeat("x", 1001)},
			"one byte under": {nil, strings.Repeat("x", 9)},
		} {
			response := send(t, h, form, c.change, c.content)
			if response.Code/100 != 4 {
				t.Errorf("%s: the response is %d %s, want 4xx", what, response.Code, response.Body)
			}
			wantNothing(t, b)
		}
		r := httptest.NewRequest(http.MethodPost, form.URL, strings.NewReader("x=y"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response := httptest.NewRecorder()
		if h.ServeHTTP(response, r); response.Code/100 != 4 {
			t.Errorf("no form: %d", response.Code)
		}
		time.Sleep(61 * time.Second)
		if response := send(t, h, form, nil, ok); response.Code != http.StatusForbidden {
			t.Errorf("expired: %d %s", response.Code, response.Body)
		}
		wantNothing(t, b)
		form = signPost(t, b, "a.png", signing.PostOptions{MaxSize: 1000, Expiry: time.Minute})
		time.Sleep(59 * time.Second)
		if response := send(t, h, form, nil, ok); response.Code/100 != 2 {
			t.Errorf("as it was signed: %d %s", response.Code, response.Body)
		}
	})
}

// TestLargestSizeOfAPut: a signed PUT with a largest size is ErrUnsupported, so that the
// maximum isn't ignored.
func TestLargestSizeOfAPut(t *testing.T) {
	eachTaker(t, func(t *testing.T, b files.Bucket, h http.Handler) {
		o := &files.SignOptions{Method: http.MethodPut}
		if _, err := files.SignURL(t.Context(), b, "a", o); err != nil {
			t.Fatalf("the bucket can't sign a PUT at all: %v", err)
		}
		o.MaxSize = 10
		s, err := files.SignURL(t.Context(), b, "a", o)
		if !errors.Is(err, errors.ErrUnsupported) || s.URL != "" {
			t.Errorf("SignURL of a PUT with a largest size = %v, %v, want ErrUnsupported", s, err)
		}
	})
}

// TestFormBelow: a form for a directory takes names below it and no other.
func TestFormBelow(t *testing.T) {
	eachTaker(t, func(t *testing.T, b files.Bucket, h http.Handler) {
		form := signPost(t, b, "in/box", signing.PostOptions{MaxSize: 9, Below: true})
		for _, key := range []string{
			"in/box", "in/box/", "in/boxer/a", "a", "/in/box/a", "in/box/../a", "in/box//a",
			"in/box/a\x01",
		} {
			if response := send(t, h, form, map[string]string{"key": key},
				"x"); response.Code/100 != 4 {
				t.Errorf("the key %q: the response is %d %s, want 4xx",
					key, response.Code, response.Body)
			}
			wantNothing(t, b)
		}
		for key, name := range map[string]string{
			form.Fields["key"]: "in/box/holiday.png",
			"in/box/b/c":       "in/box/b/c",
		} {
			if response := send(t, h, form, map[string]string{"key": key},
				"x"); response.Code/100 != 2 {
				t.Errorf("the key %q: the response is %d %s, want 2xx",
					key, response.Code, response.Body)
			}
			if ok, err := files.Exists(t.Context(), b, name); !ok || err != nil {
				t.Errorf("%q wasn't stored: %v", name, err)
			}
		}
	})
}

// TestFormThroughWrappers: a form through Sub is for a name in the directory, and a form
// that would bypass a wrapper isn't signed.
func TestFormThroughWrappers(t *testing.T) {
	eachTaker(t, func(t *testing.T, b files.Bucket, h http.Handler) {
		sub, err := files.Sub(b, "tenant")
		if err != nil {
			t.Fatal(err)
		}
		o := signing.PostOptions{MaxSize: 9}
		send(t, h, signPost(t, sub, "a", o), nil, "x")
		o.Below = true
		send(t, h, signPost(t, sub, "d", o), nil, "x")
		var names []string
		for e, err := range b.List(t.Context(), "", nil) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, e.Name)
		}
		if !slices.Equal(names, []string{"tenant/a", "tenant/d/holiday.png"}) {
			t.Errorf("there are %q", names)
		}
		var ops []files.Op
		seen := files.Wrap(b, files.Hooks{Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			ops = append(ops, c.Op)
			return next(ctx)
		}})
		signPost(t, seen, "a", o)
		if !slices.Equal(ops, []files.Op{files.OpSignPut}) {
			t.Errorf("the hook got the operations %v", ops)
		}
		for what, c := range map[string]struct {
			b    files.Bucket
			want error
		}{
			"read-only": {files.ReadOnly(b), files.ErrPermission},
			"body": {files.Wrap(b, files.Hooks{Body: func(_ context.Context, _ *files.Call,
				r io.Reader) io.Reader {
				return r
			}}), files.ErrUnsupported},
			"refuses": {files.Wrap(b, files.Hooks{Around: func(context.Context, *files.Call,
				func(context.Context) error) error {
				return files.ErrPermission
			}}), files.ErrPermission},
			"answers": {files.Wrap(b, files.Hooks{Around: func(_ context.Context, c *files.Call,
				_ func(context.Context) error) error {
				c.Signed.URL = "https://own.example"
				return nil
			}}), files.ErrUnsupported},
			"smaller": {files.Wrap(b, files.Hooks{Features: func(f files.Features) files.Features {
				f.MaxSize = 5
				return f
			}}), files.ErrUnsupported},
			"no signing": {
				files.Wrap(b, files.Hooks{Features: func(f files.Features) files.Features {
					f.SignPut = false
					return f
				}}),
				files.ErrUnsupported,
			},
		} {
			if _, err := signing.SignPost(t.Context(), c.b, "a", &o); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", what, err, c.want)
			}
		}
	})
}

// TestSignPostRefuses: options that make no sense are refused at once.
func TestSignPostRefuses(t *testing.T) {
	b := filestest.New(t, filestest.As(filestest.MinIO))
	for what, c := range map[string]struct {
		b    files.Bucket
		name string
		o    signing.PostOptions
		want error
	}{
		"no largest size": {b, "a", signing.PostOptions{}, files.ErrInvalid},
		"sizes":           {b, "a", signing.PostOptions{MaxSize: 1, MinSize: 2}, files.ErrInvalid},
		"negative":        {b, "a", signing.PostOptions{MaxSize: -1}, files.ErrInvalid},
		"expiry":          {b, "a", signing.PostOptions{MaxSize: 1, Expiry: -1}, files.ErrInvalid},
		"long": {b, "a", signing.PostOptions{
			MaxSize: 1,
			Expiry:  1e18,
		}, files.ErrInvalid},
		"status":   {b, "a", signing.PostOptions{MaxSize: 1, Status: 302}, files.ErrInvalid},
		"redirect": {b, "a", signing.PostOptions{MaxSize: 1, Redirect: "/a"}, files.ErrInvalid},
		"type": {b, "a", signing.PostOptions{
			MaxSize:     1,
			ContentType: "a\nb",
		}, files.ErrInvalid},
		"name":      {b, "a/", signing.PostOptions{MaxSize: 1}, files.ErrInvalidName},
		"no dir":    {b, "", signing.PostOptions{MaxSize: 1, Below: true}, files.ErrInvalidName},
		"file name": {b, "a/${filename}", signing.PostOptions{MaxSize: 1}, files.ErrUnsupported},
		"nil":       {nil, "a", signing.PostOptions{MaxSize: 1}, files.ErrInvalid},
		"memory":    {mem.New(nil), "a", signing.PostOptions{MaxSize: 1}, files.ErrUnsupported},
		"clouds":    {filestest.New(t), "a", signing.PostOptions{MaxSize: 1}, files.ErrUnsupported},
		"azure": {
			filestest.New(t, filestest.As(filestest.Azure)), "a",
			signing.PostOptions{MaxSize: 1}, files.ErrUnsupported,
		},
	} {
		if _, err := signing.SignPost(t.Context(), c.b, c.name, &c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	form := signPost(t, b, "a", signing.PostOptions{MaxSize: 1})
	if text := form.String(); strings.Contains(text, form.Fields["signature"]) {
		t.Errorf("String shows the signature: %s", text)
	}
}
