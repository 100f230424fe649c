package mount_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/resume"
)

var errLine = driver.Errorf(files.ErrUnavailable, "the line broke")

// partly uploads the first part of a file to the bucket, and returns a function that
// uploads the rest and reports whether it was one Put.
func partly(t *testing.T, b files.Bucket, name string, content []byte) (rest func() bool) {
	t.Helper()
	token, plain := "", false
	opts := &resume.UploadOptions{
		PartSize:    1000,
		Concurrency: 1,
		Save:        func(s string) error { token = s; return nil },
		Event:       func(e resume.UploadEvent) { plain = plain || e.Kind == resume.UploadPlain },
	}
	steps := 0
	cut := files.Wrap(b, files.Hooks{
		Uploads: true,
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if steps++; steps > 3 { // the check, the beginning and one part
				return errLine
			}
			return next(ctx)
		},
	})
	upload := func(b files.Bucket) error {
		_, err := resume.Upload(t.Context(), b, name, bytes.NewReader(content),
			int64(len(content)), opts)
		return err
	}
	if err := upload(cut); !errors.Is(err, errLine) || token == "" {
		t.Fatalf("the first part of %s: %v; the token is %q", name, err, token)
	}
	return func() bool {
		opts.Token = token
		if err := upload(b); err != nil {
			t.Errorf("the rest of %s: %v", name, err)
		}
		return plain
	}
}

// TestUploads: an upload continues in the bucket that has the name, and unfinished
// uploads are listed by the names of the joined bucket, except those of names that
// belong to another bucket.
func TestUploads(t *testing.T) {
	root, photos := mem.New(nil), mem.New(nil)
	b := join(t, table{"": root, "photos": photos, "old": files.ReadOnly(mem.New(nil))})
	content := bytes.Repeat([]byte("content"), 1000)
	partly(t, root, "photos/hidden", content) // not reached through b
	rest := []func() bool{
		partly(t, b, "big", content),
		partly(t, b, "photos/2026/big", content),
	}
	for _, c := range []struct {
		dir, prefix string
		want        []string
	}{
		{dir: "", want: []string{"big", "photos/2026/big"}},
		{dir: "photos", want: []string{"photos/2026/big"}},
		{dir: "photos/2026", want: []string{"photos/2026/big"}},
		{dir: "none"},
		{prefix: "photos/20", want: []string{"photos/2026/big"}},
		{prefix: "pho", want: []string{"photos/2026/big"}},
		{prefix: "b", want: []string{"big"}},
		{prefix: "x"},
	} {
		var names []string
		n, err := resume.AbortStale(t.Context(), b, &resume.StaleOptions{
			Dir:    c.dir,
			Prefix: c.prefix,
			Age:    1 << 62, // none is so old
		})
		if n != 0 || err != nil {
			t.Errorf("%q, %q: %d removed, %v", c.dir, c.prefix, n, err)
		}
		for u, err := range driver.UnfinishedUploads(t.Context(), b, c.dir, c.prefix) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, u.Name)
		}
		slices.Sort(names)
		if !slices.Equal(names, c.want) {
			t.Errorf("%q, %q: %v, want %v", c.dir, c.prefix, names, c.want)
		}
	}
	for _, f := range rest {
		if f() {
			t.Error("the rest was one Put")
		}
	}
	if got, err := files.ReadAll(t.Context(), photos, "2026/big", nil); err != nil ||
		!bytes.Equal(got, content) {
		t.Errorf("%d bytes in the mounted bucket, %v", len(got), err)
	}
	if got, err := files.ReadAll(t.Context(), root, "big", nil); err != nil ||
		!bytes.Equal(got, content) {
		t.Errorf("%d bytes in the root, %v", len(got), err)
	}
	if _, err := resume.Upload(t.Context(), b, "old/big", bytes.NewReader(content),
		int64(len(content)), &resume.UploadOptions{PartSize: 1000}); !errors.Is(err,
		files.ErrPermission) {
		t.Errorf("to a read-only bucket: %v", err)
	}
}
