package files_test

import (
	"context"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// asked is a bucket of another program, which checks no names. It notes those that it
// gets, except for "", by which a function finds out whether the bucket is closed.
type asked struct {
	files.Bucket
	names *[]string
}

func (n asked) note(name string) {
	if name != "" {
		*n.names = append(*n.names, name)
	}
}

func (n asked) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	n.note(name)
	return n.Bucket.Put(ctx, name, r, o)
}

func (n asked) Get(ctx context.Context, name string, o *files.GetOptions) (*files.Reader, error) {
	n.note(name)
	return n.Bucket.Get(ctx, name, o)
}

func (n asked) Stat(ctx context.Context, name string, o *files.StatOptions) (files.Info, error) {
	n.note(name)
	return n.Bucket.Stat(ctx, name, o)
}

func (n asked) List(ctx context.Context, dir string,
	o *files.ListOptions) iter.Seq2[files.Entry, error] {
	n.note(dir)
	return n.Bucket.List(ctx, dir, o)
}

func (n asked) Delete(ctx context.Context, name string, o *files.DeleteOptions) error {
	n.note(name)
	return n.Bucket.Delete(ctx, name, o)
}

// TestIllegalNamesCostNoCall: what a function can refuse because of a name, it refuses
// before it calls the bucket (N1), with the name in the error.
func TestIllegalNamesCostNoCall(t *testing.T) {
	var names []string
	b := asked{mem.New(nil), &names}
	const bad = "a//b"
	path := filepath.Join(t.TempDir(), "f")
	if _, err := files.DownloadFile(ctx, tree(t), "d0", path, nil); err != nil {
		t.Fatal(err)
	}
	wrapper := files.Wrap(b, files.Hooks{})
	for what, do := range map[string]func() error{
		"UpdateAttributes": func() error {
			_, err := files.UpdateAttributes(ctx, b, bad,
				func(*files.Attributes) error { return nil }, nil)
			return err
		},
		"Update": func() error { _, err := files.Update(ctx, b, bad, appendX, nil); return err },
		"Copy to it": func() error {
			_, err := files.Copy(ctx, b, bad, b, "a", nil)
			return err
		},
		"Move to it": func() error {
			_, err := files.Move(ctx, b, bad, b, "a", nil)
			return err
		},
		"Move from it": func() error {
			_, err := files.Move(ctx, mem.New(nil), "a", b, bad, nil)
			return err
		},
		"PutFile": func() error { _, err := files.PutFile(ctx, b, bad, path, nil); return err },
		"PutFS": func() error {
			_, err := files.PutFS(ctx, b, bad, manyFiles(1), nil)
			return err
		},
		"Sub": func() error { _, err := files.Sub(b, bad); return err },
		"ListPage": func() error {
			_, _, err := files.ListPage(ctx, b, bad, "", 1, nil)
			return err
		},
		"DeleteMany": func() error {
			_, err := files.DeleteMany(ctx, wrapper, slices.Values([]string{bad}))
			return err
		},
		"Get of a wrapper":  func() error { _, err := wrapper.Get(ctx, bad, nil); return err },
		"Stat of a wrapper": func() error { _, err := wrapper.Stat(ctx, bad, nil); return err },
		"Put of a wrapper": func() error {
			_, err := files.PutString(ctx, wrapper, bad, "", nil)
			return err
		},
		"Delete of a wrapper": func() error { return wrapper.Delete(ctx, bad, nil) },
	} {
		names = nil
		is(t, do(), files.ErrInvalidName)
		if len(names) > 0 {
			t.Errorf("%s: the bucket was asked for %q", what, names)
		}
	}
}
