package s3

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"cloudfiles.dev/conformance/longtest"
)

// TestPutMemory: a Put of 4 GiB of unknown length holds its parts and no more.
func TestPutMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("long: 4 GiB are sent")
	}
	longtest.Only(t, "4 GiB are sent")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("ETag", `"1"`)
		switch {
		case r.Method == http.MethodPost && r.URL.Query().Has("uploads"):
			io.WriteString(w,
				`<InitiateMultipartUploadResult><UploadId>u</UploadId>`+
					`</InitiateMultipartUploadResult>`)
		case r.Method == http.MethodPost:
			io.WriteString(w,
				`<CompleteMultipartUploadResult><ETag>"1-1"</ETag></CompleteMultipartUploadResult>`)
		}
	}))
	defer srv.Close()
	b := offline(srv.URL)
	defer b.Close()
	const size = 4 << 30
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	most, read := uint64(0), int64(0)
	_, err := b.Put(t.Context(), "a", readerFunc(func(p []byte) (int, error) {
		if read == size {
			return 0, io.EOF
		}
		if read%(64<<20) < int64(len(p)) {
			// so that the heap counts what is held, and not garbage
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapInuse)
		}
		n := min(int64(len(p)), size-read)
		read += n
		return int(n), nil
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	bound := uint64(DefaultPartSize*mostByDefault + 32*mib)
	if most -= min(most, before.HeapInuse); most > bound {
		t.Errorf("at most %d MiB were in use, want at most %d", most>>20, bound>>20)
	}
	t.Logf("at most %d MiB were in use, %d are allowed", most>>20, bound>>20)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
