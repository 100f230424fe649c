package cases

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var errorsCases = []suite.Case{
	{
		Rule: "E1",
		Name: "has-op-and-name",
		Why: "every error must be a *files.Error with the operation and the name, for " +
			"the program's log",
		Run: errorType,
	},
	{
		Rule: "E1",
		Name: "same-text",
		Why:  "the text of an error must not depend on the driver: users read it",
		Run:  errorTexts,
	},
	{
		Rule: "E1",
		Name: "no-secrets",
		Why: "no error may show a path, a prefix or a credential: errors are shown to users " +
			"and sent to error trackers",
		Run: errorSecrets,
	},
	{
		Rule: "E1",
		Name: "callers-name",
		Why:  "an error must have the name that the caller used, also through a view",
		Run:  errorNames,
	},
	{
		Rule: "E1",
		Name: "causes",
		Why:  "errors.Is and errors.As must find the program's own errors",
		Run:  errorCauses,
	},
	{
		Rule: "E1",
		Name: "cause-of-context",
		Why: "an error after a cancellation with a cause must be both context.Canceled " +
			"and the cause",
		Run: errorContextCause,
	},
	{
		Rule: "E1",
		Name: "printable",
		Why: "an error's text must have no control characters: a name with a line break " +
			"forges log lines",
		Run: errorPrintable,
	},
}

// failures makes many kinds of failures on a bucket and calls see with each, and with
// what the error must be.
func failures(t suite.T, b files.Bucket,
	see func(what string, op files.Op, name string, err, want error)) {
	f := b.Features()
	check.Put(t, b, "dir/old", check.Content(1, 100), nil)
	_, err := b.Get(t.Context(), "dir/missing", nil)
	see("Get of a missing file", files.OpGet, "dir/missing", err, files.ErrNotExist)
	_, err = b.Stat(t.Context(), "dir/missing", nil)
	see("Stat of a missing file", files.OpStat, "dir/missing", err, files.ErrNotExist)
	_, err = b.Get(t.Context(), "a//b", nil)
	see("Get of an illegal name", files.OpGet, "a//b", err, files.ErrInvalidName)
	_, err = b.Put(t.Context(), "a//b", check.Stream(nil), nil)
	see("Put of an illegal name", files.OpPut, "a//b", err, files.ErrInvalidName)
	see("Delete of an illegal name", files.OpDelete, "a//b", b.Delete(t.Context(), "a//b", nil),
		files.ErrInvalidName)
	_, err = b.Put(t.Context(), "dir/new", nil, nil)
	see("Put of nil", files.OpPut, "dir/new", err, files.ErrInvalid)
	_, err = b.Put(t.Context(), "dir/new", check.Failing(nil, false, check.ErrReader), nil)
	see("Put of a failing reader", files.OpPut, "dir/new", err, check.ErrReader)
	_, err = b.Put(t.Context(), "dir/new", check.Stream(check.Content(1, 10)),
		&files.PutOptions{Size: new(int64(9))})
	see("Put of too much", files.OpPut, "dir/new", err, files.ErrCorrupt)
	_, err = b.Get(t.Context(), "dir/old", &files.GetOptions{Range: files.Bytes(-1, 1)})
	see("Get of a negative range", files.OpGet, "dir/old", err, files.ErrInvalid)
	for _, err := range b.List(t.Context(), "a//b", nil) {
		see("List of an illegal directory", files.OpList, "a//b", err, files.ErrInvalidName)
	}
	for _, err := range b.List(t.Context(), "dir", &files.ListOptions{Limit: -1}) {
		see("List with a negative limit", files.OpList, "dir", err, files.ErrInvalid)
	}
	if f.IfAbsent {
		_, err = b.Put(t.Context(), "dir/old", check.Stream(nil),
			&files.PutOptions{If: files.IfAbsent()})
		see("Put with IfAbsent", files.OpPut, "dir/old", err, files.ErrExist)
	}
	if f.IfVersion {
		_, err = b.Put(t.Context(), "dir/old", check.Stream(nil),
			&files.PutOptions{If: files.IfVersion("no-such-version")})
		see("Put with IfVersion", files.OpPut, "dir/old", err, files.ErrPrecondition)
	}
	if f.DeleteIfVersion {
		err = b.Delete(t.Context(), "dir/old", &files.DeleteOptions{IfVersion: "no-such-version"})
		see("Delete with IfVersion", files.OpDelete, "dir/old", err, files.ErrPrecondition)
	}
	if f.ReadConditions {
		_, err = b.Get(t.Context(), "dir/old", &files.GetOptions{IfVersion: "no-such-version"})
		see("Get with IfVersion", files.OpGet, "dir/old", err, files.ErrPrecondition)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.Put(ctx, "dir/new", check.Stream(nil), nil)
	see("Put with a cancelled context", files.OpPut, "dir/new", err, context.Canceled)
	_, err = b.Get(ctx, "dir/old", nil)
	see("Get with a cancelled context", files.OpGet, "dir/old", err, context.Canceled)
	_, err = files.Copy(t.Context(), b, "dir/new", b, "dir/missing", nil)
	see("Copy of a missing file", files.OpCopy, "dir/missing to dir/new", err, files.ErrNotExist)
	r, err := b.Get(t.Context(), "dir/old", nil)
	if err != nil {
		t.Fatalf("Get: %v, want no error", err)
	}
	r.Close()
	_, err = r.Read(make([]byte, 1))
	see("Read after Close", files.OpGet, "dir/old", err, files.ErrClosed)
}

func errorType(t suite.T, h *suite.H) {
	failures(t, h.Bucket, func(what string, op files.Op, name string, err, want error) {
		check.WantErr(t, what, err, want)
		e, ok := err.(*files.Error)
		if !ok {
			return
		}
		check.Same(t, "Op of the error of "+what, e.Op, op)
		check.Same(t, "Name in the error of "+what, e.Name, name)
		text := err.Error()
		if !strings.HasPrefix(text, "files: "+string(op)) {
			t.Errorf("the error of %s is %q, want it to begin with \"files: %s\"", what, text, op)
		}
		if e.Kind != nil && !strings.Contains(text, e.Kind.Error()) {
			t.Errorf("the error of %s is %q, want %q in it", what, text, e.Kind)
		}
	})
}

func errorSecrets(t suite.T, h *suite.H) {
	secrets := []string{"/tmp/", "secret-tenant", ".attrs", ".tmp", "%cf-"}
	if h.Harness.Secrets != nil {
		secrets = append(secrets, h.Harness.Secrets(h.Bucket)...)
	}
	if _, prefix := suite.Base(h.Bucket); prefix != "" {
		secrets = append(secrets, suite.StorePrefix)
	}
	sub, err := files.Sub(h.Bucket, "secret-tenant")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	failures(t, sub, func(what string, _ files.Op, _ string, err, _ error) {
		if err == nil {
			return
		}
		for _, s := range secrets {
			if s != "" && strings.Contains(err.Error(), s) {
				t.Errorf("the error of %s is %q, which shows the secret %q", what, err, s)
			}
		}
	})
}

func errorNames(t suite.T, h *suite.H) {
	sub, err := files.Sub(h.Bucket, "outer")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	inner, err := files.Sub(sub, "inner")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	failures(t, inner, func(what string, op files.Op, name string, err, want error) {
		check.WantErr(t, what+" in a sub-bucket", err, want)
		if e, ok := err.(*files.Error); ok {
			check.Same(t, "Op and Name in the error of "+what+" in a sub-bucket",
				[2]string{string(e.Op), e.Name}, [2]string{string(op), name})
		}
	})
}

func errorCauses(t suite.T, h *suite.H) {
	cause := &check.OwnError{Code: 42}
	for _, fail := range []error{cause, fmt.Errorf("wrapped: %w", cause)} {
		_, err := h.Put(t.Context(), "a", check.Failing(check.Content(1, 1000), false, fail), nil)
		check.WantErr(t, "Put of a reader that fails with the program's error", err, cause)
		var own *check.OwnError
		if !errors.As(err, &own) || own.Code != 42 {
			t.Errorf("errors.As does not find the reader's own error in %q", check.ErrText(err))
		}
	}
	b := files.Wrap(h.Bucket, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			return cause
		},
	})
	for _, m := range check.Methods(t, b, "a") {
		if strings.HasPrefix(m.Name,
			"Copy") || strings.HasPrefix(m.Name, "Move") || strings.HasPrefix(m.Name, "Delete") {
			continue
		}
		check.WantErr(t, m.Name+" of a wrapper that fails", m.Call(t.Context()), cause)
	}
}

func errorContextCause(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 100), nil)
	check.Put(t, h, "old", check.Content(1, 100), nil)
	cause := &check.OwnError{Code: 7}
	ctx, cancel := context.WithCancelCause(t.Context())
	r, err := h.Get(ctx, "a", nil)
	if err != nil {
		t.Fatalf("Get: %v, want no error", err)
	}
	defer r.Close()
	cancel(cause)
	verify := func(what string, err error) {
		check.WantErr(t, what+" with a context cancelled with a cause", err, cause)
		check.WantErr(t, what+" with a context cancelled with a cause", err, context.Canceled)
	}
	for _, m := range append(check.Methods(t, h.Bucket, "a"), check.Listing(h.Bucket, "", nil)) {
		verify(m.Name, m.Call(ctx))
	}
	_, err = r.Read(make([]byte, 1))
	verify("Read", err)
	ctx, cancel = context.WithCancelCause(t.Context())
	_, err = h.Put(ctx, "a", check.Hook(check.Content(2, 5000), 2000, func() {
		cancel(cause)
	}), nil)
	verify("Put whose context ends in the middle,", err)
}

func errorPrintable(t suite.T, h *suite.H) {
	for _, name := range []string{
		"a\nfiles: put b: fine", "a\x1b[31mb", "a\x00b", "a\rb", "a\xffb",
	} {
		_, err := h.Stat(t.Context(), name, nil)
		check.WantErr(t, fmt.Sprintf("Stat(%q)", name), err, files.ErrInvalidName)
		if text := check.ErrText(err); err != nil && strings.ContainsFunc(err.Error(),
			func(r rune) bool {
				return r < ' ' || r == 0x7f || r == '\uFFFD'
			}) {
			t.Errorf("%s has characters that may not be in a log line", text)
		}
	}
}
