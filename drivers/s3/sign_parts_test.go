package s3

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
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
