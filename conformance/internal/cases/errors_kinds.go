package cases

import (
	"context"
	"errors"
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var errorsKindsCases = []suite.Case{
	{
		Rule: "E2",
		Name: "precedence",
		Why:  "a call with two mistakes must return the same error with every driver",
		Run:  errorPrecedence,
	},
	{
		Rule: "E2",
		Name: "one-kind",
		Why:  "an error must match one sentinel only: a program switches over them",
		Run:  errorOneKind,
	},
	{
		Rule: "E2",
		Name: "read-only",
		Why:  "a refusal of a read-only bucket must be ErrPermission, not ErrNotExist",
		Run:  errorReadOnly,
	},
}

// errorPrecedence makes calls with several mistakes. The order is: closed, then name,
// then options, then context.
func errorPrecedence(t suite.T, h *suite.H) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	bad := func(b files.Bucket, ctx context.Context, name string, options bool) map[string]error {
		var (
			put  *files.PutOptions
			get  *files.GetOptions
			list *files.ListOptions
		)
		if options {
			put, get, list = &files.PutOptions{Size: new(int64(-1))},
				&files.GetOptions{Range: files.Last(-1)}, &files.ListOptions{Limit: -1}
		}
		_, perr := b.Put(ctx, name, check.Stream(nil), put)
		_, gerr := b.Get(ctx, name, get)
		return map[string]error{
			"Put":  perr,
			"Get":  gerr,
			"List": check.Listing(b, name, list).Call(ctx),
		}
	}
	check.Puts(t, h, "dir/a")
	for _, c := range []struct {
		what    string
		name    string
		options bool
		want    error
	}{
		{"an illegal name, bad options and an ended context", "a//b", true, files.ErrInvalidName},
		{"an illegal name and an ended context", "a//b", false, files.ErrInvalidName},
		{"bad options and an ended context", "dir", true, files.ErrInvalid},
		{"an ended context and a missing file", "dir", false, context.Canceled},
	} {
		for m, err := range bad(h.Bucket, ended, c.name, c.options) {
			check.WantErr(t, m+" with "+c.what, err, c.want)
		}
	}
	for _, name := range []string{"a//b", "missing"} {
		want := files.ErrInvalidName
		if name == "missing" {
			want = context.Canceled
		}
		for _, m := range check.Methods(t, h.Bucket, name) {
			if m.Name == "DeleteMany" {
				continue // takes its names one by one, and stops before the first
			}
			check.WantErr(t, fmt.Sprintf("%s(%q) with an ended context", m.Name, name),
				m.Call(ended),
				want)
		}
	}
	check.WantOnly(t, h, "dir/a")
	h.Close()
	for m, err := range bad(h.Bucket, ended, "a//b", true) {
		check.WantErr(t, m+" with every mistake in a closed bucket", err, files.ErrClosed)
	}
	for _, m := range check.Methods(t, h.Bucket, "a//b") {
		if m.Name != "DeleteMany" {
			check.WantErr(t, m.Name+" of an illegal name in a closed bucket", m.Call(ended),
				files.ErrClosed)
		}
	}
}

func errorOneKind(t suite.T, h *suite.H) {
	failures(t, h.Bucket, func(what string, _ files.Op, _ string, err, _ error) {
		var are []error
		for _, k := range check.Kinds {
			if errors.Is(err, k) {
				are = append(are, k)
			}
		}
		if len(are) > 1 {
			t.Errorf("the error of %s matches %d sentinels, want one: %v", what, len(are), are)
		}
	})
}

func errorReadOnly(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "d/b")
	ro := files.ReadOnly(h.Bucket)
	if !ro.Features().ReadOnly {
		t.Errorf("Features of a read-only bucket do not claim ReadOnly")
	}
	for _, m := range check.Methods(t, ro, "a") {
		switch err := m.Call(t.Context()); {
		case m.Name == "Get" || m.Name == "Stat" || m.Name == "SignURL GET":
			if err != nil {
				t.Errorf("%s in a read-only bucket: %v, want no error", m.Name, err)
			}
		default:
			check.WantErr(t, m.Name+" in a read-only bucket", err, files.ErrPermission)
		}
	}
	_, err := files.SignURL(t.Context(), ro, "a", &files.SignOptions{Method: "PUT"})
	check.WantErr(t, "SignURL for PUT in a read-only bucket", err, files.ErrUnsupported)
	if _, err := files.DeleteAll(t.Context(), ro); !errors.Is(err, files.ErrPermission) {
		t.Errorf("DeleteAll in a read-only bucket: got %s, want ErrPermission", check.ErrText(err))
	}
	check.WantOnly(t, ro, "a", "d/b")
	check.WantContent(t, ro, "a", []byte("a"))
	check.Same(t, "Stat in a read-only bucket", check.Stat(t, ro, "d/b"), check.Stat(t, h, "d/b"))
	if inner, ok := files.As[interface{ unexported() }](ro); ok {
		t.Errorf("As finds %T through a read-only bucket, want nothing", inner)
	}
}
