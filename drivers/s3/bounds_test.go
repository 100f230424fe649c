package s3

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestMemory: a put of 4 GiB of unknown length holds its parts and no more.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("4 GiB are sent")
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("ETag", `"1"`)
		switch {
		case r.Method == http.MethodPost && r.URL.Query().Has("uploads"):
			io.WriteString(w, `<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>`)
		case r.Method == http.MethodPost:
			io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"1-1"</ETag></CompleteMultipartUploadResult>`)
		}
	}))
	defer srv.Close()
	b := offline(srv.URL)
	defer b.Close()
	const size = 4 << 30
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	most, read := uint64(0), int64(0)
	_, err := b.Put(t.Context(), "a", readerFunc(func(p []byte) (int, error) {
		if read == size {
			return 0, io.EOF
		}
		if read%(64<<20) < int64(len(p)) {
			runtime.GC() // so that what is held is counted, and not what the collector has yet to take away
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapInuse)
		}
		n := min(int64(len(p)), size-read)
		read += n
		return int(n), nil
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	bound := uint64(DefaultPartSize*DefaultConcurrency + 32*mib)
	if most -= min(most, before.HeapInuse); most > bound {
		t.Errorf("%d MiB were in use at most, want %d", most>>20, bound>>20)
	}
	t.Logf("%d MiB were in use at most, %d allowed", most>>20, bound>>20)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestOpen: buckets of the same settings share a transport (X3), and what is wrong is named.
func TestOpen(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_REGION", "")
	open := func(u string) *backend {
		b := must(files.Open(t.Context(), u))
		t.Cleanup(func() { b.Close() })
		return driver.Unwrap(b).(*backend)
	}
	a, b := open("s3://a?region=eu-central-1"), open("s3://b?region=us-east-1&part_size=10485760&concurrency=3&checksum=none&etag=bare&conditions=put&ssetype=aws:kms&kmskeyid=k")
	if a.client.Options().HTTPClient != b.client.Options().HTTPClient {
		t.Error("two buckets have two transports")
	}
	if b.plan.PartSize != 10*mib || b.plan.Concurrency != 3 || !b.opts.BareETags || !b.opts.PutConditionsOnly || b.Features().Digests || b.opts.Defaults.Encryption != "aws:kms" || b.opts.Defaults.KMSKeyID != "k" {
		t.Errorf("%+v", b.opts)
	}
	if open("s3://a?region=x&request_checksum_calculation=when_required").Features().Digests {
		t.Error("when_required still stores checksums")
	}
	if r := open("s3://a?endpoint=http://127.0.0.1:1").sdk.Options().Region; r != "us-east-1" {
		t.Errorf("with an endpoint alone, the region is %q", r)
	}
	for u, want := range map[string]string{"s3://a": "region", "s3://a?region=x&endpoint=127.0.0.1:1": "http://", "s3://a?region=x&part_size=1": "part_size", "s3://a?region=x&etag=odd": "etag", "s3://a?region=x&ssetype=rot13": "ssetype"} {
		if _, err := files.Open(t.Context(), u); !errors.Is(err, files.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", u, err)
		}
	}
}

// TestSignPost: the policy binds what was asked for.
func TestSignPost(t *testing.T) {
	b := offline("http://127.0.0.1:1")
	defer b.Close()
	p := must(SignPost(t.Context(), b, "dir/a.png", &PostOptions{MaxSize: 1000, MinSize: 1, ContentType: "image/", Expiry: time.Hour, Attributes: files.Attributes{CacheControl: "no-store", Metadata: map[string]string{"k": "ä"}}}))
	var policy struct {
		Expiration time.Time
		Conditions []any
	}
	if err := json.Unmarshal(must(base64.StdEncoding.DecodeString(p.Fields["policy"])), &policy); err != nil {
		t.Fatal(err)
	}
	for _, want := range []any{[]any{"content-length-range", 1.0, 1000.0}, []any{"starts-with", "$Content-Type", "image/"}, map[string]any{"Cache-Control": "no-store"}, map[string]any{"x-amz-meta-k": "%C3%A4"}, map[string]any{"key": "dir/a.png"}, map[string]any{"bucket": "bucket"}} {
		found := false
		for _, c := range policy.Conditions {
			found = found || reflect.DeepEqual(c, want)
		}
		if !found {
			t.Errorf("the policy has no %v: %v", want, policy.Conditions)
		}
	}
	if p.Fields["key"] != "dir/a.png" || p.Fields["Cache-Control"] != "no-store" || p.Fields["x-amz-meta-k"] != "%C3%A4" || policy.Expiration.Sub(p.Expires).Abs() > 5*time.Second || strings.Contains(fmt.Sprint(p), p.Fields["policy"]) {
		t.Errorf("%v, %v until %v", p, p.Fields, policy.Expiration)
	}
	sub := must(files.Sub(b, "dir"))
	for _, c := range []struct {
		b    files.Bucket
		name string
		o    PostOptions
		want error
	}{{b, "a//b", PostOptions{MaxSize: 1}, files.ErrInvalidName}, {b, "a", PostOptions{}, files.ErrInvalid}, {b, "a", PostOptions{MaxSize: 1, MinSize: 2}, files.ErrInvalid},
		{b, "a", PostOptions{MaxSize: 1, Expiry: 8 * 24 * time.Hour}, files.ErrInvalid}, {sub, "a", PostOptions{MaxSize: 1}, files.ErrUnsupported}} {
		if _, err := SignPost(t.Context(), c.b, c.name, &c.o); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.o, err, c.want)
		}
	}
}
