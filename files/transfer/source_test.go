package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// TestSourceVanishes: a file that is deleted after it was listed is named in the error,
// its copy is kept, and the rest is copied. The next run deletes the copy.
func TestSourceVanishes(t *testing.T) {
	onDisk, _ := folder(t)
	for what, src := range map[string]files.Bucket{"memory": fine(), "folder": onDisk} {
		dst := fine()
		var want []string
		for i := range 50 {
			want = append(want, fmt.Sprintf("f%02d", i))
		}
		put(t, src, append(want, "v")...)
		put(t, dst, "v=old")
		plan := must(transfer.Sync(whole(dst), whole(src), nil))
		res, err := plan.ApplyChanges(t.Context(), func(yield func(transfer.Change, error) bool) {
			for c, err := range plan.Changes(t.Context()) {
				if c.Name == "v" {
					if err := src.Delete(t.Context(), "v", nil); err != nil {
						t.Error(err)
					}
				}
				if !yield(c, err) {
					return
				}
			}
		})
		is(t, err, files.ErrNotExist)
		if res.Copied != 50 || res.Failed != 1 || res.Deleted != 0 || len(res.Errors) != 1 ||
			!strings.Contains(err.Error(), `"v`) && !strings.Contains(err.Error(), " v") {
			t.Errorf("%s: Apply = %+v, %v, want 50 copied and one failure", what, res, err)
		}
		holds(t, whole(dst), append(want, "v=old")...)
		if res := apply(t, must(transfer.Sync(whole(dst), whole(src), nil))); res.Deleted != 1 ||
			res.Equal != 50 {
			t.Errorf("%s: the next run: %+v", what, res)
		}
		holds(t, whole(dst), want...)
	}
}

// TestSourceFolderVanishes: if the whole folder vanishes, such as an unmounted disk, the
// run ends soon and deletes nothing, and the target has only whole files.
func TestSourceFolderVanishes(t *testing.T) {
	for _, at := range []int64{0, 1, 20} {
		src, dir := folder(t)
		dst := fine()
		for i := range 300 {
			put(t, src, fmt.Sprintf("d%d/f%03d", i%3, i))
		}
		put(t, dst, "a=to be deleted", "z=to be deleted")
		var gets atomic.Int64
		vanishing := files.Wrap(src, files.Hooks{Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Op == files.OpGet && gets.Add(1) == at+1 {
				if err := os.Rename(dir, dir+".gone"); err != nil {
					t.Error(err)
				}
			}
			return next(ctx)
		}})
		res, err := must(transfer.Sync(whole(dst), whole(vanishing), nil)).Apply(t.Context())
		is(t, err, files.ErrNoBucket)
		if res.Deleted != 0 || res.Failed > 200 {
			t.Errorf("after %d files: %+v", at, res)
		}
		got := contents(t, whole(dst))
		for name, text := range got {
			if name != "a" && name != "z" && text != "content of "+name {
				t.Errorf("%s is %q", name, text)
			}
		}
		if got["a"] != "to be deleted" || got["z"] != "to be deleted" {
			t.Errorf("after %d files the target has %d files", at, len(got))
		}
		if err := os.Rename(dir+".gone", dir); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSourceKeepsChanging: a file on disk that another program replaces while it is
// copied is copied again, once, and is an error if it has changed again. The target
// never has a mixture.
func TestSourceKeepsChanging(t *testing.T) {
	const size = 3 << 20
	version := func(n int64) string { return strings.Repeat(string(rune('a'+n)), size) }
	for _, changes := range []int64{1, 2} {
		src, dir := folder(t)
		dst := fine()
		put(t, src, "big="+version(0), "other")
		put(t, dst, "big=old")
		var n atomic.Int64
		changing := files.Wrap(src, files.Hooks{Body: func(_ context.Context, c *files.Call,
			body io.Reader) io.Reader {
			if c.Name != "big" {
				return body
			}
			changed := false // in this attempt
			return readerFunc(func(p []byte) (int, error) {
				k, err := body.Read(p[:min(len(p), size/3)])
				if !changed && n.Load() < changes {
					changed = true
					text := version(n.Add(1))
					if err := os.WriteFile(filepath.Join(dir, "big"), []byte(text),
						0o666); err != nil {
						t.Error(err)
					}
				}
				return k, err
			})
		}})
		res, err := must(transfer.Copy(whole(dst), whole(changing), nil)).Apply(t.Context())
		if changes == 1 {
			if err != nil || res.Copied != 2 || res.Retries != 1 {
				t.Errorf("one change: %+v, %v", res, err)
			}
			holds(t, whole(dst), "big="+version(1), "other")
			continue
		}
		is(t, err, files.ErrChanged)
		var e *files.Error
		if res.Copied != 1 || res.Failed != 1 || !errors.As(err, &e) {
			t.Errorf("two changes: %+v, %v", res, err)
		}
		holds(t, whole(dst), "big=old", "other")
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
