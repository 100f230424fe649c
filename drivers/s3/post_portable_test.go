package s3

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/signing"
)

// TestFormFields: each field of a form that is signed with temporary credentials is in
// the policy with its value, and each exact condition is a field or the bucket's name.
func TestFormFields(t *testing.T) {
	b := offline("http://127.0.0.1:1") // with a session token
	defer b.Close()
	for what, o := range map[string]signing.PostOptions{
		"all": {
			MaxSize:     1000,
			ContentType: "image/png",
			Redirect:    "https://app.example/done",
			Attributes:  formAttributes,
		},
		"status": {MaxSize: 1, Status: 201, ContentType: "image/"},
		"below":  {MaxSize: 1, Below: true},
	} {
		p := must(signing.SignPost(t.Context(), b, "dir/a", &o))
		var policy struct{ Conditions []any }
		if err := json.Unmarshal(must(base64.StdEncoding.DecodeString(p.Fields["policy"])),
			&policy); err != nil {
			t.Fatal(err)
		}
		exact, prefix := map[string]string{}, map[string]string{}
		for _, c := range policy.Conditions {
			switch c := c.(type) {
			case map[string]any:
				for k, v := range c {
					exact[k] = v.(string)
				}
			case []any:
				if c[0] == "starts-with" {
					prefix[strings.TrimPrefix(c[1].(string), "$")] = c[2].(string)
				}
			}
		}
		for k, v := range p.Fields {
			start, ok := prefix[k]
			if k != "policy" && k != "X-Amz-Signature" && exact[k] != v &&
				!(ok && strings.HasPrefix(v, start)) {
				t.Errorf("%s: the field %s isn't in the policy: %v", what, k, policy.Conditions)
			}
		}
		for k, v := range exact {
			if p.Fields[k] != v && k != "bucket" {
				t.Errorf("%s: the condition %s isn't a field: %v", what, k, p.Fields)
			}
		}
		if exact["X-Amz-Security-Token"] != "s3ss10ntoken" || exact["bucket"] != "bucket" {
			t.Errorf("%s: the policy has no token or bucket: %v", what, exact)
		}
	}
	if _, err := signing.SignPost(t.Context(), b, "a", &signing.PostOptions{
		MaxSize: 5<<30 + 1,
	}); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("SignPost of more than 5 GiB = %v, want ErrInvalid", err)
	}
}

// TestPortableForm: every S3 server in CI accepts a form that the portable function
// signs, for a file and below a directory, through a Sub, and refuses a form that
// differs.
func TestPortableForm(t *testing.T) {
	onEachServer(t, func(t *testing.T, b files.Bucket) {
		portableForm(t, must(files.Sub(b, "tenant")))
	})
}

// onEachServer calls f with a bucket of each S3 server in CI. Without the long tests it
// is versitygw alone.
func onEachServer(t *testing.T, f func(t *testing.T, b files.Bucket)) {
	for name, opts := range map[string]Options{
		testserver.Versitygw: {},
		testserver.Minio:     {Profile: minio},
		testserver.Ceph:      cephOptions,
	} {
		t.Run(name, func(t *testing.T) {
			if name != testserver.Versitygw {
				longtest.Only(t, "a second server")
			}
			s := newSubject(t, name, opts)
			b := s.open(s.create(t))
			defer b.Close()
			f(t, b)
		})
	}
}

func portableForm(t *testing.T, b files.Bucket) {
	p := must(signing.SignPost(t.Context(), b, "a.png", &signing.PostOptions{
		MaxSize:     1000,
		MinSize:     1,
		ContentType: "image/png",
		Status:      http.StatusCreated,
		Expiry:      time.Hour,
		Attributes:  files.Attributes{Metadata: map[string]string{"k": "v"}},
	}))
	for what, c := range map[string]struct {
		change map[string]string
		size   int
	}{
		"one byte over":  {nil, 1001},
		"one byte under": {nil, 0},
		"another key":    {map[string]string{"key": "tenant/b.png"}, 10},
		"another type":   {map[string]string{"Content-Type": "text/html"}, 10},
		"extra metadata": {map[string]string{"x-amz-meta-other": "v"}, 10},
	} {
		if status, body, _ := sendForm(t, p, c.change, noise(c.size), ""); status/100 != 4 {
			t.Errorf("%s: %d %s, want 4xx", what, status, body)
		}
	}
	for e, err := range b.List(t.Context(), "", nil) {
		t.Errorf("stored: %v, %v", e, err)
	}
	for _, size := range []int{1, 1000} {
		if status, body, _ := sendForm(t, p, nil, noise(size), ""); status != 201 {
			t.Errorf("%d bytes: %d %s, want 201", size, status, body)
		}
		if info := must(b.Stat(t.Context(), "a.png", nil)); info.Size != int64(size) ||
			info.ContentType != "image/png" || info.Metadata["k"] != "v" {
			t.Errorf("info = %+v, want Size %v, ContentType %q and %q", info, int64(size),
				"image/png", "v")
		}
	}
	p = must(signing.SignPost(t.Context(), b, "box", &signing.PostOptions{
		MaxSize: 1000,
		Below:   true,
	}))
	for key, ok := range map[string]bool{
		"tenant/box/b/c": true, "tenant/boxer/c": false, "other": false,
	} {
		change := map[string]string{"key": key}
		if status, body, _ := sendForm(t, p, change, noise(10), ""); (status/100 == 2) != ok {
			t.Errorf("a form with the key %s: status %d, %s, want it accepted: %v",
				key, status, body, ok)
		}
	}
	if _, err := b.Stat(t.Context(), "box/b/c", nil); err != nil {
		t.Errorf("the file below: %v, want nil", err)
	}
}
