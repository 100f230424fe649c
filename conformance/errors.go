package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cloudfiles.dev/files"
)

var errorCases = []Case{
	{
		Rule: "E1",
		Name: "type",
		Why:  "a program that logs failures needs the operation and the name, always",
		Run:  errorType,
	},
	{
		Rule: "E1",
		Name: "same-text",
		Why:  "users read the text: it must not depend on where their files are",
		Run:  errorTexts,
	},
	{
		Rule: "E1",
		Name: "no-secrets",
		Why:  "errors are shown to users and sent to trackers: no path, prefix or credential",
		Run:  errorSecrets,
	},
	{
		Rule: "E1",
		Name: "names-above",
		Why:  "who works in a tenant's directory must read his own names",
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
		Why:  "a context that was cancelled with a cause is both cancelled and the cause",
		Run:  errorContextCause,
	},
	{
		Rule: "E1",
		Name: "printable",
		Why:  "a name with a line break forges log lines",
		Run:  errorPrintable,
	},
	{
		Rule: "E2",
		Name: "precedence",
		Why:  "the same call with two mistakes must give the same error everywhere",
		Run:  errorPrecedence,
	},
	{
		Rule: "E2",
		Name: "one-kind",
		Why:  "a program switches over the sentinels: an error must not be two of them",
		Run:  errorOneKind,
	},
	{
		Rule: "E2",
		Name: "read-only",
		Why:  "what a read-only bucket refuses must be seen as refused, not as missing",
		Run:  errorReadOnly,
	},
	{
		Rule:  "E3",
		Name:  "vanished",
		Why:   "an unmounted disk must not look like an empty one: a sync would delete everything",
		Run:   vanished,
		apart: true,
	},
}

// failures makes many kinds of failures on a bucket and hands each to see, with what it
// should be.
func failures(t T, b files.Bucket,
	see func(what string, op files.Op, name string, err, want error)) {
	f := b.Features()
	put(t, b, "dir/old", content(1, 100), nil)
	_, err := b.Get(t.Context(), "dir/missing", nil)
	see("Get of a missing file", files.OpGet, "dir/missing", err, files.ErrNotExist)
	_, err = b.Stat(t.Context(), "dir/missing", nil)
	see("Stat of a missing file", files.OpStat, "dir/missing", err, files.ErrNotExist)
	_, err = b.Get(t.Context(), "a//b", nil)
	see("Get of an illegal name", files.OpGet, "a//b", err, files.ErrInvalidName)
	_, err = b.Put(t.Context(), "a//b", stream(nil), nil)
	see("Put of an illegal name", files.OpPut, "a//b", err, files.ErrInvalidName)
	see("Delete of an illegal name", files.OpDelete, "a//b", b.Delete(t.Context(), "a//b", nil),
		files.ErrInvalidName)
	_, err = b.Put(t.Context(), "dir/new", nil, nil)
	see("Put of nil", files.OpPut, "dir/new", err, files.ErrInvalid)
	_, err = b.Put(t.Context(), "dir/new", failing(nil, false, errReader), nil)
	see("Put of a failing reader", files.OpPut, "dir/new", err, errReader)
	_, err = b.Put(t.Context(), "dir/new", stream(content(1, 10)),
		&files.PutOptions{Size: ptr(int64(9))})
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
		_, err = b.Put(t.Context(), "dir/old", stream(nil), &files.PutOptions{If: files.IfAbsent()})
		see("Put with IfAbsent", files.OpPut, "dir/old", err, files.ErrExist)
	}
	if f.IfVersion {
		_, err = b.Put(t.Context(), "dir/old", stream(nil),
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
	_, err = b.Put(ctx, "dir/new", stream(nil), nil)
	see("Put with a cancelled context", files.OpPut, "dir/new", err, context.Canceled)
	_, err = b.Get(ctx, "dir/old", nil)
	see("Get with a cancelled context", files.OpGet, "dir/old", err, context.Canceled)
	_, err = files.Copy(t.Context(), b, "dir/new", b, "dir/missing", nil)
	see("Copy of a missing file", files.OpCopy, "dir/missing to dir/new", err, files.ErrNotExist)
	r, err := b.Get(t.Context(), "dir/old", nil)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	r.Close()
	_, err = r.Read(make([]byte, 1))
	see("Read after Close", files.OpGet, "dir/old", err, files.ErrClosed)
}

func errorType(t T, h *H) {
	failures(t, h.Bucket, func(what string, op files.Op, name string, err, want error) {
		wantErr(t, what, err, want)
		e, ok := err.(*files.Error)
		if !ok {
			return
		}
		same(t, "Op of the error of "+what, e.Op, op)
		same(t, "Name in the error of "+what, e.Name, name)
		text := err.Error()
		if !strings.HasPrefix(text, "files: "+string(op)) {
			t.Errorf("the error of %s is %q, want it to begin with files: %s", what, text, op)
		}
		if e.Kind != nil && !strings.Contains(text, e.Kind.Error()) {
			t.Errorf("the error of %s is %q, which doesn't say %q", what, text, e.Kind)
		}
	})
}

func errorSecrets(t T, h *H) {
	secrets := []string{"/tmp/", "secret-tenant", ".attrs", ".tmp", "%cf-"}
	if h.harness.Secrets != nil {
		secrets = append(secrets, h.harness.Secrets(h.Bucket)...)
	}
	if _, prefix := Base(h.Bucket); prefix != "" {
		secrets = append(secrets, StorePrefix)
	}
	sub, err := files.Sub(h.Bucket, "secret-tenant")
	if err != nil {
		t.Fatalf("Sub: %v", err)
	}
	failures(t, sub, func(what string, _ files.Op, _ string, err, _ error) {
		if err == nil {
			return
		}
		for _, s := range secrets {
			if s != "" && strings.Contains(err.Error(), s) {
				t.Errorf("the error of %s is %q, which shows %q", what, err, s)
			}
		}
	})
}

func errorNames(t T, h *H) {
	sub, err := files.Sub(h.Bucket, "outer")
	if err != nil {
		t.Fatalf("Sub: %v", err)
	}
	inner, err := files.Sub(sub, "inner")
	if err != nil {
		t.Fatalf("Sub: %v", err)
	}
	failures(t, inner, func(what string, op files.Op, name string, err, want error) {
		wantErr(t, what+" in a sub-bucket", err, want)
		if e, ok := err.(*files.Error); ok {
			same(t, "Op and Name in the error of "+what+" in a sub-bucket",
				[2]string{string(e.Op), e.Name}, [2]string{string(op), name})
		}
	})
}

// ownError is an error type of the program's.
type ownError struct{ code int }

func (e *ownError) Error() string { return fmt.Sprintf("own error %d", e.code) }

func errorCauses(t T, h *H) {
	cause := &ownError{42}
	for _, fail := range []error{cause, fmt.Errorf("wrapped: %w", cause)} {
		_, err := h.Put(t.Context(), "a", failing(content(1, 1000), false, fail), nil)
		wantErr(t, "Put of a reader that fails with an error of its own", err, cause)
		var own *ownError
		if !errors.As(err, &own) || own.code != 42 {
			t.Errorf("errors.As does not find the reader's own error in %q", errText(err))
		}
	}
	b := files.Wrap(h.Bucket, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			return cause
		},
	})
	for _, m := range methods(t, b, "a") {
		if strings.HasPrefix(m.name,
			"Copy") || strings.HasPrefix(m.name, "Move") || strings.HasPrefix(m.name, "Delete") {
			continue
		}
		wantErr(t, m.name+" of a wrapper that fails", m.call(t.Context()), cause)
	}
}

func errorContextCause(t T, h *H) {
	put(t, h, "a", content(1, 100), nil)
	put(t, h, "old", content(1, 100), nil)
	cause := &ownError{7}
	ctx, cancel := context.WithCancelCause(t.Context())
	r, err := h.Get(ctx, "a", nil)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	defer r.Close()
	cancel(cause)
	check := func(what string, err error) {
		wantErr(t, what+" with a context cancelled with a cause", err, cause)
		wantErr(t, what+" with a context cancelled with a cause", err, context.Canceled)
	}
	for _, m := range append(methods(t, h.Bucket, "a"), listing(h.Bucket, "", nil)) {
		check(m.name, m.call(ctx))
	}
	_, err = r.Read(make([]byte, 1))
	check("Read", err)
	ctx, cancel = context.WithCancelCause(t.Context())
	_, err = h.Put(ctx, "a", hook(content(2, 5000), 2000, func() { cancel(cause) }), nil)
	check("Put in whose middle the context ends,", err)
}

func errorPrintable(t T, h *H) {
	for _, name := range []string{
		"a\nfiles: put b: fine", "a\x1b[31mb", "a\x00b", "a\rb", "a\xffb",
	} {
		_, err := h.Stat(t.Context(), name, nil)
		wantErr(t, fmt.Sprintf("Stat(%q)", name), err, files.ErrInvalidName)
		if text := errText(err); err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool {
			return r < ' ' || r == 0x7f || r == '\uFFFD'
		}) {
			t.Errorf("%s has characters that a log line must not have", text)
		}
	}
}

// errorPrecedence makes calls that are wrong in several ways: closed, then name, then
// options, then context.
func errorPrecedence(t T, h *H) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	bad := func(b files.Bucket, ctx context.Context, name string, options bool) map[string]error {
		var (
			put  *files.PutOptions
			get  *files.GetOptions
			list *files.ListOptions
		)
		if options {
			put, get, list = &files.PutOptions{Size: ptr(int64(-1))},
				&files.GetOptions{Range: files.Last(-1)}, &files.ListOptions{Limit: -1}
		}
		_, perr := b.Put(ctx, name, stream(nil), put)
		_, gerr := b.Get(ctx, name, get)
		return map[string]error{"Put": perr, "Get": gerr, "List": listing(b, name, list).call(ctx)}
	}
	puts(t, h, "dir/a")
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
			wantErr(t, m+" with "+c.what, err, c.want)
		}
	}
	for _, name := range []string{"a//b", "missing"} {
		want := files.ErrInvalidName
		if name == "missing" {
			want = context.Canceled
		}
		for _, m := range methods(t, h.Bucket, name) {
			if m.name == "DeleteMany" {
				continue // reads its names one by one, and stops before the first
			}
			wantErr(t, fmt.Sprintf("%s(%q) with an ended context", m.name, name), m.call(ended),
				want)
		}
	}
	wantOnly(t, h, "dir/a")
	h.Close()
	for m, err := range bad(h.Bucket, ended, "a//b", true) {
		wantErr(t, m+" with everything wrong in a closed bucket", err, files.ErrClosed)
	}
	for _, m := range methods(t, h.Bucket, "a//b") {
		if m.name != "DeleteMany" {
			wantErr(t, m.name+" of an illegal name in a closed bucket", m.call(ended),
				files.ErrClosed)
		}
	}
}

// kinds that are told apart.
var kinds = []error{
	files.ErrNotExist,
	files.ErrExist,
	files.ErrPrecondition,
	files.ErrNotModified,
	files.ErrPermission,
	files.ErrInvalidName,
	files.ErrInvalid,
	files.ErrCorrupt,
	files.ErrChanged,
	files.ErrTooLarge,
	files.ErrUncertain,
	files.ErrNoBucket,
	files.ErrClosed,
	files.ErrUnavailable,
}

func errorOneKind(t T, h *H) {
	failures(t, h.Bucket, func(what string, _ files.Op, _ string, err, _ error) {
		var are []error
		for _, k := range kinds {
			if errors.Is(err, k) {
				are = append(are, k)
			}
		}
		if len(are) > 1 {
			t.Errorf("the error of %s is %d sentinels at once: %v", what, len(are), are)
		}
	})
}

func errorReadOnly(t T, h *H) {
	puts(t, h, "a", "d/b")
	ro := files.ReadOnly(h.Bucket)
	if !ro.Features().ReadOnly {
		t.Errorf("Features of a read-only bucket do not say so")
	}
	for _, m := range methods(t, ro, "a") {
		switch err := m.call(t.Context()); {
		case m.name == "Get" || m.name == "Stat" || m.name == "SignURL GET":
			if err != nil {
				t.Errorf("%s in a read-only bucket: %v", m.name, err)
			}
		default:
			wantErr(t, m.name+" in a read-only bucket", err, files.ErrPermission)
		}
	}
	_, err := files.SignURL(t.Context(), ro, "a", &files.SignOptions{Method: "PUT"})
	wantErr(t, "SignURL for PUT in a read-only bucket", err, files.ErrUnsupported)
	if _, err := files.DeleteAll(t.Context(), ro); !errors.Is(err, files.ErrPermission) {
		t.Errorf("DeleteAll in a read-only bucket: got %s, want ErrPermission", errText(err))
	}
	wantOnly(t, ro, "a", "d/b")
	wantContent(t, ro, "a", []byte("a"))
	same(t, "Stat in a read-only bucket", stat(t, ro, "d/b"), stat(t, h, "d/b"))
	if inner, ok := files.As[interface{ unexported() }](ro); ok {
		t.Errorf("As reaches %T below a read-only bucket", inner)
	}
}

func vanished(t T, h *H) {
	if h.harness.Vanish == nil {
		t.Skipf("the harness can't take the store away")
	}
	if _, prefix := Base(h.Bucket); prefix != "" {
		t.Skipf("the harness's store is shared, and it makes none apart")
	}
	puts(t, h, "a", "d/b")
	h.harness.Vanish(t, h.Bucket)
	for _, m := range append(methods(t, h.Bucket, "a"), listing(h.Bucket, "", nil),
		listing(h.Bucket, "d", nil), listing(h.Bucket, "", &files.ListOptions{Shallow: true}),
		method{"Check", func(ctx context.Context) error { return files.Check(ctx, h.Bucket) }}) {
		if strings.HasPrefix(m.name, "Sign") {
			continue // makes no request
		}
		err := m.call(t.Context())
		if m.name == "Stat" && !h.F.StatNoBucket {
			wantErr(t, "Stat in a vanished store, which can't tell", err, files.ErrNotExist)
			continue
		}
		wantErr(t, m.name+" in a vanished store", err, files.ErrNoBucket)
		if text := files.ErrNoBucket.Error(); err != nil && !strings.HasSuffix(err.Error(),
			": "+text) {
			t.Errorf("%s in a vanished store: the text is %q, want %q at its end and no "+
				"backend's words", m.name, err, text)
		}
		if errors.Is(err, files.ErrNotExist) {
			t.Errorf("%s in a vanished store: the error is ErrNotExist too, as if only the file "+
				"were missing", m.name)
		}
	}
}
