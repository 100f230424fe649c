package fileshttp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/fileshttp"
)

// TestHandlerPutFails: if anything ends an upload early, nothing is stored, and the old
// file is kept.
func TestHandlerPutFails(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "f")
	for _, tt := range []struct {
		what   string
		body   io.Reader
		length int64
		status int
	}{
		{"larger, of unknown length", strings.NewReader(strings.Repeat("x", 101)), -1, 413},
		{"cut", io.MultiReader(strings.NewReader("abc"), failing{io.ErrUnexpectedEOF}), 10, 400},
		{"shorter than declared", strings.NewReader("abc"), 10, 400},
		{"broken", iotest.ErrReader(errors.New("secret")), 10, 500},
		{"gone", failing{context.Canceled}, -1, fileshttp.StatusClientClosedRequest},
	} {
		r := httptest.NewRequest("PUT", "/f", tt.body)
		r.ContentLength = tt.length
		w := httptest.NewRecorder()
		h := fileshttp.Handler{Bucket: b, MaxUpload: 100}
		h.ServeHTTP(w, r)
		if got, err := files.ReadString(t.Context(), b, "f",
			nil); w.Code != tt.status || got != "content of f" || err != nil ||
			strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d, %q; then %q, %v; want %d", tt.what, w.Code, w.Body, got, err,
				tt.status)
		}
	}
}

// TestHandlerPutCut: if a client disconnects in the middle of an upload, the old file is
// kept.
func TestHandlerPutCut(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "f")
	for _, head := range []string{
		"Content-Length: 100\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
	} {
		reported := make(chan error, 1)
		h := &fileshttp.Handler{Bucket: b, MaxUpload: 1000}
		h.OnError = func(_ *http.Request, err error) { reported <- err }
		srv := httptest.NewServer(h)
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "PUT /f HTTP/1.1\r\nHost: x\r\n"+head); err != nil {
			t.Fatal(err)
		}
		conn.Close()
		err = <-reported
		if got, gerr := files.ReadString(t.Context(), b, "f",
			nil); got != "content of f" || gerr != nil || err == nil {
			t.Errorf("a cut upload (%v) left %q, %v", err, got, gerr)
		}
		srv.Close()
	}
}

// TestHandlerPutStreams: the bucket reads the first part of an upload before the client
// sends more, so nothing is buffered in between.
func TestHandlerPutStreams(t *testing.T) {
	seen := make(chan string)
	b := files.Wrap(mem.New(nil), files.Hooks{
		Content: func(_ context.Context, _ *files.Call, content io.Reader) io.Reader {
			return &watching{content, seen}
		},
	})
	srv := httptest.NewServer(&fileshttp.Handler{Bucket: b, MaxUpload: 1 << 20})
	defer srv.Close()
	body, client := io.Pipe()
	done := make(chan error, 1)
	go func() {
		req, err := http.NewRequest("PUT", srv.URL+"/f.txt", body)
		if err == nil {
			var resp *http.Response
			if resp, err = srv.Client().Do(req); err == nil {
				resp.Body.Close()
			}
		}
		done <- err
	}()
	for _, piece := range []string{"first", "second", "third"} {
		if _, err := io.WriteString(client, piece); err != nil {
			t.Fatal(err)
		}
		for got := ""; got != piece; {
			got += <-seen
		}
	}
	client.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, err := files.ReadString(t.Context(), b, "f.txt",
		nil); got != "firstsecondthird" || err != nil {
		t.Errorf("stored %q, %v", got, err)
	}
}

type watching struct {
	io.Reader
	seen chan string
}

func (w *watching) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.seen <- string(p[:n])
	}
	return n, err
}

// TestHandlerPutHeaders: headers that are too long, or not printable ASCII, are refused,
// and nothing is stored (P7).
func TestHandlerPutHeaders(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "f")
	h := fileshttp.Handler{Bucket: b, MaxUpload: 100}
	for _, name := range []string{
		"Content-Type", "Content-Disposition", "Content-Encoding", "Content-Language",
	} {
		for _, value := range []string{strings.Repeat("x", files.MaxHeader+1), "ü", "a\tb"} {
			w := do(&h, "PUT", "/f", "new", name, value)
			if got, err := files.ReadString(t.Context(), b, "f",
				nil); w.Code != 400 || err != nil ||
				got != "content of f" {
				t.Errorf("%s of %.10q…: %d; then %q, %v; want 400", name, value, w.Code, got, err)
			}
		}
	}
}
