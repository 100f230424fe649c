package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"cloudfiles.dev/files"
)

var versionEmptyCases = []Case{{
	Rule:    "P9",
	Name:    "no-version",
	Why:     "what goes on without a version overwrites or deletes what somebody has just put",
	Largest: 3 << 20,
	Run:     filesWithoutVersion,
}}

// filesWithoutVersion makes files in several ways, and looks what the bucket does with
// one that has no version.
func filesWithoutVersion(t T, h *H) {
	put(t, h, "empty", nil, nil)
	put(t, h, "small", content(1, 100), nil)
	if n := 3 << 20; h.F.MaxSize == 0 || h.F.MaxSize > int64(n) {
		put(t, h, "large", content(2, n), nil)
	}
	if _, err := h.Put(t.Context(), "streamed", stream(content(3, 5000)), nil); err != nil {
		t.Fatalf("Put: %v", err)
	}
	if _, err := files.Copy(t.Context(), h.Bucket, "copied", h.Bucket, "small", nil); err != nil {
		t.Fatalf("Copy: %v", err)
	}
	for e, err := range h.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		info := stat(t, h, e.Name)
		r := open(t, h, e.Name, nil)
		got := r.Info().Version
		r.Close()
		same(t, "version of "+quote(e.Name)+" in Get's Info, against Stat's", got, info.Version)
		if info.Version == "" {
			withoutVersion(t, h, e.Name)
		}
	}
}

// withoutVersion wants that nothing is done to a file without a version that needs one.
func withoutVersion(t T, h *H, name string) {
	t.Helper()
	if f := h.Features(); f.Versions || f.IfVersion || f.DeleteIfVersion || f.ReadConditions {
		t.Errorf("Stat(%s) has told an empty version, and Features still claim that there is "+
			"one: %+v",
			quote(name), f)
	}
	before, info := get(t, h, name, nil)
	had := list(t, h, "", nil)
	for what, call := range needingVersion(t.Context(), h, name) {
		if err := call(); !errors.Is(err, files.ErrUnsupported) {
			t.Errorf("%s of %s, which has no version: got %s, want ErrUnsupported",
				what, quote(name), errText(err))
		}
	}
	wantContent(t, h, name, before)
	same(t, "Info of "+quote(name), stat(t, h, name), info)
	wantOnly(t, h, had...)
	if h.harness.Cut == nil || len(before) <= cutAt {
		return
	}
	h.harness.Cut(t, h.Bucket, cutAt)
	defer h.harness.Cut(t, h.Bucket, -1)
	r, err := h.Get(t.Context(), name, nil)
	if err != nil {
		return
	}
	defer r.Close()
	begin, err := r.ReadN(cutAt / 2)
	if err != nil {
		return
	}
	// Whoever goes on where the connection broke meets another file.
	put(t, h, name, content(11, len(before)), nil)
	rest, err := r.ReadAll()
	if got := append(begin, rest...); err == nil && !bytes.Equal(got, before) {
		t.Errorf("Get(%s), which has no version, of a connection that breaks while the file is "+
			"replaced: other bytes than it began with, and no error", quote(name))
	}
}

const cutAt = 50

// needingVersion are the calls that need a version.
func needingVersion(ctx context.Context, h *H, name string) map[string]func() error {
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
			_, err := h.Put(ctx, name, stream(content(9, 10)), o)
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
				return fmt.Errorf("it succeeded")
			}
			return err
		},
	}
}
