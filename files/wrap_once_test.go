package files_test

import (
	"context"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestWrapCallsOnce: each call of a wrapper is one call of the bucket below, whatever
// hooks it has.
func TestWrapCallsOnce(t *testing.T) {
	for what, h := range map[string]files.Hooks{
		"no hooks": {},
		"Features": {Features: func(f files.Features) files.Features {
			f.Digests = false
			return f
		}},
		"Done":   {Done: func(context.Context, *files.Call, int64, error) {}},
		"Around": {Around: passing},
		"Body":   {Body: same},
	} {
		t.Run(what, func(t *testing.T) {
			store := mem.New(nil)
			put(t, store, "a", "text")
			var ops []files.Op
			b := files.Wrap(files.Wrap(store, files.Hooks{
				Begin: func(ctx context.Context, c *files.Call) (context.Context, error) {
					ops = append(ops, c.Op)
					return ctx, nil
				},
			}), h)
			for op, do := range map[files.Op]func(name string) error{
				files.OpGet: func(name string) error {
					r, err := b.Get(ctx, name, nil)
					r.Close()
					return err
				},
				files.OpStat: func(name string) error {
					_, err := b.Stat(ctx, name, nil)
					return err
				},
				files.OpPut: func(name string) error {
					_, err := files.PutString(ctx, b, name+"/new", "x", nil)
					return err
				},
				files.OpDelete: func(name string) error {
					return b.Delete(ctx, name+"/new", nil)
				},
				files.OpList: func(name string) error {
					for _, err := range b.List(ctx, "", nil) {
						if err != nil {
							return err
						}
					}
					return nil
				},
			} {
				for _, name := range []string{"a", "missing"} {
					ops = nil
					do(name) // which may fail
					if !slices.Equal(ops, []files.Op{op}) {
						t.Errorf("%v of %q makes the calls %v below, want one", op, name, ops)
					}
				}
			}
		})
	}
}
