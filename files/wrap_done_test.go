package files_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestDoneCountsEveryOperation: Done gets the bytes that were read or stored, or the
// entries that were listed, and 0 of every operation that has neither.
func TestDoneCountsEveryOperation(t *testing.T) {
	var done []string
	hooks := files.Hooks{
		Uploads: true,
		Done: func(_ context.Context, c *files.Call, n int64, err error) {
			done = append(done, fmt.Sprint(c.Op, " ", n))
			if err != nil {
				t.Errorf("%s: Done gets %v, want no error", c.Op, err)
			}
		},
	}
	b := files.Wrap(full(t), hooks)
	w := b.(optional)
	store := mem.New(nil)
	put(t, store, "a", "text")
	copies := files.Wrap(store, hooks)
	pass := func(context.Context, files.Bucket, string) error { return nil }
	for _, c := range []struct {
		want string
		do   func() error
	}{
		{"put 3", func() error { _, err := files.PutString(ctx, b, "a", "new", nil); return err }},
		{"stat 0", func() error { _, err := b.Stat(ctx, "a", nil); return err }},
		{"get 2", func() error {
			r, err := b.Get(ctx, "a", nil)
			if err != nil {
				return err
			}
			defer r.Close()
			_, err = r.ReadN(2)
			return err
		}},
		{"list 4", func() error { _, _, err := files.Usage(ctx, b, ""); return err }},
		{"copy 4", func() error {
			_, err := files.Copy(ctx, copies, "b", copies, "a", &files.CopyOptions{FullInfo: true})
			return err
		}},
		{"delete 0", func() error { return b.Delete(ctx, "b", nil) }},
		{"delete many 2", func() error {
			_, err := files.DeleteMany(ctx, b, slices.Values([]string{"c", "d"}))
			return err
		}},
		{"check 0", func() error { return files.Check(ctx, b) }},
		{"sign get 0", func() error {
			_, err := files.SignURL(ctx, b, "a", &files.SignOptions{})
			return err
		}},
		{"copy from 0", func() error { return w.WithCopySource(ctx, "a", pass) }},
		{"sign put 0", func() error { return w.WithSignPart(ctx, "a", pass) }},
		{"sign put 0", func() error { return w.WithSignPost(ctx, "a", pass) }},
		{"upload 0", func() error { return w.WithUpload(ctx, "a", pass) }},
	} {
		done = nil
		err := c.do()
		if got := strings.Join(done, ", "); err != nil || got != c.want {
			t.Errorf("Done gets %q, and the caller %v, want %q", got, err, c.want)
		}
	}
}
