package all

import (
	"encoding/json"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/files"
)

// sentAttributes returns the attributes that a request of an upload stores, under names
// that are the same for one request and for parts; nil if it stores none.
func sentAttributes(r *http.Request) map[string]string {
	found := map[string]string{}
	if t, p, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t == "multipart/related" {
		part, err := multipart.NewReader(r.Body, p["boundary"]).NextPart()
		var o map[string]any
		if err != nil || json.NewDecoder(part).Decode(&o) != nil {
			return nil
		}
		for k, v := range o {
			if s, ok := v.(string); ok {
				found[k] = s
			}
		}
		meta, _ := o["metadata"].(map[string]any)
		for k, v := range meta {
			found["meta "+k], _ = v.(string)
		}
	}
	for k, v := range r.Header {
		k = strings.ToLower(k)
		if k == "content-type" && (found["contentType"] != "" ||
			r.Header.Get("X-Ms-Blob-Content-Type") != "") {
			continue // it belongs to the request
		}
		for _, prefix := range []string{"x-amz-meta-", "x-goog-meta-", "x-ms-meta-"} {
			if name, ok := strings.CutPrefix(k, prefix); ok {
				found["meta "+name] = v[0]
			}
		}
		switch k = strings.TrimPrefix(k, "x-ms-blob-"); k {
		case "cache-control", "content-disposition", "content-encoding", "content-language",
			"content-type":
			first, second, _ := strings.Cut(k, "-")
			found[first+strings.ToUpper(second[:1])+second[1:]] = v[0]
		}
	}
	maps.DeleteFunc(found, func(k, _ string) bool {
		ours := !strings.HasPrefix(k, "c") && k != "meta author" // digests, marks, the name
		return ours || k == "crc32c"
	})
	return found
}

// TestAttributesAtPartSize: content of the size of a part, and content of one byte
// more, which is sent in parts, are stored with the same type, headers and metadata
// (P5, P7).
func TestAttributesAtPartSize(t *testing.T) {
	environment(t)
	attributes := files.Attributes{
		ContentType:        "text/x-test",
		CacheControl:       "no-cache",
		ContentDisposition: "inline",
		ContentEncoding:    "x-odd",
		ContentLanguage:    "de",
		Metadata:           map[string]string{"author": "me"},
	}
	want := map[string]string{
		"contentType":        "text/x-test",
		"cacheControl":       "no-cache",
		"contentDisposition": "inline",
		"contentEncoding":    "x-odd",
		"contentLanguage":    "de",
		"meta author":        "me",
	}
	const part = 5 << 20
	for _, s := range services {
		for _, size := range []int{part, part + 1} {
			var mu sync.Mutex
			var stored map[string]string
			u := &uploads{changed: make(chan struct{})}
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter,
				r *http.Request) {
				if q := r.URL.Query(); !q.Has("partNumber") && !q.Has("uploadId") &&
					q.Get("comp") != "block" && r.Method != http.MethodGet {
					found := sentAttributes(r)
					mu.Lock()
					stored = found
					mu.Unlock()
				}
				u.ServeHTTP(w, r)
			}))
			defer srv.Close()
			b, err := s.open(t, "http", strings.TrimPrefix(srv.URL, "http://"),
				"&part_size=5242880&retry_attempts=1")
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			// Whether the upload succeeds doesn't matter: the request was sent.
			_, err = b.Put(t.Context(), "a", io.LimitReader(zeros{}, int64(size)),
				&files.PutOptions{Attributes: attributes})
			if size > part && err != nil {
				t.Errorf("%s, %d bytes: %v", s.name, size, err)
			}
			mu.Lock()
			if !maps.Equal(stored, want) {
				t.Errorf("%s, %d bytes: %v, want %v", s.name, size, stored, want)
			}
			mu.Unlock()
		}
	}
}

// zeros is endless content.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
