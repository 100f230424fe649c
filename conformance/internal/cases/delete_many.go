package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var deleteManyCases = []suite.Case{
	{
		Rule: "D3",
		Name: "answers",
		Why: "a name that the service's response leaves out must be an error: the file " +
			"is still there",
		Run: deleteAnswers,
	},
	{
		Rule: "D3",
		Name: "many",
		Why:  "the result must say which names failed",
		Run:  deleteMany,
	},
	{
		Rule: "D3",
		Name: "over-a-batch",
		Why:  "a deletion of more names than a service takes at once must delete all of them",
		Run:  deleteOverBatch,
	},
	{
		Rule: "D3",
		Name: "directory",
		Why:  "DeleteDir must delete all files of the directory, and no others",
		Run:  deleteDir,
	},
	{
		Rule: "D3",
		Name: "everything-on-purpose",
		Why:  "an empty directory must not mean the whole bucket: it may be an unset variable",
		Run:  deleteEverything,
	},
	{
		Rule: "D3",
		Name: "cancelled",
		Why: "a long deletion must stop when its context ends, and report how many files " +
			"it deleted",
		Run: deleteManyCancelled,
	},
}

func deleteMany(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b", "c/d", "c/e", "keep")
	res, err := files.DeleteMany(t.Context(), h.Bucket,
		slices.Values([]string{"a", "missing", "bad//name", "c/d", "", "b", "a"}))
	if err == nil {
		t.Errorf("DeleteMany with illegal names: got no error, want one")
	}
	check.Same(t, "Deleted", res.Deleted, int64(5))
	var failed []string
	for _, e := range res.Failed {
		failed = append(failed, e.Name)
		if !errors.Is(e, files.ErrInvalidName) {
			t.Errorf("the failure of %q is %v, want ErrInvalidName", e.Name, e)
		}
	}
	check.Same(t, "names that failed", failed, []string{"bad//name", ""})
	check.WantOnly(t, h, "c/e", "keep")
	res, err = files.DeleteMany(t.Context(), h.Bucket, slices.Values([]string(nil)))
	if err != nil || res.Deleted != 0 {
		t.Errorf("DeleteMany of nothing: %+v, %v, want no error", res, err)
	}
}

func deleteOverBatch(t suite.T, h *suite.H) {
	var names []string
	for i := range files.DeleteBatchSize + 3 {
		names = append(names, fmt.Sprintf("d/%04d", i))
	}
	check.Puts(t, h, names...)
	check.Puts(t, h, "e", "d.txt")
	res, err := files.DeleteMany(t.Context(), h.Bucket, slices.Values(names))
	if err != nil || res.Deleted != int64(len(names)) {
		t.Errorf("DeleteMany of %d files: %d deleted, %v, want all and no error",
			len(names), res.Deleted, err)
	}
	check.WantOnly(t, h, "e", "d.txt")
}

func deleteDir(t suite.T, h *suite.H) {
	for _, dir := range []string{"t1", "t1/"} {
		names := []string{
			"t1/a", "t1/b/c", "t1/b/d/e", "t1.txt", "t1-/x", "t10/a", "T1/a", "x/t1/a",
		}
		if h.F.DirBesideFile {
			names = append(names, "t1", "t1/b")
		}
		check.Puts(t, h, names...)
		res, err := files.DeleteDir(t.Context(), h.Bucket, dir)
		if err != nil {
			t.Errorf("DeleteDir: %v, want no error", err)
		}
		left := slices.DeleteFunc(slices.Clone(names), func(s string) bool {
			return len(s) > 3 && s[:3] == "t1/"
		})
		check.Same(t, "Deleted", res.Deleted, int64(len(names)-len(left)))
		check.WantOnly(t, h, left...)
	}
	res, err := files.DeleteDir(t.Context(), h.Bucket, "missing")
	if err != nil || res.Deleted != 0 {
		t.Errorf("DeleteDir of a missing directory: %+v, %v, want no error", res, err)
	}
}

func deleteEverything(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "d/x")
	_, err := files.DeleteDir(t.Context(), h.Bucket, "")
	check.WantErr(t, `DeleteDir("")`, err, files.ErrInvalid)
	for _, dir := range []string{"/", "..", "d//"} {
		if _, err := files.DeleteDir(t.Context(), h.Bucket,
			dir); !errors.Is(err, files.ErrInvalidName) {
			t.Errorf("DeleteDir(%q): got %s, want ErrInvalidName", dir, check.ErrText(err))
		}
	}
	check.WantOnly(t, h, "a", "d/x")
	res, err := files.DeleteAll(t.Context(), h.Bucket)
	if err != nil || res.Deleted != 2 {
		t.Errorf("DeleteAll: %+v, %v, want no error", res, err)
	}
	check.WantOnly(t, h)
}

func deleteManyCancelled(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b", "d/c")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := files.DeleteMany(ctx, h.Bucket, slices.Values([]string{"a", "b"}))
	check.WantErr(t, "DeleteMany with a cancelled context", err, context.Canceled)
	if _, err := files.DeleteDir(ctx, h.Bucket, "d"); !errors.Is(err, context.Canceled) {
		t.Errorf("DeleteDir with a cancelled context: got %s, want context.Canceled",
			check.ErrText(err))
	}
	check.WantOnly(t, h, "a", "b", "d/c")
}

// deleteAnswers calls the bucket's own DeleteMany, and checks the result of each name.
func deleteAnswers(t suite.T, h *suite.H) {
	d, ok := h.Bucket.(driver.BucketManyDeleter)
	if !ok {
		t.Skipf("the bucket has no DeleteMany")
	}
	keep := []string{"keep", "d/keep"}
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("d/%02d", i))
	}
	check.Puts(t, h, append(keep, names...)...)
	asked := append(slices.Clone(names), "missing", names[0], "d//illegal")
	errs := d.DeleteMany(t.Context(), asked)
	if len(errs) != len(asked) {
		t.Errorf("DeleteMany of %d names returns %d errors, want one for each, or nil",
			len(asked), len(errs))
	}
	for i, err := range errs {
		if want := asked[i] == "d//illegal"; (err != nil) != want {
			t.Errorf("DeleteMany returns %s for %s", check.ErrText(err), term.Quote(asked[i]))
		}
	}
	check.WantOnly(t, h, keep...)
	if errs := d.DeleteMany(t.Context(), nil); len(errs) != 0 {
		t.Errorf("DeleteMany of no name returns %d errors, want none", len(errs))
	}
}
