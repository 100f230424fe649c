package wrappers

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"context"
	"errors"
	"strings"
)

func wrapperNames(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	const name = "dir/name.txt"
	physical, _ := putInner(t, h, name)
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
			t.Errorf("%s: the error %q shows the inner bucket's name %q", what, err, physical)
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
	u.store.fail(driver.Errorf(files.ErrPermission, "no"))
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
		verify(m.Name+" that fails in the inner bucket", want, m.Call(t.Context()))
	}
}

func wrapperCauses(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	check.Puts(t, h, "a")
	cause := &check.OwnError{Code: 9}
	u.store.fail(driver.WithCause(files.ErrPermission, cause, "no"))
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
		check.WantErr(t, m.Name+" that fails in the inner bucket", err, files.ErrPermission)
		var own *check.OwnError
		if !errors.As(err, &own) {
			t.Errorf("%s that fails in the inner bucket: errors.As does not find the cause in %s",
				m.Name,
				check.ErrText(err))
		}
	}
}
