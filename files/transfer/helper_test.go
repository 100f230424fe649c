package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance/memdir"
	_ "cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/iofs"
	"cloudfiles.dev/files/transfer"
)

// fine is memory with times so precise that no test waits for the clock.
func fine() files.Bucket {
	return mem.New(&mem.Options{TimeResolution: time.Nanosecond, VersionPerPut: true})
}

// folder is a bucket of a new folder on disk.
func folder(t *testing.T) (files.Bucket, string) {
	t.Helper()
	dir := memdir.New(t)
	b, err := files.Open(t.Context(), "file://"+filepath.ToSlash(dir)+"?sync=none")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b, dir
}

func fromFS(t *testing.T, fsys fs.FS, o *iofs.Options) files.Bucket {
	t.Helper()
	b, err := iofs.FromFS(fsys, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func whole(b files.Bucket) transfer.Tree { return transfer.Tree{Bucket: b} }

func in(b files.Bucket, dir string) transfer.Tree { return transfer.Tree{Bucket: b, Dir: dir} }

// put stores files whose content is their name, or the text after "=".
func put(t *testing.T, b files.Bucket, names ...string) {
	t.Helper()
	for _, name := range names {
		name, content, ok := strings.Cut(name, "=")
		if !ok {
			content = "content of " + name
		}
		if _, err := files.PutString(t.Context(), b, name, content, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// contents returns all contents below a directory.
func contents(t *testing.T, tree transfer.Tree) map[string]string {
	t.Helper()
	all := map[string]string{}
	for e, err := range tree.Bucket.List(context.Background(), tree.Dir, nil) {
		if err != nil {
			t.Fatal(err)
		}
		text, err := files.ReadString(context.Background(), tree.Bucket, e.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimPrefix(strings.TrimPrefix(e.Name, tree.Dir), "/")] = text
	}
	return all
}

// holds checks that a tree has exactly the files, given as for put.
func holds(t *testing.T, tree transfer.Tree, names ...string) {
	t.Helper()
	want := map[string]string{}
	for _, name := range names {
		name, content, ok := strings.Cut(name, "=")
		if !ok {
			content = "content of " + name
		}
		want[name] = content
	}
	if got := contents(t, tree); !maps.Equal(got, want) {
		t.Errorf("the tree has %v\nwant %v", keys(got), keys(want))
	}
}

func keys(m map[string]string) string {
	var s []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		s = append(s, fmt.Sprintf("%s=%.20q", k, m[k]))
	}
	return strings.Join(s, " ")
}

// must returns the plan.
func must(p *transfer.Plan, err error) *transfer.Plan {
	if err != nil {
		panic(err)
	}
	return p
}

// apply carries out a plan.
func apply(t *testing.T, p *transfer.Plan) transfer.Result {
	t.Helper()
	res, err := p.Apply(t.Context())
	if err != nil {
		t.Fatalf("Apply: %v", err)
	}
	return res
}

// lines returns the changes of a plan, one a line and without sizes, and the error.
func lines(t *testing.T, p *transfer.Plan) ([]string, error) {
	t.Helper()
	var all []string
	for c, err := range p.Changes(t.Context()) {
		if err != nil {
			return all, err
		}
		all = append(all, fmt.Sprintf("%s %s %s", c.Action, c.Name, c.Reason))
	}
	return all, nil
}

// plans checks the changes of a plan.
func plans(t *testing.T, p *transfer.Plan, want ...string) {
	t.Helper()
	got, err := lines(t, p)
	if err != nil {
		t.Errorf("Changes: %v", err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the plan is\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"),
			strings.Join(want, "\n\t"))
	}
}

// counts counts the operations on a bucket, and may make them fail.
type counts struct {
	mu   sync.Mutex
	ops  map[files.Op]int
	fail func(c *files.Call) error
}

// counted wraps a bucket.
func counted(b files.Bucket) (files.Bucket, *counts) {
	c := &counts{ops: map[files.Op]int{}}
	return files.Wrap(b, files.Hooks{
		Around: func(ctx context.Context, call *files.Call,
			next func(context.Context) error) error {
			c.mu.Lock()
			c.ops[call.Op]++
			fail := c.fail
			c.mu.Unlock()
			if fail != nil {
				if err := fail(call); err != nil {
					return err
				}
			}
			return next(ctx)
		},
	}), c
}

func (c *counts) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.ops)
}

// only checks that exactly these operations were made.
func (c *counts) only(t *testing.T, what string, want map[files.Op]int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !maps.Equal(c.ops, want) {
		t.Errorf("%s: the operations are %v, want %v", what, c.ops, want)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
}

// write writes a file on disk with the given time.
func write(t *testing.T, dir, name, content string, at time.Time) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	if !at.IsZero() {
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
}
