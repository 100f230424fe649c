package s3

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"cloudfiles.dev/files"
)

// TestEqualParts: an unknown store gets parts of one size, however long a stream of
// unknown length is, and Features.MaxUnknownSize is the limit of that. On Amazon S3
// parts grow.
func TestEqualParts(t *testing.T) {
	t.Parallel()
	const few = 20 // parts at most, so that they would grow from the third on
	const length = 12*minPart + 1
	for _, p := range []*Profile{unknown, r2, amazon} {
		short := *p
		short.MaxParts = few
		var mu sync.Mutex
		sizes := map[int]int64{}
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			q := r.URL.Query()
			switch {
			case err != nil:
			case q.Has("uploads"):
				io.WriteString(w, begun)
			case r.Method == http.MethodPut:
				if told := r.Header.Get("X-Amz-Decoded-Content-Length"); told != "" {
					n, _ = strconv.ParseInt(told, 10, 64)
				}
				number, _ := strconv.Atoi(q.Get("partNumber"))
				mu.Lock()
				sizes[number] = n
				mu.Unlock()
				w.Header().Set("ETag", `"1"`)
			case r.Method == http.MethodHead: // whether there is a file above the name
				w.WriteHeader(http.StatusNotFound)
			case r.Method == http.MethodGet:
				io.WriteString(w, "<ListBucketResult><Name>bucket</Name>"+
					"<IsTruncated>false</IsTruncated></ListBucketResult>")
			case r.Method == http.MethodPost:
				io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"2-1"</ETag>`+
					`</CompleteMultipartUploadResult>`)
			}
		}))
		defer srv.Close()
		b := New(offlineClient(srv.URL), "bucket", &Options{
			Profile:     &short,
			PartSize:    minPart,
			Concurrency: 4,
			Checksums:   ChecksumsNone,
		})
		defer b.Close()
		stream := io.MultiReader(io.LimitReader(zeros{}, length))
		if _, err := b.Put(t.Context(), "a", stream, nil); err != nil {
			t.Fatalf("Put of a stream by %s: %v", p.Name, err)
		}
		mu.Lock()
		total, equal := int64(0), true
		for n, size := range sizes {
			total += size
			equal = equal && (size == minPart || n == len(sizes))
		}
		mu.Unlock()
		if total != length || equal != (p != amazon) {
			t.Errorf("%s: %d bytes in the parts %v", p.Name, total, sizes)
		}
		reach := b.Features().MaxUnknownSize
		if equal && reach != few*minPart || !equal && reach <= few*minPart {
			t.Errorf("%s: MaxUnknownSize = %d", p.Name, reach)
		}
	}
	b := New(offlineClient("http://127.0.0.1:1"), "bucket", nil)
	defer b.Close()
	if reach := b.Features().MaxUnknownSize; reach != maxParts*DefaultPartSize {
		t.Errorf("unknown store: MaxUnknownSize = %d, want %v", reach, maxParts*DefaultPartSize)
	}
	size := int64(maxParts*DefaultPartSize + 1)
	_, err := b.Put(t.Context(), "a", io.LimitReader(zeros{}, 0), &files.PutOptions{Size: &size})
	if files.KindOf(err) == files.ErrTooLarge {
		t.Errorf("Put of a larger declared size = %v, want no ErrTooLarge", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
