package cases

import (
	"errors"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

// fitting returns the names that the bucket's MaxName allows.
func fitting(h *suite.H, names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return len(name) > h.F.MaxName })
}

// putStorable puts the names. A bucket without AnyName may refuse some of them with
// ErrUnsupported, without a change. It returns the others.
func putStorable(t suite.T, h *suite.H, names ...string) (stored []string) {
	t.Helper()
	if h.F.AnyName {
		check.Puts(t, h, names...)
		return names
	}
	for _, n := range names {
		switch _, err := h.Put(t.Context(), n, strings.NewReader(n), nil); {
		case err == nil:
			stored = append(stored, n)
		case !errors.Is(err, files.ErrUnsupported):
			t.Errorf("Put(%s): %v, want no error or ErrUnsupported", term.Quote(n), err)
		default:
			wantRefused(t, h, n)
		}
	}
	if 2*len(stored) < len(names) {
		t.Fatalf("the bucket refuses %d of %d names, want far fewer",
			len(names)-len(stored), len(names))
	}
	return stored
}

// wantRefused fails the case if a name that Put refuses is found. Get and Stat may both
// report that there is no such file, or both, as Put did, that there can't be one.
func wantRefused(t suite.T, h *suite.H, name string) {
	t.Helper()
	_, err := h.Stat(t.Context(), name, nil)
	if !errors.Is(err, files.ErrUnsupported) {
		check.WantMissing(t, h, name)
		return
	}
	if r, err := h.Get(t.Context(), name, nil); !errors.Is(err, files.ErrUnsupported) {
		if err == nil {
			r.Close()
		}
		t.Errorf("Get(%s): %v, want ErrUnsupported, like Stat", term.Quote(name), err)
	}
	for e, err := range h.List(t.Context(), "", &files.ListOptions{Prefix: name}) {
		if err != nil || e.Name == name {
			t.Errorf("List with the prefix %s: %v, %v, want no such name", term.Quote(name),
				e.Name, err)
		}
	}
}
