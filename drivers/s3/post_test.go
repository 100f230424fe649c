package s3

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestSignPost: the policy binds the options.
func TestSignPost(t *testing.T) {
	b := offline("http://127.0.0.1:1")
	defer b.Close()
	p := must(SignPost(t.Context(), b, "dir/a.png", &PostOptions{
		MaxSize:     1000,
		MinSize:     1,
		ContentType: "image/",
		Expiry:      time.Hour,
		Attributes: files.Attributes{
			CacheControl: "no-store",
			Metadata:     map[string]string{"k": "ä"},
		},
	}))
	var policy struct {
		Expiration time.Time
		Conditions []any
	}
	if err := json.Unmarshal(must(base64.StdEncoding.DecodeString(p.Fields["policy"])),
		&policy); err != nil {
		t.Fatal(err)
	}
	for _, want := range []any{
		[]any{"content-length-range", 1.0, 1000.0},
		[]any{"starts-with", "$Content-Type", "image/"},
		map[string]any{"Cache-Control": "no-store"},
		map[string]any{"x-amz-meta-k": "%C3%A4"},
		map[string]any{"key": "dir/a.png"},
		map[string]any{"bucket": "bucket"},
	} {
		found := false
		for _, c := range policy.Conditions {
			found = found || reflect.DeepEqual(c, want)
		}
		if !found {
			t.Errorf("the policy has no %v: %v", want, policy.Conditions)
		}
	}
	if p.Fields["key"] != "dir/a.png" || p.Fields["Cache-Control"] != "no-store" ||
		p.Fields["x-amz-meta-k"] != "%C3%A4" ||
		policy.Expiration.Sub(p.Expires).Abs() > 5*time.Second || strings.Contains(fmt.Sprint(p),
		p.Fields["policy"]) {
		t.Errorf("%v, %v until %v", p, p.Fields, policy.Expiration)
	}
	sub := must(files.Sub(b, "dir"))
	for _, c := range []struct {
		b    files.Bucket
		name string
		o    PostOptions
		want error
	}{
		{b, "a//b", PostOptions{MaxSize: 1}, files.ErrInvalidName},
		{b, "a", PostOptions{}, files.ErrInvalid},
		{b, "a", PostOptions{MaxSize: 1, MinSize: 2}, files.ErrInvalid},
		{b, "a", PostOptions{MaxSize: 1, Expiry: 8 * 24 * time.Hour}, files.ErrInvalid},
		{sub, "a", PostOptions{MaxSize: 1}, files.ErrUnsupported},
		{b, "a/${filename}", PostOptions{MaxSize: 1}, files.ErrUnsupported},
		{b, "a", PostOptions{
			MaxSize: 1,
			Attributes: files.Attributes{
				ContentDisposition: "attachment; filename=\"${filename}\"",
			},
		}, files.ErrUnsupported},
	} {
		if _, err := SignPost(t.Context(), c.b, c.name, &c.o); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.o, err, c.want)
		}
	}
}

// sendForm sends the form as a browser does, with some fields changed or added, and the
// content as the last one.
func sendForm(t *testing.T, p SignedPost, change map[string]string, content []byte,
	origin string) (status int, reply string, header http.Header) {
	t.Helper()
	fields := maps.Clone(p.Fields)
	maps.Copy(fields, change)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		if err := form.WriteField(k, fields[k]); err != nil {
			t.Fatal(err)
		}
	}
	file, err := form.CreateFormFile("file", "C:\\holiday.png")
	if err != nil {
		t.Fatal(err)
	}
	file.Write(content)
	form.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL, &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text), resp.Header
}

// TestPostForm: servers accept only the form as it was signed.
func TestPostForm(t *testing.T) {
	for _, c := range []struct {
		server string
		opts   Options
		// headers: it stores the form's headers, as S3 does. Ceph's gateway ignores all
		// except the content type.
		headers bool
	}{{testserver.Versitygw, Options{}, true}, {testserver.Ceph, cephOptions, false}} {
		t.Run(c.server, func(t *testing.T) {
			if c.server == testserver.Ceph {
				longtest.Only(t, "a second cluster of Ceph")
			}
			s := newSubject(t, c.server, c.opts)
			name := s.create(t)
			b := s.open(name)
			defer b.Close()
			t.Run("taken", func(t *testing.T) { formTaken(t, b, c.headers) })
			t.Run("refused", func(t *testing.T) { formRefused(t, b, s.create(t)) })
			t.Run("expired", func(t *testing.T) { formExpires(t, b) })
			t.Run("cors", func(t *testing.T) { formFromOrigin(t, s, b, name) })
		})
	}
}

var formAttributes = files.Attributes{
	CacheControl:       "no-store",
	ContentDisposition: "attachment",
	ContentLanguage:    "de",
	Metadata:           map[string]string{"k": "ä b", "other": "1"},
}

// formTaken: the file has the content, the type and the attributes that were bound, and
// both limits of the size are accepted.
func formTaken(t *testing.T, b files.Bucket, headers bool) {
	content := noise(1000)
	for name, c := range map[string]struct {
		o       PostOptions
		change  map[string]string
		content []byte
		want    string // content type
	}{
		"dir/plain ü+&.bin": {PostOptions{
			MaxSize:     1000,
			ContentType: "application/x-noise",
			Attributes:  formAttributes,
		}, nil, content, "application/x-noise"},
		"dir/prefix.png": {PostOptions{
			MaxSize:     1 << 20,
			MinSize:     1000,
			ContentType: "image/",
			Attributes:  formAttributes,
		}, map[string]string{"Content-Type": "image/png"}, content, "image/png"},
		"dir/empty": {PostOptions{MaxSize: 1, ContentType: "text/plain"}, nil, nil, "text/plain"},
	} {
		p := must(SignPost(t.Context(), b, name, &c.o))
		status, reply, _ := sendForm(t, p, c.change, c.content, "")
		if status/100 != 2 {
			t.Errorf("%s: %d %s, want 2xx", name, status, reply)
			continue
		}
		got, info := read(t, b, name, nil)
		a := c.o.Attributes
		if !headers {
			a = files.Attributes{Metadata: a.Metadata}
		}
		if !bytes.Equal(got,
			c.content) || info.ContentType != c.want || info.CacheControl != a.CacheControl ||
			info.ContentDisposition != a.ContentDisposition ||
			info.ContentLanguage != a.ContentLanguage || !maps.Equal(info.Metadata, a.Metadata) {
			t.Errorf("%s: %d bytes are there, %+v", name, len(got), info)
		}
	}
}

// formRefused: a form that differs from the signed one is refused, and stores nothing.
func formRefused(t *testing.T, b files.Bucket, other string) {
	const name = "refused/a.png"
	p := must(SignPost(t.Context(), b, name, &PostOptions{
		MaxSize:     1000,
		MinSize:     10,
		ContentType: "image/",
		Attributes:  formAttributes,
	}))
	typed := map[string]string{"Content-Type": "image/png"}
	policy := must(base64.StdEncoding.DecodeString(p.Fields["policy"]))
	larger := base64.StdEncoding.EncodeToString(bytes.Replace(policy, []byte("1000"),
		[]byte("9999"), 1))
	if larger == p.Fields["policy"] {
		t.Fatalf("the policy has no limit: %s", policy)
	}
	for what, c := range map[string]struct {
		change  map[string]string
		content []byte
	}{
		"too large":              {nil, noise(1001)},
		"too small":              {nil, noise(9)},
		"another name":           {map[string]string{"key": "refused/b.png"}, noise(100)},
		"another type":           {map[string]string{"Content-Type": "text/html"}, noise(100)},
		"another cache control":  {map[string]string{"Cache-Control": "public"}, noise(100)},
		"other metadata":         {map[string]string{"x-amz-meta-k": "changed"}, noise(100)},
		"more metadata":          {map[string]string{"x-amz-meta-new": "1"}, noise(100)},
		"another access list":    {map[string]string{"acl": "public-read"}, noise(100)},
		"a policy of other size": {map[string]string{"policy": larger}, noise(1001)},
		"another signature": {
			map[string]string{"X-Amz-Signature": strings.Repeat("0", 64)},
			noise(100),
		},
	} {
		change := maps.Clone(typed)
		maps.Copy(change, c.change)
		if status, reply, _ := sendForm(t, p, change, c.content, ""); status/100 != 4 {
			t.Errorf("%s: %d %s, want 4xx", what, status, reply)
		}
	}
	moved := p
	moved.URL = strings.Replace(p.URL, driver.Unwrap(b).(*backend).bucket, other, 1)
	if status, reply, _ := sendForm(t, moved, typed, noise(100),
		""); moved.URL == p.URL || status/100 != 4 {
		t.Errorf("another bucket: %d %s", status, reply)
	}
	for e, err := range b.List(t.Context(), "refused", nil) {
		t.Errorf("stored: %v, %v", e, err)
	}
	if status, reply, _ := sendForm(t, p, typed, noise(100), ""); status/100 != 2 {
		t.Errorf("as it was signed: %d %s, want 2xx", status, reply)
	}
}

// formExpires: the form is refused after its expiry, and with that reason.
func formExpires(t *testing.T, b files.Bucket) {
	p := must(SignPost(t.Context(), b, "expired", &PostOptions{MaxSize: 1000, Expiry: time.Second}))
	deadline := time.Now().Add(20 * time.Second)
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	for {
		status, reply, _ := sendForm(t, p, nil, noise(100), "")
		// the expiry in a policy has whole seconds
		early := time.Now().Before(p.Expires.Add(-time.Second))
		if status/100 == 4 {
			if !strings.Contains(reply, "xpired") || early {
				t.Errorf("refused with %d %s", status, reply)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it still works, 20 seconds later: %d %s", status, reply)
		}
		<-poll.C
	}
}

// formFromOrigin: with the rule in SignPost's documentation, a script of that origin
// can read the response, and a script of another origin can't.
func formFromOrigin(t *testing.T, s *subject, b files.Bucket, bucket string) {
	const origin = "https://app.example"
	_, err := s.admin.PutBucketCors(t.Context(), &s3.PutBucketCorsInput{
		Bucket: &bucket,
		CORSConfiguration: &types.CORSConfiguration{CORSRules: []types.CORSRule{{
			AllowedOrigins: []string{origin},
			AllowedMethods: []string{"POST"},
			AllowedHeaders: []string{"*"},
			ExposeHeaders:  []string{"ETag"},
			MaxAgeSeconds:  new(int32(3600)),
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := must(SignPost(t.Context(), b, "from/origin", &PostOptions{MaxSize: 1000}))
	for from, want := range map[string]string{origin: origin, "https://other.example": ""} {
		status, reply, h := sendForm(t, p, nil, noise(100), from)
		if status/100 != 2 || h.Get("Access-Control-Allow-Origin") != want ||
			want != "" && !strings.Contains(h.Get("Access-Control-Expose-Headers"), "ETag") {
			t.Errorf("from %s: %d %s %v", from, status, reply, h)
		}
		preflight, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, p.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		preflight.Header = http.Header{
			"Origin":                         {from},
			"Access-Control-Request-Method":  {"POST"},
			"Access-Control-Request-Headers": {"x-progress"},
		}
		resp, err := http.DefaultClient.Do(preflight)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want ||
			(resp.StatusCode == http.StatusOK) != (want != "") {
			t.Errorf("preflight from %s: %d, allowed is %q, want %q", from, resp.StatusCode, got,
				want)
		}
	}
}
