package wrappers

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func wrapperNames(t suite.T, h *suite.H) {
	u := under(t, h)
	const name = "dir/name.txt"
	physical, _ := putBelow(t, h, name)
	verify := func(what, want string, err error) {
		t.Helper()
		e, ok := err.(*files.Error)
		if !ok {
			t.Errorf("%s: got a %T (%s), want a *files.Error", what, err, check.ErrText(err))
			return
		}
		if e.Name != want {
			t.Errorf("%s: the error has the name %q, want the caller's %q", what, e.Name, want)
		}
		if physical != name && physical != "" && strings.Contains(err.Error(), physical) {
			t.Errorf("%s: the error is %q, which shows the name below, %q", what, err, physical)
		}
	}
	check.Same(t, "name of Stat's Info", check.Stat(t, u.outer, name).Name, name)
	_, info := check.Get(t, u.outer, name, nil)
	check.Same(t, "name of Get's Info", info.Name, name)
	check.WantOnly(t, u.outer, name)
	_, err := u.outer.Stat(t.Context(), "dir/missing", nil)
	verify("Stat of a missing file", "dir/missing", err)
	_, err = u.outer.Get(t.Context(), "dir/missing", nil)
	verify("Get of a missing file", "dir/missing", err)
	u.store.fail(files.Errorf(files.ErrPermission, "no"))
	defer u.store.fail(nil)
	for _, m := range append(check.Methods(t, u.outer, name), check.Listing(u.outer, "dir", nil)) {
		if u.writesRefused(m.Name) {
			continue
		}
		want := name
		switch m.Name {
		case "List":
			want = "dir"
		case "Copy to", "Move to":
			want = "old to " + name
		case "Copy from", "Move from":
			want = name + " to target"
		}
		verify(m.Name+" that fails below", want, m.Call(t.Context()))
	}
}

func wrapperCauses(t suite.T, h *suite.H) {
	u := under(t, h)
	check.Puts(t, h, "a")
	cause := &check.OwnError{Code: 9}
	u.store.fail(files.WithCause(files.ErrPermission, cause, "no"))
	defer u.store.fail(nil)
	for _, m := range append(check.Methods(t, u.outer, "a"), check.Listing(u.outer, "", nil),
		check.Method{
			Name: "Check",
			Call: func(ctx context.Context) error {
				return files.Check(ctx, u.outer)
			},
		}) {
		if u.writesRefused(m.Name) {
			continue
		}
		err := m.Call(t.Context())
		check.WantErr(t, m.Name+" that fails below", err, files.ErrPermission)
		var own *check.OwnError
		if !errors.As(err, &own) {
			t.Errorf("%s that fails below: errors.As does not find the cause in %s", m.Name,
				check.ErrText(err))
		}
	}
}

func wrapperReadOnly(t suite.T, h *suite.H) {
	u := under(t, h)
	if !u.outer.Features().ReadOnly {
		t.Skipf("the wrapper is not read-only")
	}
	check.Puts(t, h, "a", "old")
	u.store.seen()
	all := check.Methods(t, u.outer, "a")
	for _, method := range []string{"PUT", "DELETE"} {
		sign := func(ctx context.Context) error {
			_, err := files.SignURL(ctx, u.outer, "a", &files.SignOptions{Method: method})
			return err
		}
		all = append(all, methodOf("SignURL "+method, sign))
	}
	if c, ok := u.outer.(driver.BucketCopier); ok {
		all = append(all, methodOf("CopyFrom", func(ctx context.Context) error {
			_, err := c.CopyFrom(ctx, "a", u.outer, "old", nil)
			return err
		}), methodOf("CopyFrom what is below", func(ctx context.Context) error {
			_, err := c.CopyFrom(ctx, "a", u.inner, "old", nil)
			return err
		}))
	}
	for _, m := range all {
		if !u.writesRefused(m.Name) {
			continue
		}
		if err := m.Call(t.Context()); !check.IsAny(err, files.ErrPermission,
			files.ErrUnsupported) {
			t.Errorf("%s through a read-only wrapper: got %s, want ErrPermission", m.Name,
				check.ErrText(err))
		}
	}
	for _, op := range ops(u.store.seen()) {
		if op == files.OpPut || op == files.OpDelete || op == files.OpCopy ||
			op == files.OpDeleteMany || op == files.OpSignGet {
			t.Errorf("a %s came through a read-only wrapper", op)
		}
	}
	check.WantContent(t, h, "a", []byte("a"))
}

func methodOf(name string, call func(context.Context) error) check.Method {
	return check.Method{Name: name, Call: call}
}

func wrapperContained(t suite.T, h *suite.H) {
	u := under(t, h)
	physical, _ := putBelow(t, h, "own/a")
	if physical == "own/a" || physical == "" {
		t.Skipf("the wrapper shows what is below under the same names")
	}
	prefix := strings.TrimSuffix(physical, "own/a")
	outside := []string{"outside", "zz/outside", "own/a", "x" + physical}
	if dir := strings.TrimSuffix(prefix, "/"); dir != "" && dir != prefix {
		outside = append(outside, dir, dir+"-x", dir+".txt", dir+"0/y")
	}
	outside = slices.DeleteFunc(outside, func(n string) bool { return files.CheckName(n) != nil })
	if !h.F.DirBesideFile {
		outside = outside[:3]
	}
	check.Puts(t, u.raw, outside...)
	check.WantOnly(t, u.outer, "own/a")
	for _, e := range check.Shallow(t, u.outer, "") {
		check.Same(t, "the only entry of a shallow listing", e.Name, "own/")
	}
	for _, n := range []string{"outside", "zz/outside", "../outside"} {
		if _, err := u.outer.Stat(t.Context(), n, nil); err == nil {
			t.Errorf("Stat(%q) finds what is outside the wrapper", n)
		}
	}
	if u.outer.Features().ReadOnly {
		return
	}
	if _, err := files.DeleteAll(t.Context(), u.outer); err != nil {
		t.Errorf("DeleteAll: %v", err)
	}
	check.WantOnly(t, u.outer)
	check.WantOnly(t, u.raw, outside...)
}

func wrapperAs(t suite.T, h *suite.H) {
	u := under(t, h)
	const name = "d/a.txt"
	physical, plain := putBelow(t, h, name)
	f, b := u.outer.Features(), u.inner.Features()
	f.MaxName, b.MaxName = 0, 0
	c, found := files.As[*sdkClient](u.outer)
	_, there := files.As[*sdkClient](u.inner)
	switch restricts := physical != name || !plain || f != b || under(t, h).by.o.Restricts; {
	case found && !there:
		t.Errorf("As finds a client that isn't there")
	case found && restricts:
		t.Errorf("As reaches the client below, which gets round the wrapper")
	case !found && there && !restricts:
		t.Errorf("As does not reach the client below, although the wrapper changes no name, " +
			"content or feature")
	case found && c.store != u.store.belowStore:
		t.Errorf("As finds another bucket's client")
	}
}

func wrapperBodyClosed(t suite.T, h *suite.H) {
	u := under(t, h)
	check.Put(t, h, "a", check.Content(1, 100_000), nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for what, use := range map[string]func(r *files.Reader){
		"read to its end":            func(r *files.Reader) { io.Copy(io.Discard, r) },
		"read in part":               func(r *files.Reader) { r.ReadN(10) },
		"not read":                   func(*files.Reader) {},
		"cut off by its context":     func(r *files.Reader) { r.ReadN(10); cancel(); r.ReadN(10) },
		"read by the way of ReadAll": func(r *files.Reader) { r.ReadAll() },
	} {
		with := t.Context()
		if strings.HasPrefix(what, "cut") {
			with = ctx
		}
		r, err := u.outer.Get(with, "a", nil)
		if err != nil {
			t.Fatalf("Get: %v", err)
		}
		use(r)
		if err := r.Close(); err != nil {
			t.Errorf("Close of a body that was %s: %v", what, err)
		}
		if n := u.store.allClosed(5 * time.Second); n != 0 {
			t.Fatalf("a body that was %s and closed is still open below", what)
		}
	}
	if _, _, err := check.Read(t.Context(), u.outer, "missing", nil); err == nil {
		t.Errorf("Get of a missing file: no error")
	}
	if n := u.store.allClosed(5 * time.Second); n != 0 {
		t.Errorf("%d bodies are open below after all were closed", n)
	}
}

func wrapperContext(t suite.T, h *suite.H) {
	u := under(t, h)
	check.Puts(t, h, "a", "old")
	ctx := context.WithValue(t.Context(), belowKey{}, "carried")
	u.store.seen()
	for _, m := range append(check.Methods(t, u.outer, "a"), check.Listing(u.outer, "", nil),
		methodOf("Check", func(ctx context.Context) error {
			return files.Check(ctx, u.outer)
		})) {
		if u.writesRefused(m.Name) {
			continue
		}
		m.Call(ctx)
		for _, c := range u.store.seen() {
			if c.value != "carried" {
				t.Errorf("%s with a value in the context: the %s below has lost it", m.Name, c.op)
			}
		}
	}
}
