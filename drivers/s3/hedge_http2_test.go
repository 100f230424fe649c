package s3_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/drivers/s3"
	"cloudfiles.dev/files/hedge"
	"cloudfiles.dev/files/retry"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
)

// twoAnswers is a service over HTTP/2 that never answers the first of two requests, and
// holds back the rest of the other's body until it is released.
type twoAnswers struct {
	content []byte
	release chan struct{} // closed by the test
	lost    chan struct{} // closed at the end of the request that lost

	mu    sync.Mutex
	calls int
	wrong []string
}

func (s *twoAnswers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.calls++
	first := s.calls == 1
	if r.ProtoMajor != 2 {
		s.wrong = append(s.wrong, r.Proto)
	}
	s.mu.Unlock()
	if first {
		<-r.Context().Done() // the hedge that won reset the stream
		close(s.lost)
		return
	}
	const piece = 1 << 20
	w.Header().Set("ETag", `"1"`)
	w.Header().Set("Last-Modified", "Fri, 02 Jan 2026 03:04:05 GMT")
	w.Header().Set("Content-Length", fmt.Sprint(len(s.content)))
	w.Write(s.content[:piece])
	w.(http.Flusher).Flush()
	<-s.release
	w.Write(s.content[piece:])
}

// TestHedgedOverHTTP2: the body of the call that won is whole, although the other call's
// context has ended on the same connection, and although most of the body comes after
// the Get has returned.
func TestHedgedOverHTTP2(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := &twoAnswers{
		content: make([]byte, 10<<20),
		release: make(chan struct{}),
		lost:    make(chan struct{}),
	}
	random := rand.NewChaCha8([32]byte{13})
	random.Read(s.content)
	server := httptest.NewUnstartedServer(s)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	client := sdk.New(sdk.Options{
		Region:       "us-east-1",
		BaseEndpoint: &server.URL,
		UsePathStyle: true,
		Credentials:  credentials,
		HTTPClient:   server.Client(),
	})
	amazon, _ := s3.ProfileNamed("aws")
	bucket := s3.New(client, "bucket", &s3.Options{
		Profile: &amazon,
		Retry:   &retry.Policy{Attempts: 1},
	})
	defer bucket.Close()
	b, err := hedge.New(bucket, &hedge.Options{Delay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Get(ctx, "large", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	select {
	case <-s.lost:
	case <-ctx.Done():
		t.Fatal("the request that lost is still running")
	}
	got := &bytes.Buffer{}
	if _, err := io.CopyN(got, r, 1); err != nil {
		t.Fatal(err)
	}
	close(s.release)
	for p := make([]byte, 4<<10); err == nil; { // a slow reader: 2,560 Reads
		var n int
		n, err = r.Read(p)
		got.Write(p[:n])
	}
	if err != io.EOF || !bytes.Equal(got.Bytes(), s.content) {
		t.Errorf("%d of %d bytes, %v", got.Len(), len(s.content), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls != 2 || len(s.wrong) > 0 {
		t.Errorf("%d requests, %v, want 2 and none", s.calls, s.wrong)
	}
}
