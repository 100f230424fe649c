package gcs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files"
)

const parallelParams = "concurrency=4&part_size=5242880"

var manyParts = bytes.Repeat([]byte("0123456789abcde\n"), 11*mib/16) // 3 parts

// TestParallelParts: parts are sent several at a time, by the XML API, and the file is
// the same as after one request. Puts that the XML API doesn't support are sent part by
// part.
func TestParallelParts(t *testing.T) {
	t.Parallel()
	b, direct, p := proxied(t, parallelParams)
	attributes := files.Attributes{
		ContentType:        "text/x-test",
		CacheControl:       "no-cache",
		ContentDisposition: "inline",
		ContentLanguage:    "de",
		Metadata:           map[string]string{"k": "v", "other-key": "1"},
	}
	odd := attributes.Clone()
	odd.Metadata["schlüssel"] = "wert"
	parts := map[string]int{"XMLPost": 2, "XMLPut": 3, "GetObject": 1}
	serial := map[string]int{"StartUpload": 1, "UploadChunk": 3}
	for what, c := range map[string]struct {
		o    files.PutOptions
		want map[string]int
	}{
		"plain":          {files.PutOptions{}, parts},
		"attributes":     {files.PutOptions{Attributes: attributes}, parts},
		"odd attributes": {files.PutOptions{Attributes: odd}, serial},
		"a condition":    {files.PutOptions{If: files.IfAbsent()}, serial},
		"native": {files.PutOptions{
			Native: []files.NativeOption{PutOptions{StorageClass: "NEARLINE"}},
		}, serial},
	} {
		readers := []io.Reader{bytes.NewReader(manyParts)}
		if what == "plain" {
			readers = append(readers, io.MultiReader(bytes.NewReader(manyParts)))
		}
		for _, r := range readers {
			p.Reset()
			name := what
			info, err := b.Put(t.Context(), name, r, &c.o)
			if err != nil {
				t.Fatalf("Put of %s: %v", what, err)
			}
			p.Want(t, c.want)
			stat, err := direct.Stat(t.Context(), name, nil)
			if err != nil || stat.Version != info.Version || stat.Size != int64(len(manyParts)) ||
				stat.Digest.CRC32C != info.Digest.CRC32C ||
				stat.CacheControl != c.o.Attributes.CacheControl ||
				stat.ContentLanguage != c.o.Attributes.ContentLanguage ||
				!maps.Equal(stat.Metadata, c.o.Attributes.Metadata) {
				t.Errorf("%s: Stat = %+v, %v, and Put = %+v", what, stat, err, info)
			}
			got, err := files.ReadAll(t.Context(), direct, name, nil)
			if err != nil || !bytes.Equal(got, manyParts) {
				t.Errorf("%s: %d bytes, %v", what, len(got), err)
			}
		}
	}
	p.Reset()
	if _, err := b.Put(t.Context(), "small", strings.NewReader("x"), nil); err != nil {
		t.Errorf("Put(small) = %v, want nil", err)
	}
	p.Want(t, map[string]int{"InsertObject": 1})
}

// TestParallelFaults: each request of an upload that fails in each way is sent again;
// the mark decides after a lost response; and a failed upload leaves nothing.
func TestParallelFaults(t *testing.T) {
	t.Parallel()
	b, direct, p := proxied(t, parallelParams+"&retry_attempts=3")
	for _, f := range []proxy.Fault{
		proxy.ResetBefore(), proxy.ResetAfter(), proxy.GCS.InternalError(), proxy.HTML(502),
	} {
		for kind, nths := range map[string][]int{"XMLPost": {1, 2}, "XMLPut": {1, 3}} {
			for _, n := range nths {
				p.Clear()
				p.Reset()
				p.Add(proxy.Rule{Kinds: []string{kind}, Nth: n, Fault: f})
				info, err := b.Put(t.Context(), "a", bytes.NewReader(manyParts), nil)
				if err != nil {
					t.Errorf("%s at %s %d: %v, want nil", f.Name, kind, n, err)
					continue
				}
				stat, err := direct.Stat(t.Context(), "a", nil)
				if err != nil || stat.Version != info.Version ||
					stat.Digest.CRC32C != info.Digest.CRC32C {
					t.Errorf("%s at %s %d: %+v, %v, want %+v", f.Name, kind, n, stat, err, info)
				}
			}
		}
	}
	p.Clear()
	p.Reset()
	broken := errors.New("broken")
	r := io.MultiReader(bytes.NewReader(manyParts), errReader{broken})
	if _, err := b.Put(t.Context(), "b", r, nil); !errors.Is(err, broken) {
		t.Errorf("Put of content that fails = %v, want %v", err, broken)
	}
	if n := p.Counts()["XMLDelete"]; n != 1 {
		t.Errorf("%d uploads were aborted, want 1: %v", n, p.Counts())
	}
	if ok, err := files.Exists(t.Context(), direct, "b"); ok || err != nil {
		t.Errorf("Exists(b) = %v, %v, want false and nil", ok, err)
	}
	p.Reset()
	p.Add(proxy.Rule{Kinds: []string{"XMLPut"}, Fault: proxy.GCS.Forbidden()})
	_, err := b.Put(t.Context(), "b", bytes.NewReader(manyParts), nil)
	if !errors.Is(err, files.ErrPermission) {
		t.Errorf("Put: %v, want ErrPermission", err)
	}
	if n := p.Counts()["XMLDelete"]; n != 1 {
		t.Errorf("%d uploads were aborted, want 1: %v", n, p.Counts())
	}
}

// TestParallelAbortWaitsForNobody: a Put whose context ends returns at once, although the
// service takes its time to abort the upload (X2).
func TestParallelAbortWaitsForNobody(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	returned, aborted := make(chan struct{}), make(chan bool, 1)
	b := behindWith(t, parallelParams,
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			switch q := r.URL.Query(); {
			case q.Has("uploads"):
				io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>u</UploadId>"+
					"</InitiateMultipartUploadResult>")
			case r.Method == http.MethodPut:
				cancel()
				<-r.Context().Done()
			case r.Method == http.MethodDelete:
				select {
				case <-returned:
					aborted <- true
				case <-time.After(5 * time.Second): // half of what an abort may take
					aborted <- false
				}
				w.WriteHeader(http.StatusNoContent)
			}
		}))
	_, err := b.Put(ctx, "a", bytes.NewReader(make([]byte, 20*mib)), nil)
	close(returned)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Put: %v, want context.Canceled", err)
	}
	if !<-aborted {
		t.Error("Put waited for the end of the abort")
	}
}

// TestParallelAbortRefused: if the service refuses to abort an upload, the error of the
// Put names it, since its parts are billed until somebody removes it.
func TestParallelAbortRefused(t *testing.T) {
	for _, refuses := range []bool{false, true} {
		b := behindWith(t, parallelParams,
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				switch {
				case r.URL.Query().Has("uploads"):
					io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>the-id</UploadId>"+
						"</InitiateMultipartUploadResult>")
				case r.Method == http.MethodDelete && !refuses:
					w.WriteHeader(http.StatusNoContent)
				default:
					w.WriteHeader(http.StatusForbidden)
					io.WriteString(w, "<Error><Code>AccessDenied</Code></Error>")
				}
			}))
		_, err := b.Put(t.Context(), "a", bytes.NewReader(make([]byte, 20*mib)), nil)
		if !errors.Is(err, files.ErrPermission) ||
			strings.Contains(err.Error(), "the-id") != refuses {
			t.Errorf("Put, and the abort is refused: %t: %v", refuses, err)
		}
	}
}

// TestPartsAtOnce: four parts are sent at a time: each waits for the others.
func TestPartsAtOnce(t *testing.T) {
	var together sync.WaitGroup
	together.Add(4)
	b := behindWith(t, parallelParams,
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			switch q := r.URL.Query(); {
			case q.Has("uploads"):
				io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>u</UploadId>"+
					"</InitiateMultipartUploadResult>")
			case r.Method == http.MethodPut:
				together.Done()
				all := make(chan struct{})
				go func() { together.Wait(); close(all) }()
				select {
				case <-all:
					w.Header().Set("ETag", `"`+q.Get("partNumber")+`"`)
				case <-time.After(time.Minute):
					w.WriteHeader(403)
					io.WriteString(w, "<Error><Code>AccessDenied</Code></Error>")
				}
			case r.Method == http.MethodPost:
				w.Header().Set("X-Goog-Generation", "7")
				io.WriteString(w, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")
			}
		}))
	info, err := b.Put(t.Context(), "a", bytes.NewReader(make([]byte, 20*mib)), nil)
	if err != nil || info.Version != "7" || info.Size != 20*mib {
		t.Errorf("Put(a) = %+v, %v, want Version %q, Size %v and nil", info, err, "7", 20*mib)
	}
	if f := b.Features(); f.MaxUnknownSize == 0 || f.MaxUnknownSize > f.MaxSize {
		t.Errorf("MaxUnknownSize = %d, want more than 0 and at most %v", f.MaxUnknownSize,
			f.MaxSize)
	}
}

// TestStoredWithoutVersion: the response to the last request has no version, and the
// request for the file that follows fails or finds another file: then Put doesn't
// return nil with an empty version.
func TestStoredWithoutVersion(t *testing.T) {
	for what, look := range map[string]http.HandlerFunc{
		"no response": says(503, refuses(503, "backendError")),
		"another's":   says(200, resourceOf("a", 9, 20*mib)),
		"no file":     says(404, refuses(404, "notFound")),
		"not allowed": says(403, refuses(403, "forbidden")),
		"no service":  says(200, "<html>"),
	} {
		b := behindWith(t, parallelParams+"&retry_attempts=1", http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				switch q := r.URL.Query(); {
				case q.Has("uploads"):
					io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>u</UploadId>"+
						"</InitiateMultipartUploadResult>")
				case r.Method == http.MethodPut:
					w.Header().Set("ETag", `"`+q.Get("partNumber")+`"`)
				case r.Method == http.MethodPost:
					io.WriteString(w, "<CompleteMultipartUploadResult/>")
				case r.Method == http.MethodGet:
					look(w, r)
				}
			}))
		info, err := b.Put(t.Context(), "a", bytes.NewReader(make([]byte, 20*mib)), nil)
		if !errors.Is(err, files.ErrUncertain) || files.KindOf(err) != files.ErrUncertain {
			t.Errorf("%s: %+v, %v; want ErrUncertain", what, info, err)
		}
	}
}

// TestNoXMLUploads: an endpoint without XML uploads, as emulators are, receives the
// parts one by one, and so does an account without the permission to begin them.
func TestNoXMLUploads(t *testing.T) {
	for _, answer := range []http.HandlerFunc{
		says(400,
			refuses(400, "invalid")), says(404, "404 page not found"), says(405, ""), says(501, ""),
		says(403, refuses(403, "forbidden")),
		says(403, "<Error><Code>AccessDenied</Code></Error>"),
	} {
		asked, kept := 0, ""
		b := behindWith(t, parallelParams,
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				if r.URL.Query().Has("uploads") {
					asked++
					answer(w, r)
					return
				}
				sessions(func(w http.ResponseWriter, r *http.Request) {
					if kept = r.Header.Get("Content-Range"); strings.HasSuffix(kept, "/*") {
						part, _, _ := strings.Cut(strings.TrimPrefix(kept, "bytes "), "/")
						_, last, _ := strings.Cut(part, "-")
						w.Header().Set("Range", "bytes=0-"+last)
						w.WriteHeader(308)
						return
					}
					io.WriteString(w, resourceOf("a", 3, len(manyParts)))
				})(w, r)
			}))
		for range 2 {
			info, err := b.Put(t.Context(), "a", bytes.NewReader(manyParts), nil)
			if err != nil || info.Version != "3" {
				t.Errorf("Put(a) = %+v, %v, want Version %q and nil", info, err, "3")
			}
		}
		if asked != 1 {
			t.Errorf("the upload was begun %d times, want 1", asked)
		}
	}
	_, err := files.Open(t.Context(), "gs://bucket?concurrency=2&part_size=262144")
	if !errors.Is(err, files.ErrInvalid) {
		t.Errorf("New with parts that are too small = %v, want ErrInvalid", err)
	}
}
