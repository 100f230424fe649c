package fileshttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/fileshttp"
)

// TestServeFileErrors: the response to an error has its status, and shows nothing of the
// bucket or the file. Headers about the content are removed.
func TestServeFileErrors(t *testing.T) {
	secret := errors.New("the secret cause")
	for _, err := range []error{
		files.ErrNotExist, files.ErrPermission, files.ErrUnavailable, files.ErrNoBucket,
		files.ErrClosed, files.ErrChanged, secret, context.DeadlineExceeded, context.Canceled,
	} {
		for _, method := range []string{"GET", "HEAD"} {
			inner, _ := one(t, text)
			cause := driver.WithCause(err, secret, "hidden detail")
			b := files.Wrap(inner, files.Hooks{
				Around: func(context.Context, *files.Call, func(context.Context) error) error {
					return cause
				},
			})
			var reported error
			w := httptest.NewRecorder()
			w.Header().Set("Cache-Control", "max-age=99")
			fileshttp.ServeFile(w, request(method), b, "private/f.txt", &fileshttp.ServeOptions{
				OnError: func(_ *http.Request, err error) {
					reported = err
				},
			})
			if want := fileshttp.Status(err); w.Code != want || !errors.Is(reported,
				err) || !errors.Is(reported, secret) {
				t.Errorf("%s: %v = %d, OnError got %v; want %d", method, err, w.Code, reported,
					want)
			}
			body := w.Body.String()
			for _, no := range []string{"f.txt", "private", "secret", "hidden"} {
				if strings.Contains(body, no) {
					t.Errorf("%s: %v: the response %q shows %q", method, err, body, no)
				}
			}
			if h := w.Header(); h.Get("Cache-Control") != "" || h.Get("Etag") != "" ||
				h.Get("X-Content-Type-Options") != "nosniff" || body == "" {
				t.Errorf("%s: %v: fields %v, body %q", method, err, h, body)
			}
		}
	}
}

// TestServeFileBodyFails: a body that fails in the middle never looks whole, even
// without a declared length.
func TestServeFileBodyFails(t *testing.T) {
	inner, _ := one(t, strings.Repeat(text, 1<<17))
	broken := errors.New("broken disk")
	b := files.Wrap(inner, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			return io.MultiReader(io.LimitReader(body, 1<<20), failing{broken})
		},
	})
	for _, kind := range []string{"", "compressed", "HTTP/2", "compressed HTTP/2"} {
		reported := make(chan error, 1)
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter,
			r *http.Request) {
			if strings.HasPrefix(kind, "compressed") {
				w.Header().Set("Content-Encoding", "own")
			}
			fileshttp.ServeFile(w, r, b, "f.txt", &fileshttp.ServeOptions{
				OnError: func(_ *http.Request, err error) {
					reported <- err
				},
			})
		}))
		if srv.EnableHTTP2 = strings.HasSuffix(kind, "HTTP/2"); srv.EnableHTTP2 {
			srv.StartTLS()
		} else {
			srv.Start()
		}
		resp, err := srv.Client().Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || err == nil || len(got) > 1<<20 ||
			(resp.ProtoMajor == 2) != srv.EnableHTTP2 {
			t.Errorf("%s: a broken body came as %d, %d bytes, %v, by %s", kind, resp.StatusCode,
				len(got), err, resp.Proto)
		}
		if err := <-reported; !errors.Is(err, broken) {
			t.Errorf("OnError got %v", err)
		}
		srv.Close()
	}
	// Without an http.Server the handler doesn't panic.
	w := httptest.NewRecorder()
	fileshttp.ServeFile(w, request("GET"), b, "f.txt", nil)
	if w.Body.Len() != 1<<20 {
		t.Errorf("recorded %d bytes", w.Body.Len())
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestServeFileDamaged: an undamaged file arrives whole. A damaged file is an error, or
// is cut before its end if it is large (G6).
func TestServeFileDamaged(t *testing.T) {
	for _, tt := range []struct {
		size    int
		damaged bool
		status  int
	}{{1 << 10, false, 200}, {1 << 22, false, 200}, {1 << 10, true, 500}, {1 << 22, true, 200}} {
		content := strings.Repeat(text, tt.size/len(text))
		inner, _ := one(t, content)
		b := files.Wrap(inner, files.Hooks{
			Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
				if !tt.damaged {
					return body
				}
				return &damaging{Reader: body}
			},
		})
		srv := httptest.NewServer(&fileshttp.Handler{Bucket: b})
		resp, err := srv.Client().Get(srv.URL + "/f.txt")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		whole := string(got) == content && err == nil && resp.ContentLength == int64(tt.size)
		if resp.StatusCode != tt.status || whole == tt.damaged || len(got) >= tt.size != whole ||
			tt.status == 200 && (err != nil) != tt.damaged {
			t.Errorf("%+v: the status is %d, with %d bytes of %d and the error %v", tt,
				resp.StatusCode, len(got), resp.ContentLength, err)
		}
		if h := resp.Header; tt.status == 500 && (h.Get("Etag") != "" ||
			h.Get("Accept-Ranges") != "" || string(got) != "Internal Server Error\n") {
			t.Errorf("%+v: the error has the fields %v and the body %q", tt, h, got)
		}
		srv.Close()
	}
}

// damaging is a bucket that changes the first byte.
type damaging struct {
	io.Reader
	done bool
}

func (d *damaging) Read(p []byte) (int, error) {
	n, err := d.Reader.Read(p)
	if n > 0 && !d.done {
		p[0]++
		d.done = true
	}
	return n, err
}
