package gcs

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/largecalls"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
)

// TestNoUploadLeft: the context of each call that uploads in parts ends while the upload
// is begun, or while a part is sent, and the service takes 200 ms to remove an upload.
// After the call, and the function of resume.Settle where the call doesn't wait by
// itself, the service has no unfinished upload and no file (X2).
func TestNoUploadLeft(t *testing.T) {
	t.Parallel()
	calls := largecalls.All(t, manyParts, 5<<20)
	calls["Put with IfAbsent"] = largecalls.Settled(func(ctx context.Context,
		b files.Bucket) error {
		_, err := b.Put(ctx, "a", bytes.NewReader(manyParts),
			&files.PutOptions{If: files.IfAbsent()})
		return err
	})
	for what, call := range calls {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b, direct, p := proxied(t, parallelParams)
			for _, kind := range []string{"XMLPost", "XMLPut", "UploadChunk"} {
				if inSession := what == "Put with IfAbsent"; inSession != (kind == "UploadChunk") {
					continue
				}
				p.Clear()
				p.Reset()
				ctx, cancel := context.WithCancel(t.Context())
				p.Add(proxy.Rule{
					Kinds: []string{"XMLDelete", "CancelUpload"},
					Fault: proxy.Latency(200 * time.Millisecond),
				})
				p.Add(proxy.Rule{Kinds: []string{kind}, Nth: 1, Fault: proxy.Fault{
					Name: "the context ends",
					Do: func(x *proxy.Exchange, next proxy.Send) (*http.Response, error) {
						cancel()
						return next(x.Request)
					},
				}})
				err := call(ctx, b)
				cancel()
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v, want context.Canceled", kind, err)
				}
				n := p.Counts()
				if n["XMLDelete"]+n["CancelUpload"] == 0 {
					t.Errorf("%s: the requests are %v, and none removes the upload", kind, n)
				}
				for u, err := range resume.Uploads(t.Context(), direct, "") {
					t.Errorf("%s: left is %+v, %v", kind, u, err)
				}
				for e, err := range direct.List(t.Context(), "", nil) {
					t.Errorf("%s: there is %+v, %v", kind, e, err)
				}
			}
		})
	}
}
