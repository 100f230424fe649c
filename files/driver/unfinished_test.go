package driver_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// joinedUploads is a wrapper of two directories of a bucket, as one. It repeats its
// calls, and doesn't have the file "hidden".
type joinedUploads struct {
	files.Bucket
	err error
}

func (j joinedUploads) WithUpload(context.Context, string,
	func(context.Context, files.Bucket, string) error) error {
	return files.ErrUnsupported
}

func (j joinedUploads) WithUploads(ctx context.Context, dir, prefix string,
	fn func(context.Context, files.Bucket, string, string) error,
) (func(string) (string, bool), error) {
	var err error
	for _, in := range []string{"one/" + dir, "two/" + dir, "one/" + dir} {
		err = errors.Join(err, fn(ctx, j.Bucket, in, prefix))
	}
	out := func(name string) (string, bool) {
		_, name, _ = strings.Cut(name, "/")
		return name, name != "dir/hidden"
	}
	return out, errors.Join(err, j.err)
}

// TestUnfinishedUploadsThroughWrapper: a wrapper's uploads have its names, each once,
// and its error follows them.
func TestUnfinishedUploadsThroughWrapper(t *testing.T) {
	u := newUploader()
	u.list = []driver.UnfinishedUpload{
		{Name: "one/dir/a", ID: "1"},
		{Name: "one/dir/a", ID: "2"},
		{Name: "two/dir/b", ID: "1"},
		{Name: "two/dir/hidden", ID: "4"},
	}
	b := driver.New(u)
	want := []string{"dir/a", "dir/a", "dir/b"}
	names, err := unfinished(t.Context(), joinedUploads{Bucket: b}, "dir", "x")
	if !slices.Equal(names, want) || err != nil || u.asked != "one/dir/x" {
		t.Errorf("%q, %v, of the prefix %q, want %q", names, err, u.asked, want)
	}
	boom := errors.New("boom")
	names, err = unfinished(t.Context(), joinedUploads{b, boom}, "dir", "")
	if !slices.Equal(names, want) || !errors.Is(err, boom) {
		t.Errorf("%q, %v, want %q and boom", names, err, want)
	}
	if err := driver.WithUploader(t.Context(), joinedUploads{Bucket: b}, "a",
		func(context.Context, *driver.Uploader) error {
			t.Error("the step is made")
			return nil
		}); !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("%v, want ErrUnsupported", err)
	}
}
