package s3

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/signing"
)

// TestSignedPart: a part that is signed with temporary credentials has the number, the
// upload's own ID, the session token and the size, and no checksum, which no browser
// could know.
func TestSignedPart(t *testing.T) {
	bucket := offline("http://127.0.0.1:1") // with a session token
	defer bucket.Close()
	b := driver.Unwrap(bucket).(*backend)
	u := &driver.Upload{
		Name:     "d/ü &.bin",
		Size:     2*minPart + 7,
		PartSize: minPart,
		ID:       uploadID(strings.Repeat("0", markLen), false, "own-id+/"),
		Signed:   true,
	}
	s := must(b.SignPart(t.Context(), u, 3, time.Hour))
	at := must(url.Parse(s.URL))
	q := at.Query()
	signed := strings.Split(q.Get("X-Amz-SignedHeaders"), ";")
	if s.Method != "PUT" || len(s.Header) != 0 || !strings.HasSuffix(at.Path, "/d/ü &.bin") ||
		q.Get("partNumber") != "3" || q.Get("uploadId") != "own-id+/" ||
		q.Get("X-Amz-Security-Token") != "s3ss10ntoken" || q.Get("X-Amz-Expires") != "3600" ||
		!slices.Contains(signed, "content-length") {
		t.Errorf("the signed part is %s %s with the headers %v", s.Method, s.URL, s.Header)
	}
	for k := range q {
		if strings.Contains(strings.ToLower(k), "checksum") {
			t.Errorf("the URL has %s", k)
		}
	}
	if _, err := b.SignPart(t.Context(), u, 1, 8*24*time.Hour); !errors.Is(err,
		files.ErrInvalid) {
		t.Errorf("8 days: %v, want ErrInvalid", err)
	}
}

// TestSignedUpload: each S3 server in CI takes signed parts of the signed size alone, and
// decides the condition when the upload is completed.
func TestSignedUpload(t *testing.T) {
	t.Parallel()
	onEachServer(t, func(t *testing.T, b files.Bucket) {
		content := noise(minPart + 7)
		// Ceph keeps no condition at the end of an upload in parts.
		cond := files.IfAbsent()
		if driver.Unwrap(b).(*backend).known.profile == ceph {
			cond = files.Condition{}
		}
		u := must(signing.BeginUpload(t.Context(), b, "d/ü &.bin", &signing.UploadOptions{
			Size:     int64(len(content)),
			PartSize: minPart,
			If:       cond,
		}))
		defer signing.AbortUpload(t.Context(), b, u)
		send := func(n int, content []byte) int {
			s := must(signing.SignPart(t.Context(), b, u, n, nil))
			r := must(http.NewRequestWithContext(t.Context(), s.Method, s.URL,
				bytes.NewReader(content)))
			answer := must(http.DefaultClient.Do(r))
			answer.Body.Close()
			return answer.StatusCode
		}
		for _, size := range []int{6, 8} {
			if code := send(2, content[:size]); code/100 != 4 {
				t.Errorf("a part of %d bytes that was signed for 7: %d, want 4xx", size, code)
			}
		}
		for n := 2; n > 0; n-- {
			off, size := u.Part(n)
			if code := send(n, content[off:off+size]); code != http.StatusOK {
				t.Fatalf("part %d: %d, want 200", n, code)
			}
		}
		info := must(signing.CompleteUpload(t.Context(), b, u))
		again := must(signing.CompleteUpload(t.Context(), b, u))
		if info.Version == "" || again.Version != info.Version {
			t.Errorf("completed as %q, and once more as %q", info.Version, again.Version)
		}
		got := must(files.ReadAll(t.Context(), b, u.Name, nil))
		if !bytes.Equal(got, content) {
			t.Errorf("the file has %d bytes that differ", len(got))
		}
		if cond.IsZero() {
			_, err := signing.BeginUpload(t.Context(), b, u.Name, &signing.UploadOptions{
				Size: 7,
				If:   files.IfAbsent(),
			})
			if !errors.Is(err, files.ErrUnsupported) {
				t.Errorf("a condition that the store doesn't keep: %v, want ErrUnsupported", err)
			}
			return
		}
		second := must(signing.BeginUpload(t.Context(), b, u.Name, &signing.UploadOptions{
			Size: 7,
			If:   files.IfAbsent(),
		}))
		defer signing.AbortUpload(t.Context(), b, second)
		u = second
		if code := send(1, content[:7]); code != http.StatusOK {
			t.Fatalf("the part of the second upload: %d, want 200", code)
		}
		if _, err := signing.CompleteUpload(t.Context(), b, u); !errors.Is(err, files.ErrExist) {
			t.Errorf("a second upload with IfAbsent: %v, want ErrExist", err)
		}
	})
}
