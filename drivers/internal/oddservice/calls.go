// Package oddservice is for tests of drivers whose service responds wrongly: the service,
// which responds as a test says, the calls that a test makes, and what must hold of their
// results.
package oddservice

import (
	"context"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// Calls returns each operation on the file "dir/a", by a name for failures. "put in parts"
// stores the large content.
func Calls(large string) map[string]func(ctx context.Context, b files.Bucket) error {
	return map[string]func(ctx context.Context, b files.Bucket) error{
		"put":          put("content"),
		"put in parts": put(large),
		"get": func(ctx context.Context, b files.Bucket) error {
			_, err := files.ReadAll(ctx, b, "dir/a", nil)
			return err
		},
		"get of a range": func(ctx context.Context, b files.Bucket) error {
			r, err := b.Get(ctx, "dir/a", &files.GetOptions{Range: files.Bytes(1, 2)})
			if err == nil {
				defer r.Close()
				_, err = r.ReadAll()
			}
			return err
		},
		"stat": func(ctx context.Context, b files.Bucket) error {
			_, err := b.Stat(ctx, "dir/a", nil)
			return err
		},
		"list": func(ctx context.Context, b files.Bucket) error { return ListAll(ctx, b, nil) },
		"delete": func(ctx context.Context, b files.Bucket) error {
			return b.Delete(ctx, "dir/a", nil)
		},
		"delete many": func(ctx context.Context, b files.Bucket) error {
			_, err := files.DeleteMany(ctx, b, func(yield func(string) bool) {
				_ = yield("dir/a") && yield("dir/b")
			})
			return err
		},
		"copy": func(ctx context.Context, b files.Bucket) error {
			_, err := files.Copy(ctx, b, "dir/b", b, "dir/a", nil)
			return err
		},
		"check": files.Check,
	}
}

func put(content string) func(ctx context.Context, b files.Bucket) error {
	return func(ctx context.Context, b files.Bucket) error {
		_, err := b.Put(ctx, "dir/a", strings.NewReader(content), nil)
		return err
	}
}

// ListAll lists the directory "dir" until its end or its first error, which it returns.
func ListAll(ctx context.Context, b files.Bucket, o *files.ListOptions) error {
	for _, err := range b.List(ctx, "dir", o) {
		if err != nil {
			return err
		}
	}
	return nil
}

// PutIf puts a few bytes under a condition.
func PutIf(t testing.TB, b files.Bucket, c files.Condition) (files.Info, error) {
	t.Helper()
	return b.Put(t.Context(), "a", strings.NewReader("content"), &files.PutOptions{If: c})
}

// GetIf is a Get that should fail; it returns the error.
func GetIf(t testing.TB, b files.Bucket, o files.GetOptions) error {
	t.Helper()
	r, err := b.Get(t.Context(), "a", &o)
	if err == nil {
		r.Close()
	}
	return err
}
