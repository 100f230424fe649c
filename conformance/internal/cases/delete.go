package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var deleteCases = []suite.Case{
	{
		Rule: "D3",
		Name: "answers",
		Why: "a name that no answer speaks of is still there, and its owner thinks that " +
			"it is gone",
		Run: deleteAnswers,
	},
	{
		Rule: "D1",
		Name: "missing",
		Why:  "a clean-up that is repeated must not fail the second time",
		Run:  deleteMissing,
	},
	{
		Rule: "D1",
		Name: "only-that",
		Why:  "deleting one file must not take its neighbours",
		Run:  deleteOnly,
	},
	{
		Rule: "D1",
		Name: "directory",
		Why:  "deleting a directory's name by mistake must not delete what is in it",
		Run:  deleteDirectoryName,
	},
	{
		Rule:  "D1",
		Name:  "beside",
		Why:   "a and a/b are two files",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   deleteBeside,
	},
	{
		Rule: "D1",
		Name: "recreate",
		Why:  "a deleted file must leave nothing to its successor",
		Run:  deleteRecreate,
	},
	{
		Rule: "D1",
		Name: "racing",
		Why:  "several that clean up the same file all succeed",
		Run:  deleteRacing,
	},
	{
		Rule:  "D2",
		Name:  "that-version",
		Why:   "a worker deletes the message it has read, not the one that came after",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   deleteThatVersion,
	},
	{
		Rule:  "D2",
		Name:  "stale",
		Why:   "an old version must delete nothing",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   deleteStale,
	},
	{
		Rule:  "D2",
		Name:  "race",
		Why:   "of many that take the same message exactly one has it",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   deleteRace,
	},
	{
		Rule:  "D2",
		Name:  "against-update",
		Why:   "a file is either updated or deleted: not both, and not updated after it is gone",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion, feature.IfVersion),
		Run:   deleteAgainstUpdate,
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
		Why:  "services delete 1,000 at a time: the 1,001st must not be forgotten",
		Run:  deleteOverBatch,
	},
	{
		Rule: "D3",
		Name: "directory",
		Why:  "a tenant that leaves takes his files, and nobody else's",
		Run:  deleteDir,
	},
	{
		Rule: "D3",
		Name: "everything-on-purpose",
		Why:  "an empty variable must not delete everything",
		Run:  deleteEverything,
	},
	{
		Rule: "D3",
		Name: "cancelled",
		Why:  "a long deletion can be stopped, and says how far it came",
		Run:  deleteManyCancelled,
	},
}

func deleteMissing(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "d/x")
	for _, name := range []string{"missing", "no/such/dir", "a.txt", "d/y", "d/x/y", "A"} {
		for range 2 {
			if err := h.Delete(t.Context(), name, nil); err != nil {
				t.Errorf("Delete(%q) of a missing file: %v, want no error", name, err)
			}
		}
	}
	check.Remove(t, h, "a")
	check.Remove(t, h, "a")
	check.WantOnly(t, h, "d/x")
}

func deleteOnly(t suite.T, h *suite.H) {
	names := []string{"a", "a.txt", "a-", "aa", "d/a", "d/a.txt", "d/b/a", "A", "a ", "a.attrs"}
	check.Puts(t, h, names...)
	for len(names) > 0 {
		check.Remove(t, h, names[0])
		check.WantMissing(t, h, names[0])
		names = names[1:]
		check.WantOnly(t, h, slices.Clone(names)...)
	}
}

func deleteDirectoryName(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/x", "d/e/y")
	for _, dir := range []string{"d", "d/e"} {
		if err := h.Delete(t.Context(), dir, nil); err != nil {
			t.Errorf("Delete(%q), a directory's name: %v, want no error", dir, err)
		}
		check.WantErr(t, fmt.Sprintf("Delete(%q)", dir+"/"), h.Delete(t.Context(), dir+"/", nil),
			files.ErrInvalidName)
	}
	check.WantOnly(t, h, "d/x", "d/e/y")
}

func deleteBeside(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "a/b", "a/b/c")
	check.Remove(t, h, "a/b")
	check.WantOnly(t, h, "a", "a/b/c")
	check.Remove(t, h, "a")
	check.WantOnly(t, h, "a/b/c")
	check.WantContent(t, h, "a/b/c", []byte("a/b/c"))
	check.Remove(t, h, "a")
	check.WantOnly(t, h, "a/b/c")
}

func deleteRecreate(t suite.T, h *suite.H) {
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{
			ContentType:  "x/y",
			CacheControl: "no-store",
			Metadata:     map[string]string{"old": "yes"},
		}
	}
	for i := range 5 {
		check.Put(t, h, "d/a", check.Content(i, 5000), opts)
		check.Remove(t, h, "d/a")
		check.WantMissing(t, h, "d/a")
		check.Put(t, h, "d/a", []byte("text"), nil)
		check.WantContent(t, h, "d/a", []byte("text"))
		check.Same(t, "attributes after deleting and putting", check.Stat(t, h, "d/a").Attributes,
			files.Attributes{ContentType: textType})
	}
}

func deleteRacing(t suite.T, h *suite.H) {
	for range 10 {
		check.Puts(t, h, "d/a", "d/b")
		errs := make([]error, 16)
		check.Race(len(errs), func(i int) { errs[i] = h.Delete(t.Context(), "d/a", nil) })
		for _, err := range errs {
			if err != nil {
				t.Errorf("Delete in a race: %v, want no error", err)
			}
		}
		check.WantOnly(t, h, "d/b")
	}
}

func deleteThatVersion(t suite.T, h *suite.H) {
	check.Put(t, h, "d/a", check.Content(1, 100), nil)
	v := current(t, h, "d/a")
	if err := h.Delete(t.Context(), "d/a", &files.DeleteOptions{IfVersion: v}); err != nil {
		t.Errorf("Delete of the version that is there: %v", err)
	}
	check.WantMissing(t, h, "d/a")
	check.WantOnly(t, h)
}

func deleteStale(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 100), nil)
	v := current(t, h, "a")
	check.Put(t, h, "a", check.Content(2, 100), nil)
	for _, stale := range []files.Version{v, "no-such-version"} {
		for _, name := range []string{"a", "missing", "a/b"} {
			check.WantErr(t, fmt.Sprintf("Delete(%q) of a version that isn't there", name),
				h.Delete(t.Context(), name, &files.DeleteOptions{IfVersion: stale}),
				files.ErrPrecondition)
		}
	}
	check.WantContent(t, h, "a", check.Content(2, 100))
	check.Remove(t, h, "a")
	check.WantErr(t, "Delete of a version of a deleted file",
		h.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: v}), files.ErrPrecondition)
}

func deleteRace(t suite.T, h *suite.H) {
	for round := range h.Rounds(5) {
		check.Put(t, h, "a", check.Content(round, 100), nil)
		v := current(t, h, "a")
		errs := make([]error, 32)
		check.Race(len(errs), func(i int) {
			errs[i] = h.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: v})
		})
		oneWinner(t, errs, files.ErrPrecondition, func(int) { check.WantMissing(t, h, "a") })
	}
}

func deleteAgainstUpdate(t suite.T, h *suite.H) {
	for round := range h.Rounds(20) {
		check.Put(t, h, "a", check.Content(round, 100), nil)
		v := current(t, h, "a")
		errs := make([]error, 8)
		check.Race(len(errs), func(i int) {
			if i%2 == 0 {
				errs[i] = h.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: v})
			} else {
				_, errs[i] = ifVersion(t, h, "a", check.Content(1000+i, 50), v)
			}
		})
		oneWinner(t, errs, files.ErrPrecondition, func(i int) {
			if i%2 == 0 {
				check.WantMissing(t, h, "a")
			} else {
				check.WantContent(t, h, "a", check.Content(1000+i, 50))
			}
		})
	}
}

func deleteMany(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b", "c/d", "c/e", "keep")
	res, err := files.DeleteMany(t.Context(), h.Bucket,
		slices.Values([]string{"a", "missing", "bad//name", "c/d", "", "b", "a"}))
	if err == nil {
		t.Errorf("DeleteMany with illegal names: no error")
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
		t.Errorf("DeleteMany of nothing: %+v, %v", res, err)
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
		t.Errorf("DeleteMany of %d files: %d, %v", len(names), res.Deleted, err)
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
			t.Errorf("DeleteDir: %v", err)
		}
		left := slices.DeleteFunc(slices.Clone(names), func(s string) bool {
			return len(s) > 3 && s[:3] == "t1/"
		})
		check.Same(t, "Deleted", res.Deleted, int64(len(names)-len(left)))
		check.WantOnly(t, h, left...)
	}
	res, err := files.DeleteDir(t.Context(), h.Bucket, "missing")
	if err != nil || res.Deleted != 0 {
		t.Errorf("DeleteDir of a missing directory: %+v, %v", res, err)
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
		t.Errorf("DeleteAll: %+v, %v", res, err)
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
		t.Errorf("DeleteDir with a cancelled context: got %s", check.ErrText(err))
	}
	check.WantOnly(t, h, "a", "b", "d/c")
}
