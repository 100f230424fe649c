package conformance

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"cloudfiles.dev/files"
)

func wrapperNames(t T, h *H) {
	u := h.under(t)
	const name = "dir/name.txt"
	physical, _ := h.below(t, name)
	check := func(what, want string, err error) {
		t.Helper()
		e, ok := err.(*files.Error)
		if !ok {
			t.Errorf("%s: got a %T (%s), want a *files.Error", what, err, errText(err))
			return
		}
		if e.Name != want {
			t.Errorf("%s: the error has the name %q, want the caller's %q", what, e.Name, want)
		}
		if physical != name && physical != "" && strings.Contains(err.Error(), physical) {
			t.Errorf("%s: the error is %q, which shows the name below, %q", what, err, physical)
		}
	}
	same(t, "name of Stat's Info", stat(t, u.outer, name).Name, name)
	_, info := get(t, u.outer, name, nil)
	same(t, "name of Get's Info", info.Name, name)
	wantOnly(t, u.outer, name)
	_, err := u.outer.Stat(t.Context(), "dir/missing", nil)
	check("Stat of a missing file", "dir/missing", err)
	_, err = u.outer.Get(t.Context(), "dir/missing", nil)
	check("Get of a missing file", "dir/missing", err)
	u.store.fail(files.Errorf(files.ErrPermission, "no"))
	defer u.store.fail(nil)
	for _, m := range append(methods(t, u.outer, name), listing(u.outer, "dir", nil)) {
		if h.writesRefused(u, m.name) {
			continue
		}
		want := name
		switch m.name {
		case "List":
			want = "dir"
		case "Copy to", "Move to":
			want = "old to " + name
		case "Copy from", "Move from":
			want = name + " to target"
		}
		check(m.name+" that fails below", want, m.call(t.Context()))
	}
}

func wrapperCauses(t T, h *H) {
	u := h.under(t)
	puts(t, h, "a")
	cause := &ownError{9}
	u.store.fail(files.WithCause(files.ErrPermission, cause, "no"))
	defer u.store.fail(nil)
	for _, m := range append(methods(t, u.outer, "a"), listing(u.outer, "", nil), method{
		"Check",
		func(ctx context.Context) error {
			return files.Check(ctx, u.outer)
		},
	}) {
		if h.writesRefused(u, m.name) {
			continue
		}
		err := m.call(t.Context())
		wantErr(t, m.name+" that fails below", err, files.ErrPermission)
		var own *ownError
		if !errors.As(err, &own) {
			t.Errorf("%s that fails below: errors.As does not find the cause in %s", m.name,
				errText(err))
		}
	}
}

func wrapperReadOnly(t T, h *H) {
	u := h.under(t)
	if !u.outer.Features().ReadOnly {
		t.Skipf("the wrapper is not read-only")
	}
	puts(t, h, "a", "old")
	u.store.seen()
	all := methods(t, u.outer, "a")
	for _, method := range []string{"PUT", "DELETE"} {
		sign := func(ctx context.Context) error {
			_, err := files.SignURL(ctx, u.outer, "a", &files.SignOptions{Method: method})
			return err
		}
		all = append(all, methodOf("SignURL "+method, sign))
	}
	if c, ok := u.outer.(files.Copier); ok {
		all = append(all, methodOf("CopyFrom", func(ctx context.Context) error {
			_, err := c.CopyFrom(ctx, "a", u.outer, "old", nil)
			return err
		}), methodOf("CopyFrom what is below", func(ctx context.Context) error {
			_, err := c.CopyFrom(ctx, "a", u.inner, "old", nil)
			return err
		}))
	}
	for _, m := range all {
		if !h.writesRefused(u, m.name) {
			continue
		}
		if err := m.call(t.Context()); !isAny(err, files.ErrPermission, files.ErrUnsupported) {
			t.Errorf("%s through a read-only wrapper: got %s, want ErrPermission", m.name,
				errText(err))
		}
	}
	for _, op := range ops(u.store.seen()) {
		if op == files.OpPut || op == files.OpDelete || op == files.OpCopy ||
			op == files.OpDeleteMany || op == files.OpSignGet {
			t.Errorf("a %s came through a read-only wrapper", op)
		}
	}
	wantContent(t, h, "a", []byte("a"))
}

func methodOf(name string, call func(context.Context) error) method { return method{name, call} }

func wrapperContained(t T, h *H) {
	u := h.under(t)
	physical, _ := h.below(t, "own/a")
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
	puts(t, u.raw, outside...)
	wantOnly(t, u.outer, "own/a")
	for _, e := range shallow(t, u.outer, "") {
		same(t, "the only entry of a shallow listing", e.Name, "own/")
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
	wantOnly(t, u.outer)
	wantOnly(t, u.raw, outside...)
}

func wrapperAs(t T, h *H) {
	u := h.under(t)
	const name = "d/a.txt"
	physical, plain := h.below(t, name)
	f, b := u.outer.Features(), u.inner.Features()
	f.MaxName, b.MaxName = 0, 0
	c, found := files.As[*sdkClient](u.outer)
	_, there := files.As[*sdkClient](u.inner)
	switch restricts := physical != name || !plain || f != b || h.harness.under.o.Restricts; {
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

func wrapperBodyClosed(t T, h *H) {
	u := h.under(t)
	put(t, h, "a", content(1, 100_000), nil)
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
	if _, _, err := read(t.Context(), u.outer, "missing", nil); err == nil {
		t.Errorf("Get of a missing file: no error")
	}
	if n := u.store.allClosed(5 * time.Second); n != 0 {
		t.Errorf("%d bodies are open below after all were closed", n)
	}
}

func wrapperContext(t T, h *H) {
	u := h.under(t)
	puts(t, h, "a", "old")
	ctx := context.WithValue(t.Context(), belowKey{}, "carried")
	u.store.seen()
	for _, m := range append(methods(t, u.outer, "a"), listing(u.outer, "", nil),
		methodOf("Check", func(ctx context.Context) error {
			return files.Check(ctx, u.outer)
		})) {
		if h.writesRefused(u, m.name) {
			continue
		}
		m.call(ctx)
		for _, c := range u.store.seen() {
			if c.value != "carried" {
				t.Errorf("%s with a value in the context: the %s below has lost it", m.name, c.op)
			}
		}
	}
}
