package s3

import (
	"archive/zip"
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
)

// TestOpenAtRequests: a zip of 100 members and ranges in clusters take few GETs, and
// concurrent reads at random offsets take one round trip together (G10).
func TestOpenAtRequests(t *testing.T) {
	s := newSubject(t, testserver.Versitygw, Options{})
	b, p, _ := s.proxied(t, Options{})
	ctx := t.Context()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	content := make([]byte, 100_000)
	rand.NewChaCha8([32]byte{}).Read(content)
	for i := range 100 {
		m := must(w.CreateHeader(&zip.FileHeader{Name: string(rune('A' + i)), Method: zip.Store}))
		must(m.Write(content))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	must(files.PutBytes(ctx, b, "a.zip", archive.Bytes(), nil))

	// A File's stream ends if nobody reads from it for two seconds, so a machine that stands
	// still for as long makes one request more.
	requests := 0
	for range 10 {
		p.Reset()
		f := must(files.OpenAt(ctx, b, "a.zip", nil))
		z := must(zip.NewReader(f, f.Size()))
		for _, m := range z.File {
			r := must(m.Open())
			if got := must(io.ReadAll(r)); !bytes.Equal(got, content) {
				t.Fatalf("%s: wrong content", m.Name)
			}
		}
		f.Close()
		if requests = p.Total(); requests <= 3 {
			break
		}
	}
	if requests > 3 {
		t.Errorf("%d requests for 100 members in order, want at most 3", requests)
	}

	p.Reset()
	var ranges []files.Range
	for i := range int64(1000) {
		ranges = append(ranges, files.Bytes(i%10*1_000_000+i*20, 10))
	}
	for i, got := range must(files.ReadRanges(ctx, b, "a.zip", ranges, nil)) {
		off, n, _ := ranges[i].Parts()
		if !bytes.Equal(got, archive.Bytes()[off:off+n]) {
			t.Fatalf("%v: wrong content", ranges[i])
		}
	}
	if n := p.Total(); n > 20 {
		t.Errorf("%d requests for 1,000 ranges in 10 clusters, want at most 20", n)
	}

	// None of 16 concurrent reads waits for another. The file is new because the blocks
	// of a.zip are in memory.
	must(files.PutBytes(ctx, b, "b.zip", archive.Bytes(), nil))
	f := must(files.OpenAt(ctx, b, "b.zip", nil))
	defer f.Close()
	p.Reset()
	var arrived atomic.Int64
	together := make(chan struct{})
	p.Add(proxy.Rule{Fault: proxy.Fault{
		Name: "waits for the others",
		Do: func(x *proxy.Exchange, next proxy.Send) (*http.Response, error) {
			if arrived.Add(1) == 16 {
				close(together)
			}
			select {
			case <-together:
			case <-time.After(time.Minute):
				t.Errorf("%d of 16 reads are under way", arrived.Load())
			}
			return next(x.Request)
		},
	}})
	defer p.Clear()
	var readers sync.WaitGroup
	for i := range int64(16) {
		readers.Go(func() {
			got, off := make([]byte, 100), 100_000+i*600_000
			if _, err := f.ReadAt(got, off); err != nil ||
				!bytes.Equal(got, archive.Bytes()[off:off+100]) {
				t.Errorf("ReadAt(%d): %v", off, err)
			}
		})
	}
	readers.Wait()
	if n := p.Total(); n != 16 {
		t.Errorf("%d requests for 16 reads, want 16", n)
	}
}
