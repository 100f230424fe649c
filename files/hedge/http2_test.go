package hedge_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/hedge"
)

// overHTTP reads the content of files from a server.
type overHTTP struct {
	driver.Backend
	client *http.Client
	url    string
	bodies atomic.Int64 // open
}

func (o *overHTTP) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	obj, err := o.Backend.Open(ctx, req)
	if err != nil {
		return obj, err
	}
	obj.Body.Close()
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url, nil)
	if err != nil {
		return obj, err
	}
	response, err := o.client.Do(get)
	if err != nil {
		return obj, driver.WithCause(files.ErrUnavailable, err, "")
	}
	if response.StatusCode != http.StatusOK || response.ProtoMajor != 2 {
		response.Body.Close()
		return obj, driver.Errorf(files.ErrUnavailable, "%s by %s", response.Status, response.Proto)
	}
	o.bodies.Add(1)
	obj.Body = &countedBody{response.Body, o}
	return obj, nil
}

type countedBody struct {
	io.ReadCloser
	o *overHTTP
}

func (b *countedBody) Close() error {
	b.o.bodies.Add(-1)
	return b.ReadCloser.Close()
}

// TestOverHTTP2: a hedged Get of 10 MiB over HTTP/2, which is read slowly after Get has
// returned, yields all bytes, whichever request wins. The loser's request ends, and
// nothing is left.
func TestOverHTTP2(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcde\n"), 10<<20/16)
	losers := []string{"hangs", "fails", "comes late"}
	if testing.Short() {
		losers = losers[:1]
	}
	for _, loser := range losers {
		for slow := range 2 { // the number of the slow request
			t.Run(fmt.Sprintf("%d %s", slow, loser), func(t *testing.T) {
				overHTTP2(t, content, loser, slow)
			})
		}
	}
}

func overHTTP2(t *testing.T, content []byte, loser string, slow int) {
	var requests, running atomic.Int64
	bothThere, returned := make(chan struct{}), make(chan struct{})
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter,
		r *http.Request) {
		running.Add(1)
		defer running.Add(-1)
		n := requests.Add(1) - 1
		if n == 1 {
			close(bothThere)
		}
		<-bothThere
		if int(n) == slow {
			switch loser {
			case "hangs":
				<-r.Context().Done()
				return
			case "fails":
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			select {
			case <-returned:
			case <-r.Context().Done():
				return
			}
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	below := &overHTTP{
		Backend: driver.Unwrap(mem.New(nil)),
		client:  srv.Client(),
		url:     srv.URL,
	}
	b, err := hedge.New(driver.New(below), &hedge.Options{Delay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.PutBytes(t.Context(), b, "a", content, nil); err != nil {
		t.Fatal(err)
	}
	r, err := b.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	close(returned)
	var got bytes.Buffer
	for p := make([]byte, 1<<20); ; {
		time.Sleep(time.Millisecond) // the caller is slow, and the server's buffers are full
		n, err := r.Read(p)
		got.Write(p[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("after %d bytes: %v", got.Len(), err)
		}
	}
	r.Close()
	if !bytes.Equal(got.Bytes(), content) {
		t.Errorf("%d bytes, want %d", got.Len(), len(content))
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for below.bodies.Load() > 0 || running.Load() > 0 || hedging() {
		select {
		case <-ctx.Done():
			t.Fatal("a request is still running, or a body is still open")
		case <-time.After(time.Millisecond):
		}
	}
}

// hedging reports whether a goroutine of the package runs.
func hedging() bool {
	var all bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&all, 1)
	return strings.Contains(all.String(), "files/hedge.(*race)")
}
