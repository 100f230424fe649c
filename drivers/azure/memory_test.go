package azure

import (
	"io"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance/longtest"
)

// TestPutMemory: a Put of 4 GiB of unknown length, to an endpoint that discards it,
// uses at most the memory of the blocks in transit and 32 MiB (P11).
func TestPutMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("long: moves 4 GiB")
	}
	longtest.Only(t, "moves 4 GiB")
	var got, peak atomic.Int64
	b := onHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			w.WriteHeader(500)
			return
		}
		if r.URL.Query().Get("comp") == "block" {
			got.Add(n)
		}
		w.Header().Set("ETag", `"0x1"`)
		w.WriteHeader(201)
	}))
	const size = 4 << 30
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	start := int64(m.HeapAlloc)
	var n int64
	content := readerFunc(func(p []byte) (int, error) {
		if n == size {
			return 0, io.EOF
		}
		if n%(64<<20) == 0 {
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), int64(m.HeapAlloc)-start))
		}
		k := min(int64(len(p)), size-n, 64<<20-n%(64<<20))
		n += k
		return int(k), nil
	})
	info, err := b.Put(t.Context(), "large", content, nil)
	if err != nil || info.Size != size || got.Load() != size {
		t.Fatalf("%v: %d bytes stored, %d sent, want %d", err, info.Size, got.Load(), int64(size))
	}
	t.Logf("at most %d KiB above the start", peak.Load()>>10)
	if most := int64(DefaultPartSize*mostByDefault + 32<<20); peak.Load() > most {
		t.Errorf("%d bytes above the start, want at most %d", peak.Load(), most)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
