package all

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
)

// secretOfTransfers is in the headers or the URL of every request.
const secretOfTransfers = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"

// secretly opens a bucket of each service whose requests contain the secret.
var secretly = map[string]func(t *testing.T, scheme, host, params string) (files.Bucket, error){
	"s3": func(t *testing.T, scheme, host, params string) (files.Bucket, error) {
		t.Setenv("AWS_SECRET_ACCESS_KEY", secretOfTransfers)
		t.Setenv("AWS_SESSION_TOKEN", secretOfTransfers)
		return files.Open(t.Context(), "s3://bucket?store=aws&region=x&endpoint="+
			url.QueryEscape(scheme+"://"+host)+"&part_size=5242880&retry_attempts=1"+params)
	},
	"azblob": func(t *testing.T, scheme, host, params string) (files.Bucket, error) {
		t.Setenv("AZURE_STORAGE_KEY", "")
		t.Setenv("AZURE_STORAGE_DOMAIN", host)
		t.Setenv("AZURE_STORAGE_PROTOCOL", scheme)
		t.Setenv("AZURE_STORAGE_SAS_TOKEN", "sv=2026-06-06&se=2099-01-01&sp=rwdl&sig="+
			secretOfTransfers)
		return files.Open(t.Context(), "azblob://c?part_size=5242880&retry_attempts=1"+params)
	},
}

// TestNoSecretOfATransfer: with a host that is unknown, refuses connections, doesn't
// speak TLS, refuses requests and repeats them in its response, or is silent, no secret
// is in a transfer's plan, events and errors, nor in an upload's token and events, nor in
// the list of unfinished uploads (E1).
func TestNoSecretOfATransfer(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "<Error><Code>AccessDenied</Code><Message>%s %s %v</Message></Error>",
			r.Method, r.URL, r.Header)
	}
	for service, open := range secretly {
		for what, place := range map[string]func(t *testing.T) (scheme, host string){
			"unknown host": func(*testing.T) (string, string) { return "https", "nowhere.invalid" },
			"refused": func(t *testing.T) (string, string) {
				return "http", strings.TrimPrefix(proxy.Refused(t), "http://")
			},
			"no TLS": func(t *testing.T) (string, string) {
				srv := httptest.NewServer(http.HandlerFunc(echo))
				t.Cleanup(srv.Close)
				return "https", strings.TrimPrefix(srv.URL, "http://")
			},
			"forbidden": func(t *testing.T) (string, string) {
				srv := httptest.NewServer(http.HandlerFunc(echo))
				t.Cleanup(srv.Close)
				return "http", strings.TrimPrefix(srv.URL, "http://")
			},
			"silent": func(t *testing.T) (string, string) {
				host, _ := silentServer(t)
				return "http", host
			},
			"sound": func(t *testing.T) (string, string) {
				srv := httptest.NewServer(&uploads{changed: make(chan struct{})})
				t.Cleanup(srv.Close)
				return "http", strings.TrimPrefix(srv.URL, "http://")
			},
		} {
			t.Run(service+", "+what, func(t *testing.T) {
				environment(t)
				scheme, host := place(t)
				params := ""
				if what == "silent" || what == "unknown host" {
					params = "&timeout=100ms"
				}
				b, err := open(t, scheme, host, params)
				if err != nil {
					t.Fatal(err)
				}
				defer b.Close()
				s := &said{}
				s.transfers(t, b)
				s.uploads(t, b, what == "sound")
				s.mu.Lock()
				defer s.mu.Unlock()
				if s.failed == 0 && what != "sound" {
					t.Error("nothing failed")
				}
				for _, text := range s.texts {
					if strings.Contains(strings.ToLower(text),
						strings.ToLower(secretOfTransfers[:12])) {
						t.Errorf("the secret is in %.2000s", text)
					}
				}
			})
		}
	}
}

// said collects what a program may print.
type said struct {
	mu     sync.Mutex
	texts  []string
	failed int
}

func (s *said) add(v any) {
	object, _ := json.Marshal(v)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts = append(s.texts, fmt.Sprint(v), fmt.Sprintf("%+v", v), string(object))
	if err, ok := v.(error); ok && err != nil {
		s.failed++
	}
}

// transfers makes a transfer to the bucket, and one from it.
func (s *said) transfers(t *testing.T, b files.Bucket) {
	t.Helper()
	other := mem.New(nil)
	if _, err := files.PutString(t.Context(), other, "a", "text", nil); err != nil {
		t.Fatal(err)
	}
	for _, trees := range [][2]files.Bucket{{b, other}, {other, b}} {
		plan, err := transfer.Copy(transfer.Tree{Bucket: trees[0]},
			transfer.Tree{Bucket: trees[1]}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for c, err := range plan.Changes(t.Context()) {
			s.add(c)
			s.add(err)
		}
		for e, err := range plan.Events(t.Context()) {
			s.add(e)
			s.add(err)
		}
		res, err := plan.Apply(t.Context())
		s.add(res)
		s.add(err)
		for _, err := range res.Errors {
			s.add(err)
		}
	}
}

// uploads makes uploads that resume, and lists those that are unfinished.
func (s *said) uploads(t *testing.T, b files.Bucket, begins bool) {
	t.Helper()
	p := make([]byte, 5<<20+1)
	tokens := 0
	for _, stop := range []error{nil, errors.New("the token has no place")} {
		_, err := resume.Upload(t.Context(), b, "a", bytes.NewReader(p), int64(len(p)),
			&resume.UploadOptions{
				PartSize: 5 << 20,
				Save: func(token string) error {
					s.add(token)
					if token != "" {
						tokens++
						return stop
					}
					return nil
				},
				Event: func(e resume.UploadEvent) { s.add(e) },
			})
		s.add(err)
	}
	if begins && tokens == 0 {
		t.Error("there was no token")
	}
	for u, err := range resume.Uploads(t.Context(), b, "") {
		s.add(u)
		s.add(err)
	}
	_, err := resume.AbortStale(t.Context(), b, &resume.StaleOptions{
		Age:  1,
		Each: func(u resume.Unfinished, err error) { s.add(u); s.add(err) },
	})
	s.add(err)
	s.add(resume.AbortUpload(t.Context(), b, "a", "id"))
}
