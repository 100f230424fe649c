package wrappers

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"context"
)

func wrapperReadOnly(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
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
		}), methodOf("CopyFrom the inner bucket", func(ctx context.Context) error {
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
			t.Errorf("a %s reached the inner bucket through a read-only wrapper", op)
		}
	}
	check.WantContent(t, h, "a", []byte("a"))
}

func methodOf(name string, call func(context.Context) error) check.Method {
	return check.Method{Name: name, Call: call}
}
