package wrappers

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"context"
	"io"
	"strings"
	"time"
)

func wrapperBodyClosed(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	check.Put(t, h, "a", check.Content(1, 100_000), nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for what, use := range map[string]func(r *files.Reader){
		"read to its end":        func(r *files.Reader) { io.Copy(io.Discard, r) },
		"read in part":           func(r *files.Reader) { r.ReadN(10) },
		"not read":               func(*files.Reader) {},
		"cut off by its context": func(r *files.Reader) { r.ReadN(10); cancel(); r.ReadN(10) },
		"read by ReadAll":        func(r *files.Reader) { r.ReadAll() },
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
			t.Errorf("Close of a body that was %s: %v, want no error", what, err)
		}
		if n := u.store.allClosed(5 * time.Second); n != 0 {
			t.Fatalf("a body that was %s and closed: the inner body is still open", what)
		}
	}
	if _, _, err := check.Read(t.Context(), u.outer, "missing", nil); err == nil {
		t.Errorf("Get of a missing file: got no error, want one")
	}
	if n := u.store.allClosed(5 * time.Second); n != 0 {
		t.Errorf("%d inner bodies are open after all bodies were closed, want 0", n)
	}
}
