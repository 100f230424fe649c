package transfer_test

import (
	"context"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// TestMoveKeeps: a move keeps what it didn't copy: a file that a filter leaves out, one
// that was changed after the listing or while it was copied, one whose copy failed or
// isn't certain, and one that the target has in a different form. It counts them.
func TestMoveKeeps(t *testing.T) {
	for _, way := range []string{"by version", "by name", "inside the store"} {
		store := fine()
		src, dst := store, fine()
		put(t, src, "from/changed=old", "from/copied", "from/excluded.tmp", "from/exists=1",
			"from/refused", "from/replaced=old", "from/uncertain")
		to := whole(dst)
		if way == "inside the store" {
			dst = store
			to = in(dst, "to")
		}
		at := func(name string) string { return strings.TrimPrefix(to.Dir+"/"+name, "/") }
		put(t, dst, at("exists")+"=2")
		from := files.Wrap(src, files.Hooks{
			Features: func(f files.Features) files.Features {
				f.DeleteIfVersion = way != "by name"
				return f
			},
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if c.Op == files.OpDelete && c.Name == "from/replaced" ||
					c.Op == files.OpStat && c.Name == "from/replaced" && way == "by name" {
					put(t, src, "from/replaced=after the copy")
				}
				return next(ctx)
			},
		})
		hooked := files.Wrap(dst, files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if c.Op != files.OpPut && c.Op != files.OpCopy {
					return next(ctx)
				}
				switch {
				case strings.HasSuffix(c.Name, "refused"):
					return files.ErrPermission
				case strings.HasSuffix(c.Name, "uncertain"):
					next(ctx)
					return files.ErrUncertain
				}
				return next(ctx)
			},
		})
		plan := must(transfer.Move(transfer.Tree{Bucket: hooked, Dir: to.Dir}, in(from, "from"),
			&transfer.Options{
				Filter:               []string{"- *.tmp"},
				NoOverwrite:          true,
				MayLoseConcurrentPut: way == "by name",
			}))
		res, err := plan.ApplyChanges(t.Context(), func(yield func(transfer.Change, error) bool) {
			for c, err := range plan.Changes(t.Context()) {
				if c.Name == "changed" {
					put(t, src, "from/changed=new")
				}
				if !yield(c, err) {
					return
				}
			}
		})
		is(t, err, files.ErrPrecondition)
		if res.Moved != 1 || res.Copied != 1 || res.Skipped != 1 || res.Failed != 4 {
			t.Errorf("%s: %+v, want 1 moved, 1 skipped and 4 failed", way, res)
		}
		holds(t, in(src, "from"), "changed=new", "excluded.tmp=content of from/excluded.tmp",
			"exists=1", "refused=content of from/refused", "replaced=after the copy",
			"uncertain=content of from/uncertain")
		holds(t, to, "copied=content of from/copied", "exists=2", "replaced=old",
			"uncertain=content of from/uncertain")
	}
}
