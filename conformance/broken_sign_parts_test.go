package conformance_test

import (
	"context"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// signedParts is a map whose parts others may send, to the handler of sendTo.
type signedParts struct{ *withUploads }

var _ driver.PartReceiver = (*signedParts)(nil)

func withSignedParts(f uploadFault) func(*faulty) driver.Backend {
	return func(b *faulty) driver.Backend {
		return &signedParts{withParts(f)(b).(*withUploads)}
	}
}

func (s *signedParts) CanSignParts(*driver.Upload) error { return nil }

func (s *signedParts) SignPart(ctx context.Context, u *driver.Upload, n int,
	expiry time.Duration) (files.SignedURL, error) {
	return mapSigner().SignPart(ctx, u, n, expiry)
}

func (s *signedParts) ReceivePart(ctx context.Context, u *driver.Upload, number int, size int64,
	content io.Reader) (string, error) {
	data, err := io.ReadAll(content)
	if err != nil {
		return "", err
	}
	if int64(len(data)) != size {
		return "", files.ErrCorrupt
	}
	return s.PutPart(ctx, u, driver.NewPart(number, 0, data,
		crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)), false))
}

// WithUpload and the methods below let the uploads of the bucket below pass.
func (s *signs) WithUpload(ctx context.Context, name string,
	fn func(ctx context.Context, b files.Bucket, name string) error) error {
	return fn(ctx, s.Bucket, name)
}

func (s *signs) WithUploads(ctx context.Context, dir, prefix string,
	fn func(ctx context.Context, b files.Bucket, dir, prefix string) error,
) (out func(inner string) (name string, ok bool), err error) {
	same := func(inner string) (string, bool) { return inner, true }
	return same, fn(ctx, s.Bucket, dir, prefix)
}

func (s *signs) WithSignPart(ctx context.Context, name string,
	fn func(ctx context.Context, b files.Bucket, name string) error) error {
	return fn(ctx, s.Bucket, name)
}

// untouched serves the request as it came.
func untouched(*http.Request, func(method, name string) string) {}

var brokenSignedParts = []broken{
	{
		fault:   "joins signed parts in the order in which they came",
		caught:  []string{"W1/parts"},
		backend: withSignedParts(uploadFault{join: joinAsCame}),
		serve:   untouched,
	},
	{
		fault:   "takes a part with any signature",
		caught:  []string{"W1/parts-bound"},
		backend: withSignedParts(uploadFault{}),
		serve: func(r *http.Request, _ func(method, name string) string) {
			q := r.URL.Query()
			number, err := strconv.Atoi(q.Get("part"))
			if err != nil {
				return
			}
			size, _ := strconv.ParseInt(q.Get("size"), 10, 64)
			total, _ := strconv.ParseInt(q.Get("total"), 10, 64)
			u := &driver.Upload{
				Name:     q.Get("name"),
				ID:       q.Get("upload"),
				Size:     total,
				PartSize: size,
			}
			if number > 1 {
				u.PartSize = (total - size) / int64(number-1)
			}
			s, err := mapSigner().SignPart(r.Context(), u, number, time.Hour)
			if err != nil {
				return
			}
			if to, err := url.Parse(s.URL); err == nil {
				r.URL = to
			}
		},
	},
	{
		fault:   "ignores the condition of an upload of signed parts",
		caught:  []string{"W1/parts-complete"},
		backend: withSignedParts(uploadFault{request: unconditionally}),
		serve:   untouched,
	},
	{
		fault:  "lists parts with the size that was signed, whatever came",
		caught: []string{"W1/parts-complete"},
		backend: withSignedParts(uploadFault{
			list: func(parts []driver.UploadedPart) []driver.UploadedPart {
				if len(parts) == 1 && parts[0].Number == 1 {
					last := parts[0]
					last.Number, last.Size = 2, 100
					parts = append(parts, last)
				}
				return parts
			},
			join: func(up *mapUpload, _ []driver.UploadedPart) ([]byte, error) {
				return append(slices.Clone(up.parts[1].content), up.parts[2].content...), nil
			},
		}),
		serve: untouched,
	},
}

func unconditionally(_ *withUploads, _ *mapUpload, req *driver.PutRequest) {
	req.If = files.Condition{}
}

// TestSoundSignedParts: the cases pass without the faults.
func TestSoundSignedParts(t *testing.T) {
	h := broken{backend: withSignedParts(uploadFault{}), serve: untouched}.harness()
	for _, id := range []string{"W1/parts", "W1/parts-bound", "W1/parts-complete"} {
		if r := conformance.RunCase(t.Context(), h,
			caseOf(t, id)); r.Outcome != conformance.Passed {
			t.Errorf("%s: %s, want it to pass: %s", id, r.Outcome, r.Text())
		}
	}
}
