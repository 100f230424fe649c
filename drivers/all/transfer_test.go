package all

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// operations counts the calls that reach a bucket.
type operations struct {
	mu sync.Mutex
	n  map[files.Op]int
}

func (o *operations) around(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	o.mu.Lock()
	o.n[c.Op]++
	o.mu.Unlock()
	return next(ctx)
}

// take returns the counts and resets them.
func (o *operations) take() map[files.Op]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := o.n
	o.n = map[files.Op]int{}
	return n
}

// treeNames are names that a listing and a walk return in different orders.
var treeNames = []string{
	"a-b", "a.b/c", "a/b", "a/c/d", "a0", "empty", "z/ü", "long/" + strings.Repeat("x", 200),
}

func fill(t *testing.T, b files.Bucket, dir string) {
	t.Helper()
	for _, name := range treeNames {
		content := "content of " + name
		if name == "empty" {
			content = ""
		}
		o := &files.PutOptions{Attributes: files.Attributes{
			ContentType:  "text/x-own",
			CacheControl: "no-cache",
			Metadata:     map[string]string{"key": "value of " + name},
		}}
		if _, err := files.PutString(t.Context(), b, dir+"/"+name, content, o); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTransfer: between every two of the services, a folder and memory, a tree arrives
// with its attributes, a second plan finds from the two listings alone that nothing is
// to do, and a sync inside one store doesn't read a file. Trees that overlap are refused,
// also if another handle has one of them.
func TestTransfer(t *testing.T) {
	for name, store := range newStores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := store(t)
			inner := open(t, url)
			ops := &operations{n: map[files.Op]int{}}
			b := files.Wrap(inner, files.Hooks{Around: ops.around})
			source := mem.New(nil)
			fill(t, source, "from")
			src := transfer.Tree{Bucket: source, Dir: "from"}
			there := transfer.Tree{Bucket: b, Dir: "there"}
			beside := transfer.Tree{Bucket: b, Dir: "beside"}
			back := transfer.Tree{Bucket: mem.New(nil), Dir: "back"}
			for _, step := range []struct {
				what     string
				dst, src transfer.Tree
				listings int
			}{
				{"there", there, src, 1}, {"beside", beside, there, 2}, {"back", back, beside, 1},
			} {
				ops.take()
				plan, err := transfer.Sync(step.dst, step.src, nil)
				if err != nil {
					t.Fatal(err)
				}
				res, err := plan.Apply(t.Context())
				if err != nil || res.Copied != int64(len(treeNames)) {
					t.Fatalf("%s: Apply = %+v, %v, want %d files copied",
						step.what, res, err, len(treeNames))
				}
				if n := ops.take(); step.what == "beside" && b.Features().ServerCopy &&
					n[files.OpGet] > 0 {
					t.Errorf("%s: the operations are %v", step.what, n)
				}
				for c, err := range plan.Changes(t.Context()) {
					t.Errorf("%s: the second plan has %v, %v", step.what, c, err)
				}
				if n := ops.take(); !maps.Equal(n, map[files.Op]int{files.OpList: step.listings}) {
					t.Errorf("%s: with nothing to do the operations are %v", step.what, n)
				}
				sameTree(t, step.dst)
			}
			if name != "memory" { // of which each Open is another store
				second := open(t, url)
				sub, err := files.Sub(second, "beside")
				if err != nil {
					t.Fatal(err)
				}
				for what, tree := range map[string]transfer.Tree{
					"the same": {Bucket: second, Dir: "beside/"},
					"above":    {Bucket: second},
					"below":    {Bucket: second, Dir: "beside/a"},
					"a Sub":    {Bucket: sub},
				} {
					for _, verb := range []func(dst, src transfer.Tree,
						o *transfer.Options) (*transfer.Plan, error){
						transfer.Copy, transfer.Move, transfer.Sync,
					} {
						o := &transfer.Options{MayLoseConcurrentPut: true}
						if _, err := verb(tree, beside, o); !errors.Is(err, files.ErrInvalid) {
							t.Errorf("%s, by a second handle: %v, want ErrInvalid", what, err)
						}
					}
				}
			}
			moved := transfer.Tree{Bucket: b, Dir: "moved"}
			plan, err := transfer.Move(moved, beside, &transfer.Options{MayLoseConcurrentPut: true})
			if err != nil {
				t.Fatal(err)
			}
			if res, err := plan.Apply(t.Context()); err != nil ||
				res.Moved != int64(len(treeNames)) {
				t.Fatalf("Move: %+v, %v", res, err)
			}
			sameTree(t, moved)
			if plan, err = transfer.Remove(moved, nil); err != nil {
				t.Fatal(err)
			}
			if res, err := plan.Apply(t.Context()); err != nil ||
				res.Deleted != int64(len(treeNames)) {
				t.Errorf("Remove: %+v, %v, want Deleted %v and nil", res, err,
					int64(len(treeNames)))
			}
			count, _, err := files.Usage(t.Context(), b, "")
			if err != nil || count != int64(len(treeNames)) {
				t.Errorf("%d files are left, %v", count, err)
			}
		})
	}
}

func sameTree(t *testing.T, tree transfer.Tree) {
	t.Helper()
	n := 0
	for e, err := range tree.Bucket.List(t.Context(), tree.Dir, nil) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		name := strings.TrimPrefix(e.Name, tree.Dir+"/")
		text, err := files.ReadString(t.Context(), tree.Bucket, e.Name, nil)
		if want := "content of " + name; err != nil || text != want && name != "empty" {
			t.Errorf("%s is %q, %v", e.Name, text, err)
		}
		info, err := tree.Bucket.Stat(t.Context(), e.Name, nil)
		if err != nil || info.ContentType != "text/x-own" || info.CacheControl != "no-cache" ||
			fmt.Sprint(info.Metadata) != fmt.Sprintf("map[key:value of %s]", name) {
			t.Errorf("Stat of %s = %+v, %v, want the attributes of the source", e.Name, info, err)
		}
	}
	if n != len(treeNames) {
		t.Errorf("%s has %d files, want %v", tree.Dir, n, len(treeNames))
	}
}
