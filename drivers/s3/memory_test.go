package s3

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/smithy-go/logging"
)

// TestMemory: a put of 4 GiB of unknown length holds its parts and no more.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("long: 4 GiB are sent")
	}
	longtest.Only(t, "4 GiB are sent")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("ETag", `"1"`)
		switch {
		case r.Method == http.MethodPost && r.URL.Query().Has("uploads"):
			io.WriteString(w,
				`<InitiateMultipartUploadResult><UploadId>u</UploadId>`+
					`</InitiateMultipartUploadResult>`)
		case r.Method == http.MethodPost:
			io.WriteString(w,
				`<CompleteMultipartUploadResult><ETag>"1-1"</ETag></CompleteMultipartUploadResult>`)
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
			// so that what is held is counted, and not what the collector has yet to
			// take away
			runtime.GC()
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

// TestOpen: buckets of the same settings share a transport (X3), and what is wrong is
// named.
func TestOpen(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_REGION", "")
	open := func(u string) *backend {
		b := must(files.Open(t.Context(), u))
		t.Cleanup(func() { b.Close() })
		return driver.Unwrap(b).(*backend)
	}
	a, b := open("s3://a?region=eu-central-1"),
		open("s3://b?region=us-east-1&part_size=10485760&concurrency=3&checksum=none&etag=bare"+
			"&conditions=put&ssetype=aws:kms&kmskeyid=k")
	if a.client.Options().HTTPClient != b.client.Options().HTTPClient {
		t.Error("two buckets have two transports")
	}
	if l, ok := a.sdk.Options().Logger.(logging.Nop); !ok {
		t.Errorf("the SDK logs, with %T", l)
	}
	if b.plan.PartSize != 10*mib || b.plan.Concurrency != 3 || !b.opts.BareETags ||
		b.known.is(DeleteIf) != NotKept || b.Features().Digests ||
		b.opts.Defaults.Encryption != "aws:kms" || b.opts.Defaults.KMSKeyID != "k" {
		t.Errorf("%+v", b.opts)
	}
	if open("s3://a?region=x&request_checksum_calculation=when_required").Features().Digests {
		t.Error("when_required still stores checksums")
	}
	if r := open("s3://a?endpoint=http://127.0.0.1:1").sdk.Options().Region; r != "us-east-1" {
		t.Errorf("with an endpoint alone, the region is %q", r)
	}
	for u, want := range map[string]string{
		"s3://a":                               "region",
		"s3://a?region=x&endpoint=127.0.0.1:1": "http://",
		"s3://a?region=x&part_size=1":          "part_size",
		"s3://a?region=x&etag=odd":             "etag",
		"s3://a?region=x&ssetype=rot13":        "ssetype",
	} {
		if _, err := files.Open(t.Context(),
			u); !errors.Is(err, files.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", u, err)
		}
	}
}
