package s3

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestSumsOfOtherBytes: a checksum counts as the whole file's only if the response says
// so.
func TestSumsOfOtherBytes(t *testing.T) {
	const wrong = "AAAAAA=="
	for what, h := range map[string]map[string]string{
		"a range, no type":        {"Content-Range": "bytes 0-8/9", "ETag": `"1"`},
		"parts, no type":          {"ETag": `"1-2"`},
		"a count of parts":        {"ETag": `"1"`, "X-Amz-Mp-Parts-Count": "2"},
		"composite":               {"ETag": `"1"`, "X-Amz-Checksum-Type": "COMPOSITE"},
		"a type that isn't known": {"ETag": `"1"`, "X-Amz-Checksum-Type": "PART"},
	} {
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			w.Header().Set("X-Amz-Checksum-Crc32c", wrong)
			w.Header().Set("Content-Length", "9")
			if h["Content-Range"] != "" {
				w.WriteHeader(206)
			}
			io.WriteString(w, "123456789")
		})
		r, err := b.Get(t.Context(), "a", &files.GetOptions{Range: files.Bytes(0, 9)})
		if err != nil {
			t.Fatal(err)
		}
		if p, err := r.ReadAll(); err != nil || len(p) != 9 || !r.Info().Digest.IsZero() {
			t.Errorf("%s: %q, %v, %+v, want 9 bytes, nil and zero", what, p, err, r.Info().Digest)
		}
		r.Close()
	}
}

// TestSumsStayOn: one odd response doesn't turn checksums off. A store that never
// accepts them soon gets requests without.
func TestSumsStayOn(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		good   int // requests until checksums are off; 0 if they stay on
	}{
		{400, xmlError("InvalidRequest"), maxOddSums},
		{400, xmlError("InvalidDigest"), maxOddSums},
		{400, "", maxOddSums},
		{501, "", maxOddSums},
		{501, xmlError("NotImplemented"), 1},
		{400, `<Error><Code>InvalidRequest</Code>` +
			`<Message>x-amz-checksum-crc32c is not known</Message></Error>`, 1},
	} {
		once := true // only the first response is odd
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			if once && r.Header.Get("X-Amz-Checksum-Crc32c") != "" {
				once = false
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
				return
			}
			w.Header().Set("ETag", `"1"`)
		})
		every := func(b files.Bucket) {
			t.Helper()
			if _, err := b.Put(t.Context(), "a", strings.NewReader("x"), nil); err != nil {
				t.Errorf("%d %s: %v, want nil", c.status, c.body, err)
			}
		}
		every(b)
		every(b)
		if on := b.Features().Digests; on != (c.good != 1) {
			t.Errorf("%d %s, once: checksums are on: %v, want %v", c.status, c.body, on,
				c.good != 1)
		}
		b, _ = hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Amz-Checksum-Crc32c") != "" {
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
				return
			}
			w.Header().Set("ETag", `"1"`)
		})
		for i := range maxOddSums {
			every(b)
			if off := !b.Features().Digests; off != (i+1 >= c.good) {
				t.Errorf("%d %s, always: checksums are off after %d: %v, want %v", c.status, c.body,
					i+1, off, i+1 >= c.good)
			}
		}
	}
}

// TestPartsLost: if the response to Complete is lost and there are no checksums, the
// ETag of the parts shows whether the upload is there. An upload that another program
// ended isn't begun again.
func TestPartsLost(t *testing.T) {
	content := strings.Repeat("x", DefaultPartSize+1)
	for what, c := range map[string]struct {
		etag string
		want error
	}{
		// The MD5 of the MD5s in the server's responses below, twice 16 zeros.
		"landed":    {`"70bc8f4b72a86921468bf8e8441dce51-2"`, nil},
		"another's": {`"80bc8f4b72a86921468bf8e8441dce51-2"`, files.ErrUncertain},
	} {
		b, _ := hostile(t, gcsDoor, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Query().Has("uploads"):
				io.WriteString(w, begun)
			case r.Method == http.MethodPut:
				w.Header().Set("ETag", `"`+strings.Repeat("0", 32)+`"`)
			case r.Method == http.MethodPost:
				w.WriteHeader(502)
			case r.Method == http.MethodHead:
				w.Header().Set("ETag", c.etag)
				w.Header().Set("Content-Length", fmt.Sprint(len(content)))
				w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			}
		})
		info, err := b.Put(t.Context(), "a", strings.NewReader(content), nil)
		if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%s: Put = %+v, %v, want the error %v", what, info, err, c.want)
		}
	}
	posts := 0
	b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Has("uploads"):
			io.WriteString(w, begun)
		case r.Method == http.MethodPut:
			w.Header().Set("ETag", `"1"`)
		case r.Method == http.MethodPost:
			code, status := "ConditionalRequestConflict", 409
			if posts++; posts > 1 {
				code, status = "NoSuchUpload", 404
			}
			w.WriteHeader(status)
			io.WriteString(w, xmlError(code))
		case r.Method == http.MethodHead:
			w.Header().Set("ETag", `"other"`)
			w.Header().Set("Content-Length", "1")
		}
	})
	large := strings.NewReader(content)
	_, err := b.Put(t.Context(), "a", large, &files.PutOptions{If: files.IfAbsent()})
	if !errors.Is(err, files.ErrExist) || errors.Is(err, files.ErrUncertain) || posts != 2 {
		t.Errorf("%d ends, %v, want 2, ErrExist and not ErrUncertain", posts, err)
	}
}

// TestSumsOfParts: a part, or the end of an upload, whose checksum the store refuses is
// sent again without.
func TestSumsOfParts(t *testing.T) {
	for _, method := range []string{http.MethodPut, http.MethodPost} {
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Query().Has("uploads"):
				io.WriteString(w, begun)
			case r.Method == method && r.Header.Get("X-Amz-Checksum-Crc32c") != "":
				w.WriteHeader(400)
				io.WriteString(w, xmlError("InvalidRequest"))
			case r.Method == http.MethodPut:
				w.Header().Set("ETag", `"1"`)
			default:
				io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"1-2"</ETag>`+
					`</CompleteMultipartUploadResult>`)
			}
		})
		if err := every["put in parts"](t.Context(), b); err != nil {
			t.Errorf("%s: %v, want nil", method, err)
		}
	}
}
