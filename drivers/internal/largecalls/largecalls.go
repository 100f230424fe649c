// Package largecalls is for tests of how drivers end uploads in parts: it has the calls that
// make one.
package largecalls

import (
	"bytes"
	"context"
	"io"
	"testing"
	"testing/fstest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
)

// All returns each call that stores the content as the file "a", by a name for failures.
// The content is that of several parts, of partSize bytes each where a call chooses it. A
// call has cleaned up after itself when its function returns: PutFS and transfers wait by
// themselves, and the others by the function of resume.Settle.
func All(t testing.TB, content []byte, partSize int64) map[string]func(context.Context,
	files.Bucket) error {
	t.Helper()
	source := mem.New(&mem.Options{VersionPerPut: true})
	if _, err := files.PutBytes(t.Context(), source, "a", content, nil); err != nil {
		t.Fatal(err)
	}
	return map[string]func(context.Context, files.Bucket) error{
		"Put": Settled(func(ctx context.Context, b files.Bucket) error {
			_, err := b.Put(ctx, "a", struct{ io.Reader }{bytes.NewReader(content)}, nil)
			return err
		}),
		"Writer": Settled(func(ctx context.Context, b files.Bucket) error {
			w := files.NewWriter(ctx, b, "a", nil)
			defer w.Close()
			if _, err := w.Write(content); err != nil {
				return err
			}
			_, err := w.Commit()
			return err
		}),
		"Copy from another store": Settled(func(ctx context.Context, b files.Bucket) error {
			_, err := files.Copy(ctx, b, "a", source, "a", nil)
			return err
		}),
		"resume.Upload without a token": Settled(func(ctx context.Context, b files.Bucket) error {
			_, err := resume.Upload(ctx, b, "a", bytes.NewReader(content), int64(len(content)),
				&resume.UploadOptions{PartSize: partSize})
			return err
		}),
		"PutFS": func(ctx context.Context, b files.Bucket) error {
			_, err := files.PutFS(ctx, b, "", fstest.MapFS{"a": {Data: content}}, nil)
			return err
		},
		"CopyFile": func(ctx context.Context, b files.Bucket) error {
			_, err := transfer.CopyFile(ctx, b, "a", source, "a", nil)
			return err
		},
		"Apply": func(ctx context.Context, b files.Bucket) error {
			plan, err := transfer.Copy(transfer.Tree{Bucket: b}, transfer.Tree{Bucket: source},
				nil)
			if err == nil {
				_, err = plan.Apply(ctx)
			}
			return err
		},
	}
}

// Settled calls the function of resume.Settle after a call.
func Settled(call func(context.Context, files.Bucket) error) func(context.Context,
	files.Bucket) error {
	return func(ctx context.Context, b files.Bucket) error {
		ctx, settled := resume.Settle(ctx)
		defer settled()
		return call(ctx, b)
	}
}
