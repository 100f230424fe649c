package check

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

// WantContent fails the case if the file's content isn't want, or Get reports another
// size.
func WantContent(t suite.T, b files.Bucket, name string, want []byte) {
	t.Helper()
	p, info, err := Read(t.Context(), b, name, nil)
	if err != nil {
		t.Errorf("Get(%s): %v after %d bytes, want %d bytes and no error", term.Quote(name), err,
			len(p),
			len(want))
		return
	}
	if d := Diff(p, want); d != "" {
		t.Errorf("content of %s %s", term.Quote(name), d)
	}
	if info.Size != int64(len(want)) {
		t.Errorf("Get(%s) reports size %d, want %d", term.Quote(name), info.Size, len(want))
	}
}

// WantMissing fails the case if Get, Stat or List finds the file.
func WantMissing(t suite.T, b files.Bucket, name string) {
	t.Helper()
	if r, err := b.Get(t.Context(), name, nil); !errors.Is(err, files.ErrNotExist) {
		if err == nil {
			r.Close()
		}
		t.Errorf("Get(%s): %v, want ErrNotExist", term.Quote(name), err)
	}
	if _, err := b.Stat(t.Context(), name, nil); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("Stat(%s): %v, want ErrNotExist", term.Quote(name), err)
	}
	for e, err := range b.List(t.Context(), "", &files.ListOptions{Prefix: name}) {
		if err != nil {
			t.Errorf("List: %v", err)
		} else if e.Name == name {
			t.Errorf("List yields %s, which does not exist", term.Quote(name))
		}
	}
}

// WantErr fails the case if err doesn't match the sentinel want, or is not a
// [*files.Error].
func WantErr(t suite.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %s, want an error that is %s%s", what, ErrText(err), KindText(want),
			alike(err, want))
		return
	}
	if _, ok := err.(*files.Error); !ok {
		t.Errorf("%s: the error is a %T, want a *files.Error", what, err)
	}
}

// Same fails the case if got isn't want.
func Same(t suite.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

// WantList fails the case if the listing doesn't have exactly these names in this order.
func WantList(t suite.T, b files.Bucket, dir string, opts *files.ListOptions, want ...string) {
	t.Helper()
	got := List(t, b, dir, opts)
	if d := DiffNames(got, want); d != "" {
		t.Errorf("List(%s, %s): %s", term.Quote(dir), ListText(opts), d)
	}
}

// DiffNames returns where two lists of names first differ, or "" if they are equal.
func DiffNames(got, want []string) string {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fmt.Sprintf("ends after %d entries, want %d: the next is %s", len(got),
				len(want), term.Quote(want[i]))
		case i >= len(want):
			return fmt.Sprintf("goes on with %[2]s after %[1]d entries, want the end", len(want),
				term.Quote(got[i]))
		case got[i] != want[i]:
			return fmt.Sprintf("entry %d is %s, want %s", i, term.Quote(got[i]),
				term.Quote(want[i]))
		}
	}
	return ""
}

// WantOnly fails the case if the bucket doesn't have exactly these files, in any order.
func WantOnly(t suite.T, b files.Bucket, names ...string) {
	t.Helper()
	want := slices.Sorted(slices.Values(names))
	if d := DiffNames(slices.Sorted(slices.Values(List(t, b, "", nil))), want); d != "" {
		t.Errorf("the bucket's files: %s", d)
	}
}

// WantFailure fails the case if f returns no error or panics.
func WantFailure(t suite.T, what string, f func() error) {
	t.Helper()
	if err, ok := Calm(t, what, f); ok && err == nil {
		t.Errorf("%s: got no error, want one", what)
	}
}
