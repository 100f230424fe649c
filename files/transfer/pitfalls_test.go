package transfer_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/transfer"
)

// withKeys is a bucket that also lists objects with these raw keys.
func withKeys(b files.Bucket, keys []string) files.Bucket {
	return relisted{
		Bucket: b,
		list: func(list iter.Seq2[files.Entry, error]) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				for _, key := range keys {
					if !yield(files.Entry{Key: key, Size: 3}, nil) {
						return
					}
				}
				list(yield)
			}
		},
		features: func(f *files.Features) { f.ForeignKeys = true },
	}
}

// TestForeignKeys: a key that isn't a legal name is a skip with the key, on every kind
// of target, and the rest is copied.
func TestForeignKeys(t *testing.T) {
	inner := fine()
	put(t, inner, "a", "b")
	foreign := []string{"x/../../.bashrc", "..", "abc/", "/etc/passwd", "c\x1b[31m"}
	src := withKeys(inner, foreign)
	to, dir := folder(t)
	plan := must(transfer.Sync(whole(to), whole(src), nil))
	var named []string
	for c, err := range plan.Changes(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Action == transfer.ActionSkip {
			named = append(named, c.Source.Key)
			if text := c.String(); strings.Contains(text,
				"\x1b") || !strings.Contains(text, "foreign") {
				t.Errorf("%q is printed", text)
			}
		}
	}
	if fmt.Sprint(named) != fmt.Sprint(foreign) {
		t.Errorf("skipped are %q", named)
	}
	if res := apply(t, plan); res.Copied != 2 || res.Skipped != int64(len(foreign)) {
		t.Errorf("Result = %+v, want 2 copied and the raw keys skipped", res)
	}
	holds(t, whole(to), "a", "b")
	for _, outside := range []string{"../.bashrc", "../../.bashrc"} {
		if _, err := os.Lstat(filepath.Join(dir, outside)); err == nil {
			t.Errorf("%s was written", outside)
		}
	}
	// A file on the disk whose name is not UTF-8.
	if err := os.WriteFile(filepath.Join(dir, "bad\xff"), []byte("x"), 0o666); err != nil {
		longtest.Lacks(t, "the disk refuses such a name: %v", err)
	}
	dst := fine()
	if res := apply(t, must(transfer.Sync(whole(dst), whole(to), nil))); res.Skipped != 1 {
		t.Errorf("Result = %+v, want 1 skipped", res)
	}
	holds(t, whole(dst), "a", "b")
}

// TestFileBecomesFolder: if a file has become a directory or the reverse, one Sync
// makes the sides equal, on a disk and on a bucket that can't have "a" beside "a/b"; a
// Copy fails for that name alone.
func TestFileBecomesFolder(t *testing.T) {
	onDisk, _ := folder(t)
	inner := fine()
	narrow := files.Wrap(inner, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op != files.OpPut && c.Op != files.OpCopy {
				return next(ctx)
			}
			for e, err := range inner.List(ctx, "", nil) {
				if err != nil {
					return err
				}
				if strings.HasPrefix(e.Name, c.Name+"/") || strings.HasPrefix(c.Name, e.Name+"/") {
					return driver.Errorf(files.ErrUnsupported, "%q is in the way", e.Name)
				}
			}
			return next(ctx)
		},
		Features: func(f files.Features) files.Features {
			f.DirBesideFile = false
			return f
		},
	})
	for what, dst := range map[string]files.Bucket{"disk": onDisk, "narrow": narrow} {
		for _, way := range [][2][]string{
			{{"item/x", "other"}, {"item", "other"}}, {{"item", "other"}, {"item/x", "other"}},
		} {
			src := fine()
			put(t, src, way[0]...)
			apply(t, must(transfer.Sync(whole(dst), whole(src), &transfer.Options{})))
			holds(t, whole(dst), way[0]...)
			src = fine()
			put(t, src, way[1]...)
			put(t, src, "new")
			if what == "narrow" {
				res, err := must(transfer.Copy(whole(dst), whole(src), nil)).Apply(t.Context())
				is(t, err, files.ErrUnsupported)
				if res.Failed != 1 || !strings.Contains(err.Error(), "item") {
					t.Errorf("%s: Apply = %+v, %v, want 1 failed, item", what, res, err)
				}
			}
			apply(t, must(transfer.Sync(whole(dst), whole(src), nil)))
			holds(t, whole(dst), append(way[1], "new")...)
		}
	}
}

// TestCaseAndForm: a rename that only changes case or normal form never loses the file.
func TestCaseAndForm(t *testing.T) {
	onDisk, _ := folder(t)
	for _, dst := range []files.Bucket{fine(), onDisk} {
		for _, pair := range [][2]string{{"Readme", "README"}, {"caf\u00e9", "cafe\u0301"}} {
			src := fine()
			put(t, src, pair[0]+"=content")
			apply(t, must(transfer.Sync(whole(dst), whole(src), nil)))
			src = fine()
			put(t, src, pair[1]+"=content")
			apply(t, must(transfer.Sync(whole(dst), whole(src), nil)))
			holds(t, whole(dst), pair[1]+"=content")
		}
	}
}

// TestLongNames: files whose long names differ in their last bytes can be copied at the
// same time.
func TestLongNames(t *testing.T) {
	src := fine()
	var want []string
	for i := range 16 {
		name := strings.Repeat("n", 253) + fmt.Sprintf("%02d", i)
		want = append(want, fmt.Sprintf("%s=%02d", name, i), fmt.Sprintf("dir/%s=%02d", name, i))
	}
	put(t, src, want...)
	dst, _ := folder(t)
	apply(t, must(transfer.Copy(whole(dst), whole(src), nil)))
	holds(t, whole(dst), want...)
}

// TestFailedCopies: after failures before, at and after the commit the target has the
// old or the new file, whole, and no target name is ever deleted.
func TestFailedCopies(t *testing.T) {
	for _, when := range []string{"before", "reading", "after"} {
		src, dst := fine(), fine()
		put(t, src, "a=new content")
		put(t, dst, "a=old")
		broken, n := counted(dst)
		broken = files.Wrap(broken, files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if c.Op != files.OpPut && c.Op != files.OpCopy {
					return next(ctx)
				}
				if when == "before" {
					return files.ErrPermission
				}
				err := next(ctx)
				if when == "after" && err == nil {
					err = files.ErrUncertain
				}
				return err
			},
			Content: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
				if when == "reading" {
					return io.MultiReader(strings.NewReader("new"), failingReader{})
				}
				return r
			},
		})
		res, err := must(transfer.Copy(whole(broken), whole(src), nil)).Apply(t.Context())
		if err == nil || res.Failed != 1 || res.Copied != 0 {
			t.Errorf("%s: Apply = %+v, %v, want an error, 1 failed and none copied", when, res, err)
		}
		want := "a=old"
		if when == "after" {
			want = "a=new content"
		}
		holds(t, whole(dst), want)
		if n.ops[files.OpDelete]+n.ops[files.OpDeleteMany] > 0 {
			t.Errorf("%s: the operations are %v", when, n.ops)
		}
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrNoProgress }

// TestDownloadDir: a tree becomes a folder of plain files, and a second run does
// nothing.
func TestDownloadDir(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := transfer.DownloadDir(t.Context(), "", whole(fine()), nil)
	is(t, err, files.ErrInvalid) // not the current folder
	src := fine()
	put(t, src, "logs/a", "logs/b/c", "other")
	if _, err := files.PutString(t.Context(), src, "logs/typed", "x", &files.PutOptions{
		Attributes: files.Attributes{Metadata: map[string]string{"k": "v"}},
	}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "a?b#c%41")
	for _, want := range []transfer.Result{{Copied: 3, CopiedBytes: 37}, {Equal: 3}} {
		got, err := transfer.DownloadDir(t.Context(), dir, in(src, "logs"), nil)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "b", "c"))
	if err != nil || string(text) != "content of logs/b/c" {
		t.Errorf("the file on disk has %q, %v", text, err)
	}
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if strings.HasSuffix(path, "typed.attrs") {
			t.Errorf("%s exists", path)
		}
		return err
	})
}
