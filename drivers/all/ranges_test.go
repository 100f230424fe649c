package all

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// holds answers the reads of every service for a file of that version and size. It
// writes the whole response to GCS's JSON API and to a HEAD, and then more is false.
func holds(w http.ResponseWriter, r *http.Request, version string, size int64) (more bool) {
	h := w.Header()
	h.Set("ETag", `"`+version+`"`)
	h.Set("X-Goog-Generation", version)
	h.Set("X-Goog-Stored-Content-Length", strconv.FormatInt(size, 10))
	h.Set("X-Ms-Request-Id", "5c9e")
	h.Set("X-Ms-Version", "2026-06-06")
	h.Set("X-Ms-Blob-Type", "BlockBlob")
	h.Set("Last-Modified", "Sun, 29 Nov 2026 12:00:00 GMT")
	switch {
	case strings.HasPrefix(r.URL.Path, "/storage/"):
		fmt.Fprintf(w, `{"kind": "storage#object", "name": "a", "bucket": "bucket", `+
			`"generation": %q, "size": "%d", "updated": "2026-11-29T12:00:00Z"}`, version, size)
		return false
	case r.Method == http.MethodHead:
		h.Set("Content-Length", strconv.FormatInt(size, 10))
		return false
	}
	return true
}

// asked reports whether a request is for a part.
func asked(r *http.Request) bool {
	return r.Header.Get("Range") != "" || r.Header.Get("X-Ms-Range") != ""
}

// part reads a range of the file "a". Its context ends a driver's wait for bytes that
// never come.
func part(t *testing.T, b files.Bucket, o files.GetOptions) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := b.Get(ctx, "a", &o)
	if err != nil {
		return "", err
	}
	defer r.Close()
	p, err := r.ReadAll()
	return string(p), err
}

// forEach opens a bucket of each service at a server that counts its requests.
func forEach(t *testing.T, h http.HandlerFunc,
	f func(t *testing.T, b files.Bucket, n *atomic.Int32)) {
	environment(t)
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			var requests atomic.Int32
			over := make(chan struct{})
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter,
				r *http.Request) {
				requests.Add(1)
				ctx, cancel := context.WithCancel(r.Context())
				defer cancel()
				go func() {
					select {
					case <-over:
						cancel()
					case <-ctx.Done():
					}
				}()
				h(w, r.WithContext(ctx))
			}))
			t.Cleanup(func() {
				close(over)
				srv.Close()
			})
			b, err := s.open(t, "http", strings.TrimPrefix(srv.URL, "http://"),
				"&retry_delay=1ms&retry_max_delay=2ms&retry_budget=0")
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			f(t, b, &requests)
		})
	}
}

// TestWithoutRanges: from a server that sends the whole file, or more of it than was
// requested, every driver takes the requested part (G3).
func TestWithoutRanges(t *testing.T) {
	var text strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&text, "%d,", i)
	}
	content := text.String()
	size := int64(len(content))
	var wide atomic.Bool // a few bytes more on both sides, with 206
	forEach(t, func(w http.ResponseWriter, r *http.Request) {
		if !holds(w, r, "1", size) {
			return
		}
		var first, last int64
		rng := r.Header.Get("Range") + r.Header.Get("X-Ms-Range")
		n, _ := fmt.Sscanf(rng, "bytes=%d-%d", &first, &last)
		if wide.Load() && n > 0 && first >= 0 && first < size {
			if n < 2 {
				last = size - 1
			}
			first, last = max(first-7, 0), min(last+9, size-1)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, size))
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, content[first:last+1])
			return
		}
		w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
		io.WriteString(w, content)
	}, func(t *testing.T, b files.Bucket, requests *atomic.Int32) {
		for range 2 {
			for _, r := range []files.Range{
				{}, files.Bytes(2, 3), files.Bytes(0, 5), files.From(50_000), files.Last(10),
				files.Bytes(size-1, 1), files.Bytes(size-5, 100), files.Bytes(7, 0),
				files.From(size), files.From(size + 1), files.Last(size + 1),
			} {
				requests.Store(0)
				off, n := r.Resolve(size)
				got, err := part(t, b, files.GetOptions{Range: r})
				if err != nil || got != content[off:off+n] {
					t.Errorf("%v, wide %v: %.20q of %d bytes, %v, want %.20q of %d", r,
						wide.Load(), got, len(got), err, content[off:off+n], n)
				}
				if requests.Load() > 2 {
					t.Errorf("%v: %d requests, want at most 2", r, requests.Load())
				}
			}
			wide.Store(!wide.Load())
		}
		for v, want := range map[files.Version]error{
			"1": nil,
			"2": files.ErrPrecondition,
		} {
			got, err := part(t, b, files.GetOptions{Range: files.Bytes(2, 3), IfVersion: v})
			if !errors.Is(err, want) || err == nil && got != content[2:5] {
				t.Errorf("if of version %s: %q, %v", v, got, err)
			}
		}
	})
}

// TestTwoHeaders: a response to a read or a write that has two values of a header that
// can only have one is an error; the same value twice counts as one.
func TestTwoHeaders(t *testing.T) {
	for what, c := range map[string]struct {
		header, first, second string
		whole                 bool
		want                  error
	}{
		"two ranges": {
			"Content-Range", "bytes 2-4/10", "bytes 3-5/10", false, files.ErrUnavailable,
		},
		"one range twice": {"Content-Range", "bytes 2-4/10", "bytes 2-4/10", false, nil},
		"two ETags":       {"Etag", `"1"`, `"2"`, true, files.ErrUnavailable},
		"one ETag twice":  {"Etag", `"1"`, `"1"`, true, nil},
		"two generations": {"X-Goog-Generation", "1", "2", true, files.ErrUnavailable},
	} {
		t.Run(what, func(t *testing.T) {
			forEach(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet {
					io.Copy(io.Discard, r.Body)
					w.Header().Set("X-Ms-Version", "2026-06-06")
					w.Header()[c.header] = []string{c.first, c.second}
					if r.Header.Get("X-Ms-Version") != "" {
						w.WriteHeader(http.StatusCreated)
					}
					return
				}
				if !holds(w, r, "1", 10) {
					return
				}
				w.Header()[c.header] = []string{c.first, c.second}
				if c.whole {
					io.WriteString(w, "0123456789")
					return
				}
				w.WriteHeader(http.StatusPartialContent)
				io.WriteString(w, "234")
			}, func(t *testing.T, b files.Bucket, _ *atomic.Int32) {
				got, err := part(t, b, files.GetOptions{Range: files.Bytes(2, 3)})
				if files.KindOf(err) != c.want || err == nil && got != "234" {
					t.Errorf("get: %q, %v", got, err)
				}
				if c.header != "Etag" || c.want == nil {
					return
				}
				_, err = files.PutString(t.Context(), b, "a", "content", nil)
				if k := files.KindOf(err); k != files.ErrUncertain && k != files.ErrUnavailable {
					t.Errorf("put: %v, want ErrUncertain or ErrUnavailable", err)
				}
			})
		})
	}
}

// TestWholeIsTooMuch: bytes before a range are discarded up to a limit, and beyond it
// Get is ErrUnavailable at once (G3).
func TestWholeIsTooMuch(t *testing.T) {
	const size = 5 << 30
	forEach(t, func(w http.ResponseWriter, r *http.Request) {
		if holds(w, r, "1", size) {
			w.Header().Set("Content-Length", strconv.Itoa(size))
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done() // the rest would take long
		}
	}, func(t *testing.T, b files.Bucket, requests *atomic.Int32) {
		for _, r := range []files.Range{
			files.Last(10), files.Bytes(driver.MaxBefore+1, 10), files.From(size - 1),
		} {
			requests.Store(0)
			_, err := part(t, b, files.GetOptions{Range: r})
			if files.KindOf(err) != files.ErrUnavailable ||
				!strings.Contains(err.Error(), "whole file in place of a range") {
				t.Errorf("%v: %v, want ErrUnavailable and a text with %q", r, err,
					"whole file in place of a range")
			}
			if requests.Load() > 2 {
				t.Errorf("%v: %d requests, want at most 2", r, requests.Load())
			}
		}
	})
}

// TestWholeInPlaceOfRest: a body that broke isn't read again from the beginning if the
// server doesn't support ranges, because each further break would begin it again (G5).
func TestWholeInPlaceOfRest(t *testing.T) {
	forEach(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !holds(w, r, "1", 10):
		case asked(r):
			io.WriteString(w, "0123456789")
		default:
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "01234") // then the connection breaks
		}
	}, func(t *testing.T, b files.Bucket, requests *atomic.Int32) {
		got, err := part(t, b, files.GetOptions{})
		if files.KindOf(err) != files.ErrUnavailable || got != "01234" {
			t.Errorf("part = %q, %v, want %q and ErrUnavailable", got, err, "01234")
		}
		if requests.Load() > 2 {
			t.Errorf("%d requests, want at most 2", requests.Load())
		}
	})
}
