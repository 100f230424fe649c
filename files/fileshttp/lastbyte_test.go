package fileshttp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestLastByte: http.FileServerFS reads only a few blocks for the last byte of a large
// file, even if the type is found by the content, and none for a response without a
// body.
func TestLastByte(t *testing.T) {
	synctest.Test(t, lastByte) // a stream ends when time passes without reads
}

func lastByte(t *testing.T) {
	const size, block = 16 << 20, 32 << 10
	var gets, sent atomic.Int64
	b := files.Wrap(mem.New(nil), files.Hooks{
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			gets.Add(1)
			return readerFunc(func(p []byte) (int, error) {
				n, err := body.Read(p)
				sent.Add(int64(n))
				return n, err
			})
		},
	})
	for _, name := range []string{"f.mp4", "f.unknown", "f"} {
		if _, err := files.PutBytes(t.Context(), b, name, make([]byte, size), nil); err != nil {
			t.Fatal(err)
		}
	}
	serve := http.FileServerFS(files.FS(t.Context(), b, nil))
	for _, c := range []struct {
		method, path string
		header       []string
		status, body int
		blocks       int64
	}{
		{"GET", "/f.mp4", []string{"Range", "bytes=-1"}, 206, 1, 4},
		{"GET", "/f.unknown", []string{"Range", "bytes=-1"}, 206, 1, 4},
		{"GET", "/f", []string{"Range", "bytes=9000000-9000001"}, 206, 2, 6},
		{"HEAD", "/f.mp4", nil, 200, 0, 0},
		{
			"GET",
			"/f.mp4",
			[]string{"If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"},
			304,
			0,
			0,
		},
		{"GET", "/f.mp4", nil, 200, size, size / block},
	} {
		gets.Store(0)
		sent.Store(0)
		r := httptest.NewRequest(c.method, c.path, nil)
		for i := 0; i < len(c.header); i += 2 {
			r.Header.Set(c.header[i], c.header[i+1])
		}
		w := httptest.NewRecorder()
		serve.ServeHTTP(w, r)
		if w.Code != c.status || w.Body.Len() != c.body {
			t.Errorf("%s %s %v: %d, %d bytes", c.method, c.path, c.header, w.Code, w.Body.Len())
		}
		if n := sent.Load(); n > c.blocks*block {
			t.Errorf("%s %s %v: %d bytes were read, want %d blocks", c.method, c.path, c.header, n,
				c.blocks)
		}
		if n := gets.Load(); n > 3 {
			t.Errorf("%s %s %v: %d requests", c.method, c.path, c.header, n)
		}
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
