package cases

import (
	"context"
	"reflect"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var closeCases = []suite.Case{
	{
		Rule: "X3",
		Name: "twice",
		Why:  "a second Close must do nothing: programs close a bucket both by defer and directly",
		Run:  closeTwice,
	},
	{
		Rule: "X3",
		Name: "use-after-close",
		Why: "a call after Close must be an error that says so, and must neither crash nor " +
			"return other data",
		Run: closedMethods,
	},
	{
		Rule:    "X3",
		Name:    "open-bodies",
		Why:     "a body that is open when the bucket is closed must be read to its end",
		Largest: 3 << 20,
		Run:     closeOpenBody,
	},
	{
		Rule: "X3",
		Name: "put-in-flight",
		Why:  "an upload in progress when the bucket is closed must end as if nothing had happened",
		Run:  closeInFlight,
	},
	{
		Rule: "X3",
		Name: "list-in-flight",
		Why:  "a listing in progress when the bucket is closed must come to its end",
		Run:  closeInLoop,
	},
	{
		Rule: "X3",
		Name: "wrappers",
		Why:  "closing a view of a bucket, such as a tenant's, must not close the bucket",
		Run:  closeWrapper,
	},
	{
		Rule: "X3",
		Name: "other-handles",
		Why:  "closing one handle must not close another",
		Run:  closeOther,
	},
	{
		Rule: "X3",
		Name: "options-untouched",
		Why: "a bucket must neither change nor keep its options: they are shared between " +
			"calls and goroutines",
		Run: optionsUntouched,
	},
	{
		Rule: "X3",
		Name: "features-stay",
		Why:  "what a bucket can do must not change while it is used",
		Run:  featuresStay,
	},
}

func closeTwice(t suite.T, h *suite.H) {
	check.Puts(t, h, "a")
	for range 3 {
		if err := h.Close(); err != nil {
			t.Errorf("Close: %v, want no error from each call", err)
		}
	}
	b := h.Fresh(t)
	check.Race(8, func(int) {
		if err := b.Close(); err != nil {
			t.Errorf("Close in a race: %v, want no error", err)
		}
	})
}

func closedMethods(t suite.T, h *suite.H) {
	check.Puts(t, h, "a")
	l := h.List(t.Context(), "", nil)
	sub, err := files.Sub(h.Bucket, "d")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	before := h.Features()
	h.Close()
	for _, name := range []string{"a", "missing"} {
		for _, m := range append(check.Methods(t, h.Bucket, name), check.Listing(h.Bucket, "", nil),
			check.Listing(h.Bucket, "missing", &files.ListOptions{Shallow: true}),
			check.Method{Name: "Check", Call: func(ctx context.Context) error {
				return files.Check(ctx, h.Bucket)
			}}) {
			check.WantErr(t, m.Name+" after Close", m.Call(t.Context()), files.ErrClosed)
		}
	}
	for _, err := range l {
		check.WantErr(t, "ranging over a listing after Close", err, files.ErrClosed)
	}
	for _, m := range check.Methods(t, sub, "a") {
		check.WantErr(t, m.Name+" in a sub-bucket of a closed bucket", m.Call(t.Context()),
			files.ErrClosed)
	}
	check.Same(t, "Features after Close", h.Features(), before)
}

func closeOpenBody(t suite.T, h *suite.H) {
	for _, n := range []int{10, 3 << 20} {
		b := h.Fresh(t)
		c := check.Content(1, n)
		check.Put(t, b, "a", c, nil)
		fresh, half := open(t, b, "a", nil), open(t, b, "a", nil)
		if _, err := half.ReadN(5); err != nil {
			t.Fatalf("ReadN: %v, want no error", err)
		}
		if err := b.Close(); err != nil {
			t.Errorf("Close with open bodies: %v, want no error", err)
		}
		p, err := fresh.ReadAll()
		if d := check.Diff(p, c); err != nil || d != "" {
			t.Errorf("a body of %d bytes read after the bucket was closed: %v; content %s",
				n, err, d)
		}
		p, err = half.ReadAll()
		if d := check.Diff(p, c[5:]); err != nil || d != "" {
			t.Errorf("rest of a body of %d bytes read after the bucket was closed: %v; content %s",
				n, err, d)
		}
		if err := fresh.Close(); err != nil {
			t.Errorf("Close of the body: %v, want no error", err)
		}
	}
}

func closeInFlight(t suite.T, h *suite.H) {
	other := h.Bucket
	if h.Harness.Second != nil {
		other = h.Second(t)
	}
	c := check.Content(1, 100_000)
	_, err := h.Put(t.Context(), "a", check.Hook(c, 50_000, func() {
		if err := h.Close(); err != nil {
			t.Errorf("Close during a Put: %v, want no error", err)
		}
		_, err := h.Stat(t.Context(), "a", nil)
		check.WantErr(t, "Stat after Close", err, files.ErrClosed)
	}), nil)
	if err != nil {
		t.Errorf("Put during which the bucket was closed: %v, want no error", err)
	}
	if other != h.Bucket {
		check.WantContent(t, other, "a", c)
	}
}

func closeInLoop(t suite.T, h *suite.H) {
	names := []string{"a", "b/c", "b/d", "e"}
	check.Puts(t, h, names...)
	n := 0
	for e, err := range h.List(t.Context(), "", &files.ListOptions{PageSize: 1}) {
		if err != nil {
			t.Errorf("List during which the bucket was closed: %v, want no error", err)
			continue
		}
		n++
		if e.Name == "a" {
			h.Close()
		}
	}
	check.Same(t, "entries of a listing during which the bucket was closed", n, len(names))
}

func closeWrapper(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/a")
	sub, err := files.Sub(h.Bucket, "d")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	for what, w := range map[string]files.Bucket{
		"Sub":      sub,
		"ReadOnly": files.ReadOnly(h.Bucket),
		"Wrap":     files.Wrap(h.Bucket, files.Hooks{}),
	} {
		for range 2 {
			if err := w.Close(); err != nil {
				t.Errorf("Close of %s: %v, want no error", what, err)
			}
		}
		_, err := w.Stat(t.Context(), "a", nil)
		check.WantErr(t, "Stat in a closed "+what, err, files.ErrClosed)
		check.WantContent(t, h, "d/a", []byte("d/a"))
	}
}

func closeOther(t suite.T, h *suite.H) {
	other := h.Second(t)
	check.Puts(t, h, "a")
	if err := other.Close(); err != nil {
		t.Errorf("Close: %v, want no error", err)
	}
	check.WantContent(t, h, "a", []byte("a"))
	third := h.Second(t)
	check.WantContent(t, third, "a", []byte("a"))
	h.Close()
	check.WantContent(t, third, "a", []byte("a"))
	check.Puts(t, third, "b")
	check.WantOnly(t, third, "a", "b")
}

func optionsUntouched(t suite.T, h *suite.H) {
	c := check.Content(1, 100)
	p := files.PutOptions{
		Size:   new(int64(100)),
		Digest: files.Digest{MD5: strings.ToUpper(allDigests(c).MD5)},
	}
	if h.F.Attributes {
		p.Attributes = files.Attributes{
			CacheControl: "no-cache",
			Metadata:     map[string]string{"Mixed": "Case"},
		}
	}
	given := p
	given.Metadata = nil
	for k, v := range p.Metadata {
		given.Metadata = map[string]string{k: v}
	}
	check.Parallel(4, func(int) { // shared, so that the race detector finds a write
		if _, err := h.Put(t.Context(), "d/a.x", check.Stream(c), &p); err != nil {
			t.Errorf("Put: %v, want no error", err)
		}
	})
	*given.Size = *p.Size
	if !reflect.DeepEqual(p, given) {
		t.Errorf("Put changed its options to %+v, want %+v", p, given)
	}
	g, l, d := files.GetOptions{Range: files.Last(1000)}, files.ListOptions{
		Prefix:     "a",
		StartAfter: "d",
		Limit:      5,
	}, files.DeleteOptions{}
	g0, l0, d0 := g, l, d
	sub, err := files.Sub(h.Bucket, "d")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	for _, b := range []files.Bucket{h.Bucket, sub} {
		if r, err := b.Get(t.Context(), "a.x", &g); err == nil {
			r.Close()
		}
		check.List(t, b, "", &l)
		b.Delete(t.Context(), "missing", &d)
	}
	check.Same(t, "the caller's GetOptions", g, g0)
	check.Same(t, "the caller's ListOptions", l, l0)
	check.Same(t, "the caller's DeleteOptions", d, d0)
}

func featuresStay(t suite.T, h *suite.H) {
	before := h.Features()
	check.Puts(t, h, "a", "d/b")
	check.Remove(t, h, "a")
	check.Same(t, "Features after use", h.Features(), before)
	if before.MaxSize < 0 || before.MaxUnknownSize < 0 || before.TimeResolution < 0 {
		t.Errorf("Features have a negative limit: %+v, want none", before)
	}
	if (before.IfVersion || before.DeleteIfVersion || before.ReadConditions ||
		before.VersionPerPut || before.PutReturnsVersion) && !before.Versions {
		t.Errorf("Features do not claim Versions, but claim what needs them: %+v", before)
	}
}
