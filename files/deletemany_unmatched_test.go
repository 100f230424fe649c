package files_test

import (
	"context"
	"errors"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// vagueBackend has a bulk delete that does nothing and returns n errors.
type vagueBackend struct {
	driver.Backend
	n int
}

func (v vagueBackend) MaxDeleteMany() int { return 1000 }

func (v vagueBackend) DeleteMany(context.Context, []string) []error { return make([]error, v.n) }

// vagueBucket is the same without a driver.
type vagueBucket struct {
	files.Bucket
	n int
}

func (v *vagueBucket) DeleteMany(context.Context, []string) []error { return make([]error, v.n) }

// TestDeleteManyUnmatched: if a bulk delete doesn't return a result for each name, all
// names fail (D3).
func TestDeleteManyUnmatched(t *testing.T) {
	for _, n := range []int{0, 1, 3, 5} {
		for what, b := range map[string]files.Bucket{
			"driver":  driver.New(vagueBackend{driver.Unwrap(mem.New(nil)), n}),
			"bucket":  &vagueBucket{mem.New(nil), n},
			"wrapper": files.Wrap(&vagueBucket{mem.New(nil), n}, files.Hooks{}),
		} {
			names := []string{"a", "b"}
			for _, name := range names {
				put(t, b, name, "x")
			}
			res, err := files.DeleteMany(ctx, b, func(yield func(string) bool) {
				_ = yield("a") && yield("b")
			})
			if res.Deleted != 0 || len(res.Failed) != 2 || !errors.Is(err, files.ErrUnavailable) {
				t.Errorf("%s: %d results for 2 names: %+v, %v, want both to fail", what, n, res,
					err)
			}
			has(t, b, "a", "x")
		}
	}
}
