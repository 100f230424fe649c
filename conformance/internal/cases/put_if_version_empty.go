package cases

import (
	"bytes"
	"context"
	"errors"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var putIfVersionEmptyCases = []suite.Case{
	{
		Rule: "P9",
		Name: "no-version",
		Why: "a condition must be refused if the file's version isn't known: it would " +
			"overwrite another's change",
		Largest: 3 << 20,
		Run:     filesWithoutVersion,
	},
}

// filesWithoutVersion makes files in several ways, and checks what the bucket does with
// those that have no version.
func filesWithoutVersion(t suite.T, h *suite.H) {
	check.Put(t, h, "empty", nil, nil)
	check.Put(t, h, "small", check.Content(1, 100), nil)
	if n := 3 << 20; h.F.MaxSize == 0 || h.F.MaxSize > int64(n) {
		check.Put(t, h, "large", check.Content(2, n), nil)
	}
	if _, err := h.Put(t.Context(), "streamed", check.Stream(check.Content(3, 5000)),
		nil); err != nil {
		t.Fatalf("Put: %v, want no error", err)
	}
	if _, err := files.Copy(t.Context(), h.Bucket, "copied", h.Bucket, "small", nil); err != nil {
		t.Fatalf("Copy: %v, want no error", err)
	}
	for e, err := range h.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatalf("List: %v, want no error", err)
		}
		info := check.Stat(t, h, e.Name)
		r := open(t, h, e.Name, nil)
		got := r.Info().Version
		r.Close()
		check.Same(t, "version of "+term.Quote(e.Name)+" in Get's Info, against Stat's", got,
			info.Version)
		if info.Version == "" {
			withoutVersion(t, h, e.Name)
		}
	}
}

// withoutVersion requires that calls that need a version do nothing to a file without
// one.
func withoutVersion(t suite.T, h *suite.H, name string) {
	t.Helper()
	if f := h.Features(); f.Versions || f.IfVersion || f.DeleteIfVersion || f.ReadConditions {
		t.Errorf("Stat(%s) reported an empty version, but Features still claim what needs "+
			"one: %+v",
			term.Quote(name), f)
	}
	before, info := check.Get(t, h, name, nil)
	had := check.List(t, h, "", nil)
	for what, call := range needingVersion(t.Context(), h, name) {
		if err := call(); !errors.Is(err, files.ErrUnsupported) {
			t.Errorf("%s of %s, which has no version: got %s, want ErrUnsupported",
				what, term.Quote(name), check.ErrText(err))
		}
	}
	check.WantContent(t, h, name, before)
	check.Same(t, "Info of "+term.Quote(name), check.Stat(t, h, name), info)
	check.WantOnly(t, h, had...)
	if h.Harness.Cut == nil || len(before) <= cutAt {
		return
	}
	h.Harness.Cut(t, h.Bucket, cutAt)
	defer h.Harness.Cut(t, h.Bucket, -1)
	r, err := h.Get(t.Context(), name, nil)
	if err != nil {
		return
	}
	defer r.Close()
	begin, err := r.ReadN(cutAt / 2)
	if err != nil {
		return
	}
	// A read that goes on after the connection broke gets another file.
	check.Put(t, h, name, check.Content(11, len(before)), nil)
	rest, err := r.ReadAll()
	if got := append(begin, rest...); err == nil && !bytes.Equal(got, before) {
		t.Errorf("Get(%s), which has no version, over a connection that breaks while the file is "+
			"replaced: bytes of two files and no error, want an error", term.Quote(name))
	}
}

const cutAt = 50

// needingVersion returns the calls that need a version.
func needingVersion(ctx context.Context, h *suite.H, name string) map[string]func() error {
	add := func(p []byte) ([]byte, error) { return append(p, '.'), nil }
	change := func(a *files.Attributes) error {
		a.ContentType = "text/x-changed"
		return nil
	}
	to := name + "-new"
	copied := func(o *files.CopyOptions) func() error {
		return func() error {
			_, err := files.Copy(ctx, h.Bucket, to, h.Bucket, name, o)
			return err
		}
	}
	return map[string]func() error{
		"Move": func() error {
			_, err := files.Move(ctx, h.Bucket, to, h.Bucket, name, nil)
			return err
		},
		"Update": func() error {
			_, err := files.Update(ctx, h.Bucket, name, add, nil)
			return err
		},
		"UpdateAttributes": func() error {
			_, err := files.UpdateAttributes(ctx, h.Bucket, name, change, nil)
			return err
		},
		"Copy of a version": copied(&files.CopyOptions{IfSource: "v1"}),
		"Put with IfVersion of what was read": func() error {
			o := &files.PutOptions{If: files.IfVersion("")}
			_, err := h.Put(ctx, name, check.Stream(check.Content(9, 10)), o)
			return err
		},
		"Get with IfVersion": func() error {
			r, err := h.Get(ctx, name, &files.GetOptions{IfVersion: "v1"})
			if err == nil {
				r.Close()
			}
			return err
		},
		"Delete with IfVersion": func() error {
			return h.Delete(ctx, name, &files.DeleteOptions{IfVersion: "v1"})
		},
		"Copy onto what was read": func() error {
			o := &files.CopyOptions{If: files.IfVersion("")}
			_, err := files.Copy(ctx, h.Bucket, name, h.Bucket, "small", o)
			if name == "small" && err == nil {
				return errors.New("it succeeded, though no version was given")
			}
			return err
		},
	}
}
