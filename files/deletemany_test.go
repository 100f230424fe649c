package files_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func TestDeleteMany(t *testing.T) {
	for what, b := range map[string]files.Bucket{
		"mem":     mem.New(nil),
		"third":   bare{b: mem.New(nil)},
		"wrapped": files.Wrap(bare{b: mem.New(nil)}, files.Hooks{}),
	} {
		var names []string
		for i := range 2500 {
			names = append(names, fmt.Sprintf("d/%04d", i))
			put(t, b, names[i], "x")
		}
		put(t, b, "keep", "x")
		bad := []string{"a//b", "", "d/.."}
		res, err := files.DeleteMany(ctx, b,
			slices.Values(slices.Concat(bad, names, []string{"never-there", "d/0001"})))
		if res.Deleted != 2502 || len(res.Failed) != 3 {
			t.Errorf("%s: %d deleted, failed: %v", what, res.Deleted, res.Failed)
		}
		is(t, err, files.ErrInvalidName)
		for i, e := range res.Failed {
			if e.Name != bad[i] || e.Op != files.OpDelete || e.Kind != files.ErrInvalidName {
				t.Errorf("%s: the failure is %v, want ErrInvalidName of %q", what, e, bad[i])
			}
		}
		wantList(t, b, "", nil, "keep")
		if res, err := files.DeleteMany(ctx, b,
			maps.Keys(map[string]bool{})); err != nil || res.Deleted != 0 || res.Err() != nil {
			t.Errorf("DeleteMany = %v, %v, want no error, Deleted 0 and res.Err() nil", res, err)
		}
	}
}

func TestDeleteManyStops(t *testing.T) {
	ended, cancel := context.WithCancel(ctx)
	b := full(t)
	res, err := files.DeleteMany(ended, b, func(yield func(string) bool) {
		cancel()
		yield("a")
	})
	is(t, err, context.Canceled)
	if res.Deleted != 0 {
		t.Errorf("res = %v, want Deleted 0", res)
	}
	has(t, b, "a", "text of a")

	// DeleteMany stops if the bucket refuses everything.
	asked := 0
	_, err = files.DeleteMany(ctx, files.ReadOnly(b), func(yield func(string) bool) {
		for asked = 0; asked < 1_000_000 && yield(fmt.Sprint(asked)); asked++ {
		}
	})
	if is(t, err, files.ErrPermission); asked > 2*files.DeleteBatchSize {
		t.Errorf("DeleteMany took %d names, want at most %d", asked, 2*files.DeleteBatchSize)
	}
	b.Close()
	_, err = files.DeleteMany(ctx, b, slices.Values([]string{"a"}))
	is(t, err, files.ErrClosed)
}

func TestDeleteDirAndAll(t *testing.T) {
	b := tree(t)
	_, err := files.DeleteDir(ctx, b, "")
	is(t, err, files.ErrInvalid)
	_, err = files.DeleteDir(ctx, b, "/")
	is(t, err, files.ErrInvalidName)
	if res, err := files.DeleteDir(ctx, b, "nothing"); err != nil || res.Deleted != 0 {
		t.Errorf("DeleteDir = %v, %v, want no error and Deleted 0", res, err)
	}
	if res, err := files.DeleteDir(ctx, b, "d/a/"); err != nil || res.Deleted != 2 {
		t.Errorf("DeleteDir = %v, %v, want no error and Deleted 2", res, err)
	}
	wantList(t, b, "d", nil, "d/a", "d/a-", "d/b", "d/c/z", "d/~", "d/é")
	sub, _ := files.Sub(b, "d")
	if res, err := files.DeleteAll(ctx, sub); err != nil || res.Deleted != 6 {
		t.Errorf("DeleteAll = %v, %v, want no error and Deleted 6", res, err)
	}
	wantList(t, b, "", nil, "d", "d0", "e/f")
	// A listing that fails half-way is reported, and what was deleted is counted.
	failing := &failingList{b}
	res, err := files.DeleteAll(ctx, failing)
	if !errors.Is(err, errBroken) || res.Deleted != 1 {
		t.Errorf("DeleteAll = %v, %v, want %v and Deleted 1", res, err, errBroken)
	}
	wantList(t, b, "", nil, "d0", "e/f")
}

func TestEachName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := make([]string, 100)
		for i := range names {
			names[i] = fmt.Sprint(i)
		}
		errs := driver.EachName(ctx, names, func(_ context.Context, name string) error {
			if len(name) == 1 {
				return errors.New(name)
			}
			return nil
		})
		for i, err := range errs {
			if (err != nil) != (i < 10) || err != nil && err.Error() != names[i] {
				t.Errorf("the error of name %d is %v", i, err)
			}
		}
		if errs := driver.EachName(ctx, nil, nil); len(errs) != 0 {
			t.Errorf("EachName = %v, want len(errs) 0", errs)
		}
	})
}

// TestDeleteManyBatches: DeleteMany passes the names in batches of 1,000, and none that
// is empty.
func TestDeleteManyBatches(t *testing.T) {
	for n, want := range map[int][]int{
		0: nil, 1: {1}, 999: {999}, 1000: {1000}, 1001: {1000, 1}, 2000: {1000, 1000},
	} {
		var got []int
		b := around(mem.New(nil),
			func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
				if c.Op == files.OpDeleteMany {
					got = append(got, len(c.Names))
				}
				return next(ctx)
			})
		var names iter.Seq[string] = func(yield func(string) bool) {
			for i := range n {
				if !yield(fmt.Sprint(i)) {
					return
				}
			}
		}
		res, err := files.DeleteMany(ctx, b, names)
		if err != nil || res.Deleted != int64(n) || !slices.Equal(got, want) {
			t.Errorf("%d names: %d deleted in batches of %v, %v, want %v", n, res.Deleted, got, err,
				want)
		}
	}
}
