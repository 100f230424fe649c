package all

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
	"cloudfiles.dev/files/signing"
)

// signRequests are the requests that may be signed, by the names in layersSign.
var signRequests = map[string]files.SignOptions{
	"get":         {},
	"head":        {Method: "HEAD"},
	"put":         {Method: "PUT"},
	"delete":      {Method: "DELETE"},
	"type":        {Method: "PUT", ContentType: "text/x-own"},
	"size":        {Method: "PUT", Size: int64(len(signedText))},
	"absent":      {Method: "PUT", IfAbsent: true},
	"response":    {ResponseType: "text/x-own"},
	"disposition": {ResponseDisposition: "attachment"},
	"largest":     {Method: "PUT", MaxSize: int64(len(signedText))}, // nothing can bind it
}

const signedText = "what was signed"

// layersSign has what may be signed through each layer: every request and form, and every
// part of an upload, reaches the file itself, without the layer.
var layersSign = map[string]string{
	"sub":      "get head put delete type size absent response disposition form dir parts",
	"readonly": "get head response disposition",
	"observe":  "get head put delete type size absent response disposition form dir parts",
	"retry":    "get head put delete type size absent response disposition form dir parts",
	// A limit of bytes a second has no uploads in parts.
	"limit":     "get head put delete type size absent response disposition form dir",
	"timeout":   "get head put delete type size absent response disposition form dir parts",
	"cache":     "get head put delete type size absent response disposition form dir parts",
	"hedge":     "get head put delete type size absent response disposition form dir parts",
	"filestest": "get head put delete type size absent response disposition form dir parts",
	// The other member of the table signs no GET.
	"mount": "put delete type size absent form dir parts",
	// Which member has the file isn't known without a request, and conditions and versions
	// are the overlay's own.
	"overlay": "put type size form dir",
	// A write must reach both members.
	"mirror": "get head response disposition",
	// What is stored isn't what the layer reads and writes.
	"crypt":    "",
	"compress": "",
}

// TestLayersSign: through each layer, what is signed works and is for the file that the
// layer shows under the name. Anything else is ErrUnsupported, and Features say so (W1).
func TestLayersSign(t *testing.T) {
	for field := range reflect.TypeFor[files.SignOptions]().Fields() {
		tried := field.Name == "Expiry" // which every request has
		for _, o := range signRequests {
			tried = tried || !reflect.ValueOf(o).FieldByIndex(field.Index).IsZero()
		}
		if !tried {
			t.Errorf("no request of signRequests has SignOptions.%s", field.Name)
		}
	}
	layers := append(slices.Clone(stackLayers),
		stackLayer{name: "filestest", wrap: func(b files.Bucket) (files.Bucket, error) {
			return filestest.Around(t, b, nil), nil
		}})
	seen := 0
	for _, l := range layers {
		can, ok := layersSign[l.name]
		if !ok {
			t.Errorf("layersSign lacks the layer %s", l.name)
			continue
		}
		seen++
		for what := range signRequests {
			t.Run(l.name+"/"+what, func(t *testing.T) {
				signThrough(t, l, what, slices.Contains(strings.Fields(can), what))
			})
		}
		for _, what := range []string{"form", "dir"} {
			t.Run(l.name+"/"+what, func(t *testing.T) {
				formThrough(t, l, what == "dir", slices.Contains(strings.Fields(can), what))
			})
		}
	}
	for _, l := range layers {
		t.Run(l.name+"/parts", func(t *testing.T) {
			partsThrough(t, l, slices.Contains(strings.Fields(layersSign[l.name]), "parts"))
		})
	}
	if seen != len(layersSign) {
		t.Errorf("%d layers, and layersSign has %d, want %v", seen, len(layersSign),
			len(layersSign))
	}
}

// layered returns the layer over a fake that signs everything, with a file in it.
func layered(t *testing.T, l stackLayer) (*filestest.Bucket, files.Bucket) {
	t.Helper()
	fake := filestest.New(t, filestest.As(filestest.Strong))
	b, err := l.wrap(fake)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return fake, b
}

// below is the name in the bucket below the layer.
func below(l stackLayer, name string) string {
	if l.name == "sub" {
		return "tenants/a b/" + name
	}
	return name
}

// signThrough signs through the layer, and sends what was signed if it can be signed.
func signThrough(t *testing.T, l stackLayer, what string, can bool) {
	fake, b := layered(t, l)
	o, name := signRequests[what], "dir/ä b"
	put := o.Method == http.MethodPut
	if !put {
		if _, err := files.PutString(t.Context(), fake, below(l, name), signedText,
			nil); err != nil {
			t.Fatal(err)
		}
	}
	if claimed := o.Check(b.Features()) == nil; claimed != can {
		t.Errorf("Features claim it: %v, want %v", claimed, can)
	}
	s, err := files.SignURL(t.Context(), b, name, &o)
	if !can {
		if !errors.Is(err, errors.ErrUnsupported) || s.URL != "" {
			t.Errorf("SignURL: %s, %v, want ErrUnsupported", s, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if u, err := url.Parse(s.URL); err != nil || u.Path != "/"+below(l, name) {
		t.Fatalf("the URL leads to %s, %v, want %s", s, err, below(l, name))
	}
	var body io.Reader
	if put {
		body = strings.NewReader(signedText)
	}
	r, err := http.NewRequestWithContext(t.Context(), s.Method, s.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = s.Header
	answer, err := fake.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode/100 != 2 {
		t.Fatalf("the response is %s, %q, %v, want a success", answer.Status, text, err)
	}
	switch {
	case put:
		got, err := files.ReadString(t.Context(), b, name, nil)
		if err != nil || got != signedText {
			t.Errorf("after the PUT the layer reads %q, %v, want %q and nil", got, err, signedText)
		}
	case s.Method == http.MethodGet && string(text) != signedText:
		t.Errorf("GET: %q", text)
	case s.Method == http.MethodHead && len(text) != 0:
		t.Errorf("HEAD: %q", text)
	case s.Method == http.MethodDelete:
		if ok, err := files.Exists(t.Context(), b, name); ok || err != nil {
			t.Errorf("after the DELETE the layer has the file: %v, %v, want false and nil", ok, err)
		}
	case o.ResponseType != "" && answer.Header.Get("Content-Type") != o.ResponseType:
		t.Errorf("the response has the type %s", answer.Header.Get("Content-Type"))
	case o.ResponseDisposition != "" &&
		answer.Header.Get("Content-Disposition") != o.ResponseDisposition:
		t.Errorf("the response has the disposition %s", answer.Header.Get("Content-Disposition"))
	}
}

// formThrough signs a form through the layer, for a file or a directory, and sends it if
// it can be signed.
func formThrough(t *testing.T, l stackLayer, dir, can bool) {
	fake, b := layered(t, l)
	name, file := "dir/ä b", "dir/ä b"
	if dir {
		name = "dir/ä"
		file = name + "/browser's.txt"
	}
	form, err := signing.SignPost(t.Context(), b, name, &signing.PostOptions{
		MaxSize: 100,
		Below:   dir,
	})
	if !can {
		want := errors.ErrUnsupported
		if b.Features().ReadOnly {
			want = files.ErrPermission
		}
		if !errors.Is(err, want) || form.URL != "" {
			t.Errorf("SignPost: %s, %v, want %v", form, err, want)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, v := range form.Fields {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	content, err := w.CreateFormFile("file", "browser's.txt")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(content, signedText)
	w.Close()
	answer, err := fake.Client().Post(form.URL, w.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		t.Fatalf("the form with the key %q: %s", form.Fields["key"], answer.Status)
	}
	got, err := files.ReadString(t.Context(), b, file, nil)
	if err != nil || got != signedText {
		t.Errorf("the layer reads %q, %v, want %q and nil", got, err, signedText)
	}
	fake.WantCreated(t, below(l, file))
}

// partsThrough uploads a file in signed parts through the layer, if it can.
func partsThrough(t *testing.T, l stackLayer, can bool) {
	fake, b := layered(t, l)
	name := "dir/ä b"
	u, err := signing.BeginUpload(t.Context(), b, name, &signing.UploadOptions{
		Size:     int64(len(signedText)),
		PartSize: 10,
	})
	if !can {
		want := errors.ErrUnsupported
		if b.Features().ReadOnly {
			want = files.ErrPermission
		}
		if !errors.Is(err, want) {
			t.Errorf("BeginUpload: %v, want %v", err, want)
		}
		fake.WantUnchanged(t)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for n := u.Parts(); n > 0; n-- {
		s, err := signing.SignPart(t.Context(), b, u, n, nil)
		if err != nil {
			t.Fatal(err)
		}
		off, size := u.Part(n)
		r, err := http.NewRequestWithContext(t.Context(), s.Method, s.URL,
			strings.NewReader(signedText[off:off+size]))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := fake.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("part %d: %s", n, answer.Status)
		}
	}
	if info, err := signing.CompleteUpload(t.Context(), b, u); err != nil || info.Name != name {
		t.Fatalf("CompleteUpload: %+v, %v", info, err)
	}
	got, err := files.ReadString(t.Context(), b, name, nil)
	if err != nil || got != signedText {
		t.Errorf("the layer reads %q, %v, want %q and nil", got, err, signedText)
	}
	fake.WantCreated(t, below(l, name))
}
