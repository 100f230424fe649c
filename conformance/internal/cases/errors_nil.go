package cases

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var errorsNilCases = []suite.Case{
	{
		Rule: "E2",
		Name: "nil-context",
		Why:  "a nil context must be an error, not a panic",
		Run:  nilContext,
	},
	{
		Rule: "P12",
		Name: "typed-nil",
		Why:  "a nil pointer in an io.Reader must be refused like a nil reader",
		Run:  typedNil,
	},
}

// wantInvalid requires that each call returns ErrInvalid.
func wantInvalid(t suite.T, what string, calls []check.Method) {
	t.Helper()
	var none context.Context
	for _, m := range calls {
		if err, ok := check.Calm(t, m.Name+" "+what, func() error { return m.Call(none) }); ok {
			check.WantErr(t, m.Name+" "+what, err, files.ErrInvalid)
		}
	}
}

// nilContext makes every call with a nil context.
func nilContext(t suite.T, h *suite.H) {
	check.Puts(t, h, "old", "a", "d/b")
	other := h.Another(t)
	check.Puts(t, other, "old")
	calls := append(check.Methods(t, h.Bucket, "a"), check.Listing(h.Bucket, "", nil),
		check.Listing(h.Bucket, "d", nil))
	calls = append(calls, abilityCalls(h.Bucket)...)
	calls = append(calls, helperCalls(t, h.Bucket)...)
	for i, m := range calls {
		if strings.HasPrefix(m.Name, "DeleteMany") {
			calls[i].Call = func(ctx context.Context) error { return check.Unjoin(m.Call(ctx)) }
		}
	}
	calls = append(calls,
		check.Method{Name: "Copy to another", Call: func(ctx context.Context) error {
			_, err := files.Copy(ctx, other, "b", h.Bucket, "a", nil)
			return err
		}},
		check.Method{Name: "Copy from another", Call: func(ctx context.Context) error {
			_, err := files.Copy(ctx, h.Bucket, "b", other, "old", nil)
			return err
		}},
	)
	wantInvalid(t, "with a nil context", calls)
	check.WantOnly(t, h, "old", "a", "d/b")
	check.WantOnly(t, other, "old")
	check.WantContent(t, h, "a", []byte("a"))
	check.WantContent(t, h, "old", []byte("old"))
	h.Clean(t, "calls with a nil context")
}

// abilityCalls returns calls of the optional methods that the bucket has.
func abilityCalls(b files.Bucket) (calls []check.Method) {
	if c, ok := b.(driver.BucketCopier); ok && b.Features().ServerCopy {
		calls = append(calls, check.Method{Name: "CopyFrom", Call: func(ctx context.Context) error {
			_, err := c.CopyFrom(ctx, "b", b, "a", nil)
			return err
		}})
	}
	if d, ok := b.(driver.BucketManyDeleter); ok {
		calls = append(calls, check.Method{
			Name: "DeleteMany of the bucket",
			Call: func(ctx context.Context) error {
				for _, err := range d.DeleteMany(ctx, []string{"a"}) {
					return err
				}
				return nil
			},
		})
	}
	if c, ok := b.(driver.BucketChecker); ok {
		calls = append(calls, check.Method{Name: "Check of the bucket", Call: c.Check})
	}
	return calls
}

// helperCalls returns calls of the functions that are not in check.Methods.
func helperCalls(t suite.T, b files.Bucket) []check.Method {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("new"), 0o600); err != nil {
		t.Fatalf("writing a file for PutFile: %v", err)
	}
	one := func(name string, call func(ctx context.Context) (any, error)) check.Method {
		return check.Method{Name: name, Call: func(ctx context.Context) error {
			_, err := call(ctx)
			return err
		}}
	}
	return []check.Method{
		one("PutString", func(ctx context.Context) (any, error) {
			return files.PutString(ctx, b, "a", "new", nil)
		}),
		one("PutJSON", func(ctx context.Context) (any, error) {
			return files.PutJSON(ctx, b, "a", 1, nil)
		}),
		one("PutFile", func(ctx context.Context) (any, error) {
			return files.PutFile(ctx, b, "a", path, nil)
		}),
		one("PutFS", func(ctx context.Context) (any, error) {
			return files.PutFS(ctx, b, "", fstest.MapFS{"a": {}}, nil)
		}),
		one("a Writer's Commit", func(ctx context.Context) (any, error) {
			w := files.NewWriter(ctx, b, "a", nil)
			w.Write([]byte("new"))
			return w.Commit()
		}),
		one("ReadAll", func(ctx context.Context) (any, error) {
			return files.ReadAll(ctx, b, "a", nil)
		}),
		one("ReadJSON", func(ctx context.Context) (any, error) {
			return files.ReadJSON[int](ctx, b, "a", nil)
		}),
		one("Download", func(ctx context.Context) (any, error) {
			return files.Download(ctx, b, "a", io.Discard, nil)
		}),
		one("Exists", func(ctx context.Context) (any, error) {
			return files.Exists(ctx, b, "a")
		}),
		one("Usage", func(ctx context.Context) (any, error) {
			_, n, err := files.Usage(ctx, b, "")
			return n, err
		}),
		one("ListPage", func(ctx context.Context) (any, error) {
			_, token, err := files.ListPage(ctx, b, "", "", 1, nil)
			return token, err
		}),
		one("DeleteDir", func(ctx context.Context) (any, error) {
			res, err := files.DeleteDir(ctx, b, "d")
			return res, check.Unjoin(err)
		}),
		one("Check", func(ctx context.Context) (any, error) {
			return nil, files.Check(ctx, b)
		}),
		one("ReadFile of the io/fs view", func(ctx context.Context) (any, error) {
			_, err := fs.ReadFile(files.FS(ctx, b, nil), "a")
			if err == nil {
				return nil, nil
			}
			return nil, driver.NewError(files.OpGet, "a", err) // it is a *fs.PathError
		}),
	}
}

// needyReader is a program's reader that must not be nil.
type needyReader struct{ r io.Reader }

func (n *needyReader) Read(p []byte) (int, error) { return n.r.Read(p) }

// typedNil puts nil pointers of all kinds of readers.
func typedNil(t suite.T, h *suite.H) {
	check.Put(t, h, "old", check.Content(1, 10), nil)
	for what, r := range map[string]io.Reader{
		"*bytes.Buffer":                 (*bytes.Buffer)(nil),
		"*bytes.Reader":                 (*bytes.Reader)(nil),
		"*strings.Reader":               (*strings.Reader)(nil),
		"*io.SectionReader":             (*io.SectionReader)(nil),
		"*io.LimitedReader":             (*io.LimitedReader)(nil),
		"*io.PipeReader":                (*io.PipeReader)(nil),
		"*files.Reader":                 (*files.Reader)(nil),
		"pointer of the program's own":  (*needyReader)(nil),
		"function":                      check.ReaderFunc(nil),
		"*os.File behind a LimitReader": io.LimitReader((*os.File)(nil), 5),
		"reader behind a LimitReader":   io.LimitReader(nil, 5),
	} {
		for _, name := range []string{"old", "new", "typed.txt"} {
			call := fmt.Sprintf("Put(%q) of a nil %s", name, what)
			err, ok := check.Calm(t, call, func() error {
				_, err := h.Put(t.Context(), name, r, nil)
				return err
			})
			if ok {
				check.WantErr(t, call, err, files.ErrInvalid)
			}
		}
	}
	check.WantOnly(t, h, "old")
	check.WantContent(t, h, "old", check.Content(1, 10))
	h.Clean(t, "Puts of nil readers")
}
