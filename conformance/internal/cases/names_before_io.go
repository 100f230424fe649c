package cases

import (
	"context"
	"fmt"
	"io"
	"slices"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var namesBeforeIOCases = []suite.Case{
	{
		Rule: "N1",
		Name: "before-io",
		Why: "a name that is refused must neither consume the caller's stream nor cost a " +
			"request",
		Run: nameBeforeIO,
	},
}

func nameBeforeIO(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "old")
	read := check.ReaderFunc(func([]byte) (int, error) {
		t.Errorf("Put with an illegal name reads the content, want no Read")
		return 0, io.EOF
	})
	for _, name := range []string{"a//b", "", "a/", "../a", "a\n"} {
		for _, m := range naming(h, name, read) {
			before := requests(t, h)
			check.WantErr(t, fmt.Sprintf("%s(%s)", m.Name, term.Quote(name)), m.Call(t.Context()),
				files.ErrInvalidName)
			if n := requests(t, h) - before; n != 0 {
				t.Errorf("%s(%s) refuses the name after %d requests, want none", m.Name,
					term.Quote(name), n)
			}
		}
	}
	check.WantOnly(t, h, "a", "old")
}

// requests returns the harness's count of requests, or 0.
func requests(t suite.T, h *suite.H) int64 {
	t.Helper()
	if h.Harness.Requests == nil {
		return 0
	}
	return h.Harness.Requests(t, h.Bucket)
}

// naming returns all ways to use an illegal name, including functions that make several
// calls.
func naming(h *suite.H, name string, content io.Reader) []check.Method {
	b := h.Bucket
	all := slices.Concat(check.Methods(nil, b, name), reading(h, name), []check.Method{
		{Name: "Put of a stream", Call: func(ctx context.Context) error {
			_, err := b.Put(ctx, name, content, nil)
			return err
		}},
		{Name: "Writer", Call: func(ctx context.Context) error {
			w := files.NewWriter(ctx, b, name, nil)
			defer w.Close()
			_, err := w.Commit()
			return err
		}},
		{Name: "PutString", Call: func(ctx context.Context) error {
			_, err := files.PutString(ctx, b, name, "x", nil)
			return err
		}},
		{Name: "Exists", Call: func(ctx context.Context) error {
			_, err := files.Exists(ctx, b, name)
			return err
		}},
	})
	if h.F.IfAbsent && h.F.IfVersion {
		all = append(all, check.Method{Name: "Update", Call: func(ctx context.Context) error {
			_, err := files.Update(ctx, b, name, func([]byte) ([]byte, error) {
				return []byte("x"), nil
			}, nil)
			return err
		}})
	}
	if h.F.IfVersion {
		change := func(*files.Attributes) error { return nil }
		all = append(all, check.Method{
			Name: "UpdateAttributes",
			Call: func(ctx context.Context) error {
				_, err := files.UpdateAttributes(ctx, b, name, change, nil)
				return err
			},
		})
	}
	if name != "" && name != "a/" { // "a/" is a directory
		all = append(all, check.Listing(b, name, nil), check.Method{
			Name: "DeleteDir",
			Call: func(ctx context.Context) error {
				_, err := files.DeleteDir(ctx, b, name)
				return check.Unjoin(err)
			},
		})
	}
	return all
}
