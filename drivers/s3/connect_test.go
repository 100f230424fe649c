package s3

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// page is an empty listing.
const page = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"

// s3Says answers with an error of S3:
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func s3Says(w http.ResponseWriter, r *http.Request, status int, code string) {
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		xml.NewEncoder(w).Encode(struct {
			XMLName xml.Name `xml:"Error"`
			Code    string
		}{Code: code})
	}
}

// found answers a HEAD or GET of an object.
func found(w http.ResponseWriter) {
	w.Header().Set("ETag", `"e"`)
	w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
	w.Header().Set("Content-Length", "0")
}

// plainEnvironment removes this machine's configuration from the environment.
func plainEnvironment(t *testing.T) (sharedFile string) {
	t.Helper()
	dir := t.TempDir()
	sharedFile = filepath.Join(dir, "credentials")
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_EC2_METADATA_DISABLED",
		"AWS_MAX_ATTEMPTS", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", sharedFile)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("HOME", dir)
	return sharedFile
}

func serving(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

// quick makes retries that take no time.
const quick = "&store=aws&retry_delay=1ms&retry_max_delay=1ms"

func mustOpen(t *testing.T, u string) files.Bucket {
	t.Helper()
	b, err := files.Open(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// TestPathStyleOfAloneHosts: the bucket isn't put in front of an endpoint's host that
// can have no names below it.
func TestPathStyleOfAloneHosts(t *testing.T) {
	plainEnvironment(t)
	var path, host atomic.Value
	addr := serving(t, func(w http.ResponseWriter, r *http.Request) {
		path.Store(r.URL.Path)
		host.Store(r.Host)
		found(w)
	})
	u, _ := url.Parse(addr)
	for endpoint, want := range map[string]string{
		"http://localhost:" + u.Port():          "/bucket/a",
		"HTTP://127.0.0.1:" + u.Port() + "/":    "/bucket/a",
		"http://127.0.0.1:" + u.Port() + "/s3/": "/s3/bucket/a",
	} {
		b := mustOpen(t, "s3://bucket?anonymous=true&region=x&endpoint="+
			url.QueryEscape(endpoint)+quick)
		if _, err := b.Stat(t.Context(), "a", nil); err != nil {
			t.Errorf("%s: %v, want nil", endpoint, err)
		} else if got := path.Load(); got != want {
			t.Errorf("%s: the path is %s, want %s", endpoint, got, want)
		}
	}
	// An explicit parameter is kept.
	b := mustOpen(t, "s3://bucket?anonymous=true&region=x&use_path_style=false"+
		"&endpoint=http://localhost:1")
	if driver.Unwrap(b).(*backend).sdk.Options().UsePathStyle {
		t.Error("use_path_style=false is ignored")
	}
}

// TestNoCredentials: without credentials, whether the machine's metadata service
// answers or is silent, the error says what to set, within one call and without a
// request to the store.
func TestNoCredentials(t *testing.T) {
	var got atomic.Int32
	store := serving(t, func(w http.ResponseWriter, _ *http.Request) { got.Add(1); found(w) })
	for name, h := range map[string]http.HandlerFunc{
		"silent":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"no role": http.NotFound,
	} {
		t.Run(name, func(t *testing.T) {
			plainEnvironment(t)
			var metadata atomic.Int32
			addr := serving(t, func(w http.ResponseWriter, r *http.Request) {
				metadata.Add(1)
				h(w, r)
			})
			t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", addr)
			b := mustOpen(t, "s3://bucket?region=x&endpoint="+store+"&retry_delay=1ms")
			begin := time.Now()
			_, err := b.Stat(t.Context(), "a", nil)
			if !errors.Is(err, files.ErrPermission) ||
				!strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") ||
				!strings.Contains(err.Error(), "anonymous=true") {
				t.Errorf("Stat(a) = %v, want ErrPermission, a text with %q and a text with %q", err,
					"AWS_ACCESS_KEY_ID", "anonymous=true")
			}
			if n := metadata.Load(); n > 6 {
				t.Errorf("%d requests to the metadata service, want at most 6", n)
			}
			if took := time.Since(begin); took > 10*metadataTime {
				t.Errorf("it took %v, want at most %v", took, 10*metadataTime)
			}
			if got.Load() > 0 {
				t.Error("the store got a request without a signature")
			}
		})
	}
}

// TestInstanceRole: a machine that has a role works. The responses are those of
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
func TestInstanceRole(t *testing.T) {
	plainEnvironment(t)
	addr := serving(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut:
			w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
			io.WriteString(w, "token")
		case strings.HasSuffix(r.URL.Path, "/role"):
			io.WriteString(w, `{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ROLEKEY",`+
				`"SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}`)
		default:
			io.WriteString(w, "role")
		}
	})
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", addr)
	store := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Authorization"), "Credential=ROLEKEY/") {
			s3Says(w, r, http.StatusForbidden, "AccessDenied")
			return
		}
		found(w)
	})
	b := mustOpen(t, "s3://bucket?region=x&endpoint="+store)
	if _, err := b.Stat(t.Context(), "a", nil); err != nil {
		t.Errorf("Stat(a) = %v, want nil", err)
	}
}

// TestRotatedKeys: credentials of a file are read again if the store no longer accepts
// them, and the call is retried once. A key that hasn't changed costs one request.
func TestRotatedKeys(t *testing.T) {
	for _, code := range []string{"InvalidAccessKeyId", "ExpiredToken", "SignatureDoesNotMatch"} {
		t.Run(code, func(t *testing.T) {
			file := plainEnvironment(t)
			write := func(key string) {
				text := "[default]\naws_access_key_id=" + key + "\naws_secret_access_key=secret\n"
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write("OLD")
			var requests atomic.Int32
			store := serving(t, func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				requests.Add(1)
				switch status := http.StatusForbidden; {
				case !strings.Contains(r.Header.Get("Authorization"), "Credential=NEW/"):
					if code == "ExpiredToken" {
						status = http.StatusBadRequest
					}
					s3Says(w, r, status, code)
				case r.URL.Query().Has("list-type"):
					io.WriteString(w, page)
				default:
					found(w)
				}
			})
			open := func() files.Bucket {
				return mustOpen(t, "s3://bucket?region=x&endpoint="+store+quick)
			}
			for name, do := range map[string]func(files.Bucket) error{
				"Stat": func(b files.Bucket) error {
					_, err := b.Stat(t.Context(), "a", nil)
					return err
				},
				"Put": func(b files.Bucket) error {
					_, err := files.PutString(t.Context(), b, "a", "content", nil)
					return err
				},
				"List": func(b files.Bucket) error {
					for _, err := range b.List(t.Context(), "", nil) {
						return err
					}
					return nil
				},
				"Delete": func(b files.Bucket) error { return b.Delete(t.Context(), "a", nil) },
			} {
				write("OLD")
				b := open()
				requests.Store(0)
				want := int32(1)
				if name == "Stat" && code == "ExpiredToken" {
					want = 2 // a HEAD's 400 has no reason, so a GET requests it
				}
				if err := do(b); !errors.Is(err, files.ErrPermission) || requests.Load() != want {
					t.Errorf("%s with an old key: %v, %d requests, want ErrPermission and %v", name,
						err, requests.Load(), want)
				}
				write("NEW")
				requests.Store(0)
				if err := do(b); err != nil || requests.Load() != 2 {
					t.Errorf("%s after the rotation: %v, %d requests, want nil and 2", name, err,
						requests.Load())
				}
				if err := do(b); err != nil || requests.Load() != 3 {
					t.Errorf("%s then: %v, %d requests, want nil and 3", name, err, requests.Load())
				}
			}
		})
	}
}

// TestClockSkew: the first call is retried with the time of the response's Date.
func TestClockSkew(t *testing.T) {
	plainEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	ahead := func() time.Time { return time.Now().Add(2 * time.Hour) }
	for _, code := range []string{"RequestTimeTooSkewed", "RequestExpired"} {
		for _, method := range []string{"Stat", "Put"} {
			var requests atomic.Int32
			store := serving(t, func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				requests.Add(1)
				w.Header().Set("Date", ahead().UTC().Format(http.TimeFormat))
				at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
				if err != nil || ahead().Sub(at).Abs() > 15*time.Minute {
					s3Says(w, r, http.StatusForbidden, code)
					return
				}
				found(w)
			})
			b := mustOpen(t, "s3://bucket?region=x&endpoint="+store+quick)
			var err error
			if method == "Put" {
				_, err = files.PutString(t.Context(), b, "a", "content", nil)
			} else {
				_, err = b.Stat(t.Context(), "a", nil)
			}
			if err != nil || requests.Load() != 2 {
				t.Errorf("%s, %s: %v, %d requests, want nil and 2", code, method, err,
					requests.Load())
			}
		}
	}
}

// TestRequesterPays: every request has the header, and a signed URL has it too.
func TestRequesterPays(t *testing.T) {
	plainEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	store := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Request-Payer") != "requester" {
			s3Says(w, r, http.StatusForbidden, "AccessDenied")
			return
		}
		if r.URL.Query().Has("list-type") {
			io.WriteString(w, page)
			return
		}
		found(w)
	})
	b := mustOpen(t, "s3://bucket?region=x&request_payer=requester&endpoint="+store)
	if _, err := b.Stat(t.Context(), "a", nil); err != nil {
		t.Errorf("Stat(a) = %v, want nil", err)
	}
	for _, err := range b.List(t.Context(), "", nil) {
		t.Error(err)
	}
	s, err := files.SignURL(t.Context(), b, "a", &files.SignOptions{Expiry: time.Minute})
	if err != nil || http.Header(s.Header).Get("X-Amz-Request-Payer") == "" &&
		!strings.Contains(strings.ToLower(s.URL), "x-amz-request-payer") {
		t.Errorf("the signed URL %s with %v, %v, doesn't name who pays", s.URL, s.Header, err)
	}
	b = mustOpen(t, "s3://bucket?region=x&endpoint="+store)
	if _, err := b.Stat(t.Context(), "a", nil); !errors.Is(err, files.ErrPermission) {
		t.Errorf("Stat(a) = %v, want ErrPermission", err)
	}
	_, err = files.Open(t.Context(), "s3://bucket?request_payer=me")
	if !errors.Is(err, files.ErrInvalid) {
		t.Errorf("Open = %v, want ErrInvalid", err)
	}
}

// TestAcceptEncodingUnsigned: a header that something on the way changes is sent and
// not signed.
func TestAcceptEncodingUnsigned(t *testing.T) {
	plainEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	var signed, sent atomic.Value
	store := serving(t, func(w http.ResponseWriter, r *http.Request) {
		_, list, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
		list, _, _ = strings.Cut(list, ",")
		signed.Store(list)
		sent.Store(r.Header.Get("Accept-Encoding"))
		found(w)
	})
	for params, want := range map[string]bool{
		"":                                     true,
		"&sign_accept_encoding=false":          false,
		"&store=gcs":                           false,
		"&store=gcs&sign_accept_encoding=true": true,
		"&store=minio&sign_accept_encoding=false": false,
	} {
		b := mustOpen(t, "s3://bucket?region=x&endpoint="+store+params)
		if _, err := b.Stat(t.Context(), "a", nil); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(signed.Load().(string), "accept-encoding"); got != want {
			t.Errorf("%s: signed %v, in %s, want %v", params, got, signed.Load(), want)
		}
		if sent.Load() != "identity" {
			t.Errorf("%s: sent %q, want %q", params, sent.Load(), "identity")
		}
	}
}

// TestTimeouts: Options.Timeout bounds the requests of every HTTP client of a caller.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	addr := serving(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	for name, by := range map[string]aws.HTTPClient{
		"net/http's": http.DefaultClient,
		"the SDK's":  awshttp.NewBuildableClient(),
		"another":    doer{},
	} {
		c := offlineClient(addr)
		client := derive(c, func(o *s3.Options) { o.HTTPClient = by })
		b := New(client, "bucket", &Options{
			Timeout: 200 * time.Millisecond,
			Retry:   &retry.Policy{Attempts: 2, Delay: time.Millisecond},
		})
		_, err := b.Stat(t.Context(), "a", nil)
		if !errors.Is(err, files.ErrUnavailable) || !strings.Contains(err.Error(), "timeout=") ||
			errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v, want ErrUnavailable, a text with %q and not context.DeadlineExceeded",
				name, err, "timeout=")
		}
	}
}

type doer struct{}

func (doer) Do(r *http.Request) (*http.Response, error) {
	return http.DefaultTransport.RoundTrip(r)
}
