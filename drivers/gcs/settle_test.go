package gcs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/fstest"
	"time"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
)

// largeCalls are the calls that upload in parts. Each has returned, and has cleaned up
// after itself, when its function returns.
var largeCalls = map[string]func(ctx context.Context, b files.Bucket) error{
	"Put": settling(func(ctx context.Context, b files.Bucket) error {
		_, err := b.Put(ctx, "a", struct{ io.Reader }{bytes.NewReader(manyParts)}, nil)
		return err
	}),
	"Put with IfAbsent": settling(func(ctx context.Context, b files.Bucket) error {
		_, err := b.Put(ctx, "a", bytes.NewReader(manyParts),
			&files.PutOptions{If: files.IfAbsent()})
		return err
	}),
	"Writer": settling(func(ctx context.Context, b files.Bucket) error {
		w := files.NewWriter(ctx, b, "a", nil)
		defer w.Close()
		if _, err := w.Write(manyParts); err != nil {
			return err
		}
		_, err := w.Commit()
		return err
	}),
	"Copy from another store": settling(func(ctx context.Context, b files.Bucket) error {
		_, err := files.Copy(ctx, b, "a", severalParts(), "a", nil)
		return err
	}),
	"resume.Upload without a token": settling(func(ctx context.Context, b files.Bucket) error {
		_, err := resume.Upload(ctx, b, "a", bytes.NewReader(manyParts), int64(len(manyParts)),
			&resume.UploadOptions{PartSize: 5 << 20})
		return err
	}),
	"PutFS": func(ctx context.Context, b files.Bucket) error {
		_, err := files.PutFS(ctx, b, "", fstest.MapFS{"a": {Data: manyParts}}, nil)
		return err
	},
	"CopyFile": func(ctx context.Context, b files.Bucket) error {
		_, err := transfer.CopyFile(ctx, b, "a", severalParts(), "a", nil)
		return err
	},
	"Apply": func(ctx context.Context, b files.Bucket) error {
		plan, err := transfer.Move(transfer.Tree{Bucket: b},
			transfer.Tree{Bucket: severalParts()}, nil)
		if err == nil {
			_, err = plan.Apply(ctx)
		}
		return err
	},
}

// settling calls the function of resume.Settle after a call.
func settling(call func(context.Context, files.Bucket) error) func(context.Context,
	files.Bucket) error {
	return func(ctx context.Context, b files.Bucket) error {
		ctx, settled := resume.Settle(ctx)
		defer settled()
		return call(ctx, b)
	}
}

// severalParts is a bucket with a file of several parts.
func severalParts() files.Bucket {
	b := mem.New(&mem.Options{VersionPerPut: true})
	if _, err := files.PutBytes(context.Background(), b, "a", manyParts, nil); err != nil {
		panic(err)
	}
	return b
}

// TestNoUploadLeft: the context of each call that uploads in parts ends while the upload
// is begun, or while a part is sent, and the service takes 200 ms to remove an upload.
// After the call, and the function of resume.Settle where the call doesn't wait by
// itself, the service has no unfinished upload and no file (X2).
func TestNoUploadLeft(t *testing.T) {
	t.Parallel()
	for what, call := range largeCalls {
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
