package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// hideBelow wraps memory in a listing that shows nothing below a file of the
// directory's name, like MinIO's. refuse returns an error for names that can't be
// deleted.
func hideBelow(m files.Bucket, refuse func(name string) error) files.Bucket {
	return files.Wrap(m, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpDelete && refuse != nil {
				if err := refuse(c.Name); err != nil {
					return err
				}
			}
			if c.Op == files.OpDeleteMany && refuse != nil {
				return files.ErrUnsupported
			}
			return next(ctx)
		},
		List: func(ctx context.Context, _ *files.Call, opts files.ListOptions,
			list func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
		) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				for e, err := range list(ctx, opts) {
					if err == nil && hidden(ctx, m, e.Name) {
						continue
					}
					if !yield(e, err) {
						return
					}
				}
			}
		},
	})
}

// hidden reports whether a directory of the name is also a file.
func hidden(ctx context.Context, m files.Bucket, name string) bool {
	for i := range len(name) {
		if name[i] != '/' {
			continue
		}
		if ok, _ := files.Exists(ctx, m, name[:i]); ok {
			return true
		}
	}
	return false
}

// inside lists what really exists.
func inside(t *testing.T, m files.Bucket) (names []string) {
	t.Helper()
	for e, err := range m.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Name)
	}
	return names
}

// TestCleansByName runs the suite on a store whose listings hide names. Nothing must be
// left, by whatever handle, call or signed request it was put.
func TestCleansByName(t *testing.T) {
	name := memName()
	m := mem.Open(name)
	open := func(conformance.T) files.Bucket { return hideBelow(m, nil) }
	h := conformance.Harness{
		Store:  open,
		Second: func(t conformance.T, _ files.Bucket) files.Bucket { return open(t) },
		URL:    func(conformance.T) string { return "mem://" + name },
	}
	opts := &conformance.CheckOptions{
		Pattern: "^(N3|P[1589]|L[1-6]|C[1-9]|M[1-9]|D3|U[23]|X1)/",
		Short:   true,
	}
	r, err := conformance.Check(t.Context(), h, opts)
	if err != nil {
		t.Errorf("Check: %v", err)
	}
	if r == nil || r.Count(conformance.Failed) == 0 {
		t.Fatalf("Check of a store whose listings hide names passes: %+v", r)
	}
	for _, c := range r.Cases {
		if strings.Contains(fmt.Sprint(c.Failures), "cleaned up") {
			t.Errorf("%s reports what another case left: %v", c.ID, c.Failures)
		}
	}
	if left := inside(t, m); len(left) > 0 {
		t.Errorf("%d files are left: %.300q", len(left), left)
	}
}

// TestReportsWhatIsLeft has names that can't be deleted and that a listing hides.
func TestReportsWhatIsLeft(t *testing.T) {
	m := mem.Open(memName())
	refuse := func(name string) error {
		if strings.HasSuffix(name, "/a/b") {
			return driver.Errorf(files.ErrPermission, "a lock holds it")
		}
		return nil
	}
	h := conformance.Harness{Store: func(conformance.T) files.Bucket {
		return hideBelow(m, refuse)
	}}
	_, err := conformance.Check(t.Context(), h, &conformance.CheckOptions{Pattern: "^N3/"})
	var e *conformance.LeftError
	if !errors.As(err, &e) || !errors.Is(err, files.ErrPermission) {
		t.Fatalf("Check: %v, want a *LeftError", err)
	}
	left := inside(t, m)
	if fmt.Sprint(e.Names) != fmt.Sprint(left) || len(left) == 0 {
		t.Errorf("the error has the names %q, want %q", e.Names, left)
	}
	for _, name := range left {
		if !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) {
			t.Errorf("the error %v has not the name %q", err, name)
		}
	}
	if want := fmt.Sprintf("%d file", len(left)); !strings.Contains(err.Error(), want) {
		t.Errorf("the error %v has not the text %q", err, want)
	}
}

// TestLeftError compares the text for several numbers of names.
func TestLeftError(t *testing.T) {
	var many []string
	for i := range 23 {
		many = append(many, fmt.Sprint("d/", i))
	}
	for _, c := range []struct {
		names []string
		want  string
	}{
		{nil, "files may be left behind below d/: no list"},
		{[]string{"d/a"}, `1 file is left behind below d/: "d/a": no list`},
		{[]string{"d/a", "d/b"}, `2 files are left behind below d/: "d/a", "d/b": no list`},
		{many, ` "d/19" and 3 more: no list`},
	} {
		e := &conformance.LeftError{Dir: "d", Names: c.names, Err: errors.New("no list")}
		if !strings.HasSuffix(e.Error(), c.want) {
			t.Errorf("got %q, want %q", e, c.want)
		}
	}
}
