package all

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
)

// uploads is a service's state of the uploads of one file, in parts or not.
type uploads struct {
	mu         sync.Mutex
	changed    chan struct{} // closed at each change
	unfinished int           // uploads in parts that were neither ended nor aborted
	done       bool          // the file is there
	n          int           // requests that write
	names      []string      // what each of them was
	at         int           // the number of the request at which the context ends, or 0
	meet       func(r *http.Request, carryOut func())
	returned   chan struct{} // closed when the call has returned; nil: an abort doesn't wait
	abortTakes time.Duration
}

func (u *uploads) change(f func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f()
	close(u.changed)
	u.changed = make(chan struct{})
}

// request returns what the request of that number was.
func (u *uploads) request(at int) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.names[at-1]
}

// left returns how many uploads in parts are unfinished.
func (u *uploads) left() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.unfinished
}

// stored reports whether the file is there.
func (u *uploads) stored() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.done
}

// settled waits until no upload in parts is unfinished.
func (u *uploads) settled(t *testing.T) bool {
	limit := time.After(time.Minute)
	for {
		u.mu.Lock()
		unfinished, changed := u.unfinished, u.changed
		u.mu.Unlock()
		if unfinished == 0 {
			return true
		}
		select {
		case <-changed:
		case <-limit:
			return false
		}
	}
}

// ServeHTTP answers the requests of uploads of all three services.
func (u *uploads) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	h, q := w.Header(), r.URL.Query()
	h.Set("ETag", `"1"`)
	h.Set("X-Goog-Generation", "1")
	h.Set("X-Ms-Request-Id", "5c9e")
	h.Set("X-Ms-Version", "2026-06-06")
	h.Set("Last-Modified", "Sun, 29 Nov 2026 12:00:00 GMT")
	what, carryOut, status, body := "", func() {}, http.StatusOK, ""
	switch {
	case q.Has("uploads") && r.Method == http.MethodPost:
		what, carryOut = "begin", func() { u.unfinished++ }
		body = "<InitiateMultipartUploadResult><UploadId>u</UploadId>" +
			"</InitiateMultipartUploadResult>"
	case r.Method == http.MethodDelete:
		what, carryOut, status = "abort", func() { u.unfinished = 0 }, http.StatusNoContent
	case r.Method == http.MethodPut && (q.Has("partNumber") || q.Get("comp") == "block"):
		what = "part"
		if q.Get("comp") == "block" {
			status = http.StatusCreated
		}
	case r.Method == http.MethodPost && q.Has("uploadId"):
		what, carryOut = "end", func() { u.unfinished, u.done = 0, true }
		body = `<CompleteMultipartUploadResult><ETag>"1-3"</ETag></CompleteMultipartUploadResult>`
	case r.Method == http.MethodPut && q.Get("comp") == "blocklist":
		what, carryOut, status = "end", func() { u.done = true }, http.StatusCreated
	case r.Method == http.MethodGet && q.Has("list-type"):
		body = "<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>" +
			"</ListBucketResult>"
	case r.Method == http.MethodGet && q.Has("uploadId"): // whether it still exists
		status, body = http.StatusNotFound, "<Error><Code>NoSuchUpload</Code></Error>"
	default:
		status = http.StatusNotFound
	}
	met := false
	if what != "" && what != "abort" {
		u.change(func() {
			u.n++
			u.names = append(u.names, what)
			met = u.n == u.at
		})
	}
	if what == "abort" {
		if u.returned != nil {
			select {
			case <-u.returned:
			case <-r.Context().Done(): // the call waits for the abort, so the upload is left
			}
		}
		time.Sleep(u.abortTakes)
	}
	once := sync.OnceFunc(func() { u.change(carryOut) })
	if met {
		u.meet(r, once)
	}
	if r.Context().Err() != nil {
		return
	}
	once()
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// TestUploadCancelled: an upload whose context ends at any of its requests, before the
// request is carried out, before its response comes or after it, is stored or fails
// with context.Canceled, and leaves nothing at the service (P2, X2).
func TestUploadCancelled(t *testing.T) {
	environment(t)
	for _, s := range services {
		t.Run("service="+s.name, func(t *testing.T) {
			// put makes one upload, whose context ends at request number at, or, unless
			// that is negative, when so many bytes of the content were read.
			put := func(at int, when string, read int64) (*uploads, error) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				u := &uploads{changed: make(chan struct{}), at: at}
				returned := make(chan struct{})
				u.meet = func(r *http.Request, carryOut func()) {
					switch when {
					case "answered":
						carryOut()
						cancel()
						return
					case "answered late":
						cancel()
						<-returned
						return
					case "answer lost":
						carryOut()
					}
					cancel()
					select {
					case <-r.Context().Done():
					case <-returned:
						panic(http.ErrAbortHandler)
					}
				}
				srv := httptest.NewServer(u)
				t.Cleanup(srv.Close)
				b, err := s.open(t, "http", strings.TrimPrefix(srv.URL, "http://"),
					"&part_size=5242880&concurrency=2&retry_delay=1ms&retry_max_delay=2ms")
				if err != nil {
					t.Fatal(err)
				}
				defer b.Close()
				content := io.Reader(struct{ io.Reader }{strings.NewReader(threeParts)})
				if read >= 0 {
					rest := strings.NewReader(threeParts[read:])
					content = io.MultiReader(io.LimitReader(content, read), cancelling(cancel),
						rest)
				}
				_, err = b.Put(ctx, "a", content, nil)
				close(returned)
				return u, err
			}
			whole, err := put(0, "", -1)
			if err != nil || !whole.stored() || !whole.settled(t) || whole.n < 4 {
				t.Fatalf("an upload that isn't cancelled: %v, %v", err, whole.names)
			}
			const part = 5 << 20
			for _, read := range []int64{
				0, 1, part - 1, part, part + 1, 2 * part, 2*part + 1, int64(len(threeParts)),
			} {
				u, err := put(0, "", read)
				if !errors.Is(err, context.Canceled) || u.stored() {
					t.Errorf("after %d bytes of content: %v, stored: %v", read, err, u.stored())
				}
				if !u.settled(t) {
					t.Errorf("after %d bytes of content: an upload is left", read)
				}
			}
			for at := 1; at <= whole.n; at++ {
				for _, when := range []string{
					"not carried out", "answer lost", "answered", "answered late",
				} {
					if when == "answered late" && whole.request(at) != "begin" {
						continue // the request is cut off by then
					}
					u, err := put(at, when, -1)
					what := u.request(at)
					where := fmt.Sprintf("%s, number %d, %s", what, at, when)
					switch {
					case err == nil && !u.stored():
						t.Errorf("%s: nil, and no file", where)
					case err != nil && !errors.Is(err, context.Canceled):
						t.Errorf("%s: the error is %v, want context.Canceled", where, err)
					case err != nil && u.stored() && !errors.Is(err, files.ErrUncertain):
						t.Errorf("%s: %v, and the file is there", where, err)
					}
					if what == "begin" && when == "answer lost" {
						continue // the driver doesn't have the ID of the upload that it began
					}
					if !u.settled(t) {
						t.Errorf("%s: an upload is left", where)
					}
				}
			}
		})
	}
}

// TestCleanedUp: the context of an upload in parts ends, and the service removes the
// upload only after the call has returned. The function of resume.Settle waits for the
// removal; so does a transfer.
func TestCleanedUp(t *testing.T) {
	environment(t)
	for _, s := range services {
		if s.name == "azblob" {
			continue // which has nothing to remove
		}
		t.Run("service="+s.name, func(t *testing.T) {
			open := func() (context.Context, *uploads, files.Bucket) {
				ctx, cancel := context.WithCancel(t.Context())
				t.Cleanup(cancel)
				u := &uploads{
					changed:    make(chan struct{}),
					at:         2,
					meet:       func(*http.Request, func()) { cancel() },
					abortTakes: 300 * time.Millisecond,
				}
				srv := httptest.NewServer(u)
				t.Cleanup(srv.Close)
				b, err := s.open(t, "http", strings.TrimPrefix(srv.URL, "http://"),
					"&part_size=5242880&concurrency=2")
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { b.Close() })
				return ctx, u, b
			}
			ctx, u, b := open()
			u.returned = make(chan struct{})
			ctx, settled := resume.Settle(ctx)
			_, err := b.Put(ctx, "a", strings.NewReader(threeParts), nil)
			if !errors.Is(err, context.Canceled) || u.left() != 1 {
				t.Errorf("Put: %v, and %d uploads are left; want the context's error, and 1", err,
					u.left())
			}
			close(u.returned)
			if settled(); u.left() != 0 {
				t.Errorf("after Settle's function %d uploads are left", u.left())
			}

			ctx, u, b = open()
			src := mem.New(nil)
			if _, err := src.Put(t.Context(), "a", strings.NewReader(threeParts), nil); err != nil {
				t.Fatal(err)
			}
			_, err = transfer.CopyFile(ctx, b, "a", src, "a", nil)
			if !errors.Is(err, context.Canceled) || u.left() != 0 {
				t.Errorf("CopyFile: %v, and %d uploads are left", err, u.left())
			}
		})
	}
}

// cancelling is empty content that ends a context.
type cancelling context.CancelFunc

func (c cancelling) Read([]byte) (int, error) {
	c()
	return 0, io.EOF
}

var threeParts = strings.Repeat("0123456789abcdef", 11<<20/16)
