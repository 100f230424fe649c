package all

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
)

// environment sets the variables that the SDKs read, so that none of the machine's
// configuration is used.
func environment(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	t.Setenv("AZURE_STORAGE_ACCOUNT", "devstoreaccount1")
	t.Setenv("AZURE_STORAGE_KEY", base64.StdEncoding.EncodeToString([]byte("key")))
	t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "")
	t.Setenv("STORAGE_EMULATOR_HOST", "")
}

func open(t *testing.T, url string) files.Bucket {
	t.Helper()
	b, err := files.Open(t.Context(), url)
	if err != nil {
		t.Fatalf("files.Open of %s: %v", url, err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// TestSchemes: every scheme opens its own driver, without a request.
func TestSchemes(t *testing.T) {
	environment(t)
	dir := t.TempDir()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		url  string
		want func(f files.Features) bool
	}{
		{"s3://bucket?region=us-east-1", func(f files.Features) bool {
			return f.Versions && !f.VersionPerPut && f.IfVersion && f.DeleteIfVersion &&
				f.Digests && f.SignGet && f.SignPut && f.SignDelete
		}},
		{"gocloud+s3://bucket?region=us-east-1", func(f files.Features) bool {
			return f.Versions && !f.VersionPerPut && f.Ordered && f.SignGet && f.SignPut &&
				!f.SignDelete && f.MaxUnknownSize > 0 && !f.Digests
		}},
		{"gs://bucket?anonymous=true", func(f files.Features) bool {
			return f.Versions && f.VersionPerPut && f.Ordered && !f.SignGet && f.Digests
		}},
		{"azblob://container", func(f files.Features) bool {
			return f.IfVersion && f.VersionPerPut && f.Ordered && f.Digests && f.SignGet &&
				f.SignDelete && !f.SignContentType && !f.AnyName
		}},
		{"gocloud+azblob://container", func(f files.Features) bool {
			return f.Versions && f.VersionPerPut && !f.Ordered && f.SignGet && f.SignDelete
		}},
		{"mem://", func(f files.Features) bool { return f.IfVersion }},
		{"file://" + dir, func(f files.Features) bool { return f.IfVersion && f.Durable }},
		{"file://" + dir + "?base_url=/f&secret_key_path=" + key, func(f files.Features) bool {
			return f.SignGet && f.SignPut
		}},
		{"gocloud+mem://", func(f files.Features) bool {
			return f.Atomic && !f.Durable && !f.Versions
		}},
		{"gocloud+file://" + dir, func(f files.Features) bool {
			return !f.Atomic && !f.IfAbsent && f.Ordered
		}},
	} {
		b := open(t, c.url)
		if f := b.Features(); !c.want(f) {
			t.Errorf("%s: features are %+v", c.url, f)
		}
		ours := strings.HasPrefix(c.url,
			"mem:") || strings.HasPrefix(c.url,
			"file:") || strings.HasPrefix(c.url, "s3:") || strings.HasPrefix(c.url, "azblob:")
		if _, ok := files.As[*blob.Bucket](b); ok == ours {
			t.Errorf("%s is a *blob.Bucket: %v, want %v", c.url, ok, !ours)
		}
	}
}

// TestBadURLs: the error for a bad URL says what is wrong and shows no secret, though
// the Go CDK's errors quote the URL.
func TestBadURLs(t *testing.T) {
	environment(t)
	for url, want := range map[string]string{
		"s3://bucket?region=x&unheard=1":                           `"unheard"`,
		"s3://bucket?region=x&session_token=hunter2":               `"session_token"`,
		"s3://?region=x":                                           "bucket's name",
		"s3://user:hunter2@bucket?use_path_style=hardly":           "s3",
		"gs://bucket?access_id=hunter2&wrong=1":                    `"wrong"`,
		"azblob://c?sas_token=hunter2":                             `"sas_token"`,
		"gocloud+file:///tmp?base_url=x&secret_key_path=/hunter2":  "does not exist",
		"gocloud+file:///none-there?metadata=all&password=hunter2": `"password"`,
	} {
		_, err := files.Open(t.Context(), url)
		if !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", url, err)
			continue
		}
		if s := err.Error(); !strings.Contains(s, want) || strings.Contains(s, "hunter2") {
			t.Errorf("the error of %s is %v, want %q in it and no secret", url, err, want)
		}
	}
}

// TestServiceErrors: the services' errors, as the SDKs return them, become the right
// sentinels, though drivers/gocloud doesn't link the SDKs (E2, E3).
func TestServiceErrors(t *testing.T) {
	environment(t)
	var status int
	var code string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path,
			"/storage/v1") || strings.HasPrefix(r.URL.Path, "/upload/storage"):
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			w.Write([]byte(`{"error":{"code":` + strconv.Itoa(status) + `,"message":"` + code +
				`"}}`))
		default:
			w.Header().Set("Content-Type", "application/xml")
			w.Header().Set("x-ms-error-code", code)
			w.WriteHeader(status)
			w.Write([]byte(`<?xml version="1.0"?><Error><Code>` + code +
				`</Code><Message>of bucket-or-key</Message></Error>`))
		}
	}))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	t.Setenv("STORAGE_EMULATOR_HOST", host)
	// 1 leaves nothing for retries
	s3 := open(t,
		"gocloud+s3://bucket?region=us-east-1&use_path_style=true&rate_limiter_capacity=1"+
			"&endpoint="+srv.URL)
	gs := open(t, "gs://bucket?anonymous=true")
	az := open(t, "gocloud+azblob://container?protocol=http&domain="+host)
	list := func(ctx context.Context, b files.Bucket) error {
		for _, err := range b.List(ctx, "", nil) {
			return err
		}
		return nil
	}
	stat := func(ctx context.Context, b files.Bucket) error {
		_, err := b.Stat(ctx, "n", nil)
		return err
	}
	create := func(ctx context.Context, b files.Bucket) error {
		_, err := b.Put(ctx, "n", strings.NewReader("x"), &files.PutOptions{If: files.IfAbsent()})
		return err
	}
	for _, c := range []struct {
		name   string
		b      files.Bucket
		do     func(context.Context, files.Bucket) error
		status int
		code   string
		want   error
	}{
		{"S3 list", s3, list, 404, "NoSuchBucket", files.ErrNoBucket},
		{"S3 list", s3, list, 403, "AccessDenied", files.ErrPermission},
		{"S3 stat", s3, stat, 404, "", files.ErrNotExist},
		{"S3 stat", s3, stat, 403, "", files.ErrPermission},
		{"S3 list", s3, list, 503, "SlowDown", files.ErrUnavailable},
		{"S3 create", s3, create, 412, "PreconditionFailed", files.ErrExist},
		{"S3 create", s3, create, 409, "ConditionalRequestConflict", files.ErrUnavailable},
		{"S3 create", s3, create, 500, "InternalError", files.ErrUncertain},
		{"S3 create", s3, create, 403, "AccessDenied", files.ErrPermission},
		{"GCS list", gs, list, 403, "denied", files.ErrPermission},
		{"GCS stat", gs, stat, 403, "denied", files.ErrPermission},
		{"GCS stat", gs, stat, 404, "No such object", files.ErrNotExist},
		{"GCS list", gs, list, 404, "The specified bucket does not exist.", files.ErrNoBucket},
		{"GCS stat", gs, stat, 404, "The specified bucket does not exist.", files.ErrNoBucket},
		{"GCS create", gs, create, 412, "conditionNotMet", files.ErrExist},
		{"Azure list", az, list, 404, "ContainerNotFound", files.ErrNoBucket},
		{"Azure stat", az, stat, 404, "BlobNotFound", files.ErrNotExist},
		{"Azure stat", az, stat, 404, "ContainerNotFound", files.ErrNoBucket},
		{"Azure list", az, list, 403, "AuthorizationFailure", files.ErrPermission},
		{"Azure create", az, create, 409, "BlobAlreadyExists", files.ErrExist},
	} {
		status, code = c.status, c.code
		err := c.do(t.Context(), c.b)
		if files.KindOf(err) != c.want {
			t.Errorf("%s, %d %s: %v, want %v", c.name, c.status, c.code, err, c.want)
			continue
		}
		if s := err.Error(); strings.Contains(s,
			host) || strings.Contains(s, "bucket-or-key") || strings.Contains(s, "container") {
			t.Errorf("%s, %d %s: the text is %q, want no %q, no %q and no %q", c.name, c.status,
				c.code, s, host, "bucket-or-key", "container")
		}
	}
}

// TestFailedPutSendsNothing: with each SDK, content whose reader fails half-way makes
// no object and no panic (P2).
func TestFailedPutSendsNothing(t *testing.T) {
	environment(t)
	var whole atomic.Int64 // requests whose body came whole
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if n > 0 && err == nil {
			whole.Add(1)
		}
		w.Header().Set("ETag", `"1"`)
		w.WriteHeader(http.StatusCreated)
	}))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	t.Setenv("STORAGE_EMULATOR_HOST", host)
	for _, url := range []string{
		"s3://bucket?store=aws&region=us-east-1&use_path_style=true&endpoint=" + srv.URL,
		"gocloud+s3://bucket?region=us-east-1&use_path_style=true&endpoint=" + srv.URL,
		"gs://bucket?anonymous=true", "azblob://container?protocol=http&domain=" + host,
		"gocloud+azblob://container?protocol=http&domain=" + host,
	} {
		b := open(t, url)
		broken := errors.New("broken")
		size := int64(5)
		for what, c := range map[string]struct {
			content io.Reader
			opts    *files.PutOptions
			want    error
		}{
			"fails": {io.MultiReader(strings.NewReader(strings.Repeat("x", 1000)),
				iotest.ErrReader(broken)), nil, broken},
			"is too short": {strings.NewReader("four"), &files.PutOptions{
				Size: &size,
				If:   files.IfAbsent(),
			}, files.ErrCorrupt},
			"is another": {
				strings.NewReader("four"),
				&files.PutOptions{Digest: files.Digest{MD5: strings.Repeat("0", 32)}},
				files.ErrCorrupt,
			},
		} {
			if _, err := b.Put(t.Context(), "n.txt", c.content, c.opts); !errors.Is(err, c.want) {
				t.Errorf("%s: content that %s: %v, want %v", url, what, err, c.want)
			}
			if n := whole.Swap(0); n != 0 {
				t.Errorf("%s: content that %s: %d requests came whole, want 0", url, what, n)
			}
		}
		if _, err := b.Put(t.Context(), "n.txt", strings.NewReader("whole"),
			nil); whole.Swap(0) == 0 {
			t.Errorf("%s: valid content sent nothing: %v", url, err) // the test would prove nothing
		}
	}
}
