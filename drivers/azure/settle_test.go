package azure

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	trees "cloudfiles.dev/files/transfer"
)

// TestBlocksStayHidden: the context of each call that uploads in blocks ends while a block
// is sent, or at the commit. The blocks, which no request removes, are neither listed nor
// in the way: the old file or none is there, and the same call then stores its own content
// alone.
func TestBlocksStayHidden(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("0123456789abcdef", 200_000/16))
	source := mem.New(&mem.Options{VersionPerPut: true})
	if _, err := files.PutBytes(t.Context(), source, "a", text, nil); err != nil {
		t.Fatal(err)
	}
	for what, call := range map[string]func(ctx context.Context, b files.Bucket) error{
		"Put": func(ctx context.Context, b files.Bucket) error {
			_, err := b.Put(ctx, "a", struct{ io.Reader }{bytes.NewReader(text)}, nil)
			return err
		},
		"Copy from another store": func(ctx context.Context, b files.Bucket) error {
			_, err := files.Copy(ctx, b, "a", source, "a", nil)
			return err
		},
		"resume.Upload without a token": func(ctx context.Context, b files.Bucket) error {
			_, err := resume.Upload(ctx, b, "a", bytes.NewReader(text), int64(len(text)),
				&resume.UploadOptions{PartSize: 64 << 10})
			return err
		},
		"PutFS": func(ctx context.Context, b files.Bucket) error {
			_, err := files.PutFS(ctx, b, "", fstest.MapFS{"a": {Data: text}}, nil)
			return err
		},
		"CopyFile": func(ctx context.Context, b files.Bucket) error {
			_, err := trees.CopyFile(ctx, b, "a", source, "a", nil)
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for _, old := range []string{"", "old content"} {
				b, p, direct := proxiedBeside(t, "part_size", "65536")
				if old != "" {
					put(t, direct, "a", old, nil)
				}
				for _, kind := range []string{"PutBlock", "PutBlockList"} {
					p.Clear()
					ctx, cancel := context.WithCancel(t.Context())
					p.Add(proxy.Rule{Kinds: []string{kind}, Nth: 1, Fault: proxy.Fault{
						Name: "the context ends",
						Do: func(x *proxy.Exchange, _ proxy.Send) (*http.Response, error) {
							cancel()
							return nil, x.Wait(-1)
						},
					}})
					err := call(ctx, b)
					cancel()
					if !errors.Is(err, context.Canceled) {
						t.Errorf("%s: %v, want context.Canceled", kind, err)
					}
					n := 0
					for e, err := range direct.List(t.Context(), "", nil) {
						if n++; err != nil || old == "" || e.Size != int64(len(old)) {
							t.Errorf("%s: there is %+v, %v", kind, e, err)
						}
					}
					if old == "" {
						continue
					}
					if n != 1 {
						t.Errorf("%s: there are %d files, want 1", kind, n)
					}
					wantText(t, direct, "a", old)
				}
				p.Clear()
				if err := call(t.Context(), b); err != nil {
					t.Errorf("again: %v", err)
				}
				wantText(t, direct, "a", string(text))
			}
		})
	}
}
