package wrappers

import (
	"context"
	"reflect"
	"slices"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Cases returns those of RunWrapper alone, which look at what reaches the bucket
// below.
func Cases() []suite.Case {
	return []suite.Case{
		{
			Rule: "X3",
			Name: "wrapper-features",
			Why:  "a program asks Features before it calls: what it is told must be what happens",
			Run:  wrapperFeatures,
		},
		{
			Rule: "X3",
			Name: "wrapper-close",
			Why: "closing one view must not close everybody's bucket, and who owns one must not " +
				"leave it open",
			Run: wrapperClose,
		},
		{
			Rule: "X3",
			Name: "wrapper-closed-below",
			Why:  "what lies below a wrapper was closed: that must be told",
			Run:  wrapperClosedBelow,
		},
		{
			Rule: "C1",
			Name: "wrapper-server-copy",
			Why: "a wrapper that loses the copy sends every byte through the program, twice; " +
				"one that leaks it is got round",
			Run: wrapperServerCopy,
		},
		{
			Rule: "C1",
			Name: "wrapper-between",
			Why:  "a copy between a view and its store must end at the right names",
			Run:  wrapperBetween,
		},
		{
			Rule: "C1",
			Name: "wrapper-same-file",
			Why: "a move onto the same file by another way deletes it, where the wrapper " +
				"doesn't tell which file a name is",
			Run: wrapperSameFile,
		},
		{
			Rule: "W1",
			Name: "wrapper-signs",
			Why: "a signed URL without the tenant's directory, or a PUT through a read-only " +
				"view, is a hole",
			Run: wrapperSigns,
		},
		{
			Rule: "D3",
			Name: "wrapper-delete-many",
			Why:  "a wrapper that loses the bulk delete makes a thousand requests of one",
			Run:  wrapperDeleteMany,
		},
		{
			Rule: "U3",
			Name: "wrapper-check",
			Why:  "a check at the program's start must look at the store, not at the wrapper",
			Run:  wrapperCheck,
		},
		{
			Rule: "E1",
			Name: "wrapper-names",
			Why: "errors and answers must have the names of whoever asked: those below " +
				"are not his",
			Run: wrapperNames,
		},
		{
			Rule: "E1",
			Name: "wrapper-causes",
			Why:  "a wrapper must not hide what failed below it",
			Run:  wrapperCauses,
		},
		{
			Rule: "E2",
			Name: "wrapper-read-only",
			Why:  "nothing may be written through a read-only view, by whatever way",
			Run:  wrapperReadOnly,
		},
		{
			Rule: "E2",
			Name: "wrapper-refuses",
			Why: "a program asks Features whether a condition holds: one that is ignored " +
				"overwrites",
			Run: wrapperRefuses,
		},
		{
			Rule: "N5",
			Name: "wrapper-contained",
			Why:  "what lies beside a tenant's directory is not his to see, nor to delete",
			Run:  wrapperContained,
		},
		{
			Rule: "N5",
			Name: "wrapper-as",
			Why: "the SDK's client gets round a wrapper that renames or restricts; behind one " +
				"that doesn't, programs need it",
			Run: wrapperAs,
		},
		{
			Rule: "G7",
			Name: "wrapper-body-closed",
			Why:  "a body that stays open below holds a connection for ever",
			Run:  wrapperBodyClosed,
		},
		{
			Rule: "L9",
			Name: "wrapper-unreadable",
			Why:  "what can't be read below must be told above, also where Limit ends the listing",
			Run:  wrapperUnread,
		},
		{
			Rule: "X2",
			Name: "wrapper-context",
			Why:  "deadlines, traces and credentials travel in the context",
			Run:  wrapperContext,
		},
		wrapperEnds,
		wrapperLengths,
	}
}

// under is what belongs to the case's bucket.
func under(t suite.T, h *suite.H) *wrappedBucket {
	t.Helper()
	return ofBucket(t, h.Bucket)
}

// ops are the operations among the calls.
func ops(calls []belowCall) (all []files.Op) {
	for _, c := range calls {
		all = append(all, c.op)
	}
	return all
}

// putBelow puts a file and finds out under which name it lies below; plain is true where
// its content is stored as it is. The name is "" where the wrapper stores something
// else than one file a name.
func putBelow(t suite.T, h *suite.H, name string) (physical string, plain bool) {
	t.Helper()
	u := under(t, h)
	before := check.List(t, u.raw, "", nil)
	c := check.Content(len(name), 700)
	check.Put(t, h, name, c, nil)
	var found []string
	for _, n := range check.List(t, u.raw, "", nil) {
		if !slices.Contains(before, n) {
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		return "", false
	}
	p, _, err := check.Read(t.Context(), u.raw, found[0], nil)
	return found[0], err == nil && check.Diff(p, c) == ""
}

func wrapperFeatures(t suite.T, h *suite.H) {
	w := under(t, h).by
	verify := func(what string, change func(*files.Features)) {
		raw := driver.New(&below{belowStore: newBelow(change)})
		defer raw.Close()
		inner := w.innerOf(raw)
		outer := w.wrapped(t, inner)
		defer outer.Close()
		got, want := outer.Features(), inner.Features()
		if w.o.Features != nil {
			want = w.o.Features(want)
		}
		if got.MaxName < 1 || got.MaxName > want.MaxName {
			t.Errorf("over a bucket %s: MaxName is %d, want 1 to %d, which is that below", what,
				got.MaxName, want.MaxName)
		}
		g, b := reflect.ValueOf(got), reflect.ValueOf(want)
		for i := range g.NumField() {
			field := g.Type().Field(i).Name
			if field == "MaxName" || field == "ForeignKeys" && !got.ForeignKeys ||
				g.Field(i).Equal(b.Field(i)) {
				continue
			}
			t.Errorf("over a bucket %s: the wrapper's %s is %v, want %v", what, field, g.Field(i),
				b.Field(i))
		}
		if again := outer.Features(); again != got {
			t.Errorf("over a bucket %s: Features change from %+v to %+v", what, got, again)
		}
	}
	verify("as it is", w.mask.change)
	all := reflect.TypeFor[files.Features]()
	for i := range all.NumField() {
		change := func(set any) func(*files.Features) {
			return func(f *files.Features) {
				if w.mask.change != nil {
					w.mask.change(f)
				}
				reflect.ValueOf(f).Elem().Field(i).Set(reflect.ValueOf(set))
			}
		}
		switch name := all.Field(i).Name; all.Field(i).Type.Kind() {
		case reflect.Bool:
			verify("without "+name, change(false))
			verify("with "+name, change(true))
		case reflect.Int64:
			if name == "TimeResolution" {
				verify("with times in seconds", change(time.Second))
			} else {
				verify("with a "+name+" of 1 GiB", change(int64(1<<30)))
			}
		case reflect.Int:
			verify("with a "+name+" of 900", change(900))
		default:
			t.Errorf("the suite doesn't know what to make of the feature %s", name)
		}
	}
}

func wrapperClose(t suite.T, h *suite.H) {
	u := under(t, h)
	check.Puts(t, h, "a")
	for range 2 {
		if err := u.outer.Close(); err != nil {
			t.Errorf("Close of the wrapper: %v, want no error however often", err)
		}
	}
	for _, m := range append(check.Methods(t, u.outer, "a"), check.Listing(u.outer, "", nil)) {
		if !h.F.ReadOnly {
			check.WantErr(t, m.Name+" after the wrapper was closed", m.Call(t.Context()),
				files.ErrClosed)
		}
	}
	for err := range errorsOf(u.inner.List(t.Context(), "", nil)) {
		switch {
		case under(t, h).by.o.Owns:
			check.WantErr(t, "List in the bucket below after its owner was closed", err,
				files.ErrClosed)
		case err != nil:
			t.Errorf("List in the bucket below after the wrapper was closed, which doesn't "+
				"own it: %v", err)
		}
	}
	want := int64(0)
	if under(t, h).by.o.Owns {
		want = 1
	}
	// whose inner one owns nothing itself
	if n := u.store.closes.Load(); n != want && !under(t, h).by.mask.readOnly {
		t.Errorf("closing the wrapper twice closed what is below %d times, want %d", n, want)
	}
}

// errorsOf yields the errors of a listing, nil for what it lists.
func errorsOf(l func(func(files.Entry, error) bool)) func(func(error) bool) {
	return func(yield func(error) bool) {
		l(func(_ files.Entry, err error) bool { return yield(err) })
	}
}

func wrapperClosedBelow(t suite.T, h *suite.H) {
	u := under(t, h)
	check.Puts(t, h, "a")
	u.inner.Close()
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
		check.WantErr(t, m.Name+" above a closed bucket", m.Call(t.Context()), files.ErrClosed)
	}
}

// writesRefused says whether the method writes and the wrapper is read-only, which may
// be told first.
func (u *wrappedBucket) writesRefused(method string) bool {
	return u.outer.Features().ReadOnly &&
		!slices.Contains([]string{"Get", "Stat", "List", "Check", "SignURL GET"}, method)
}

func wrapperDeleteMany(t suite.T, h *suite.H) {
	u := under(t, h)
	if u.outer.Features().ReadOnly {
		t.Skipf("the wrapper is read-only")
	}
	names := []string{"a", "d/b", "d/c", "missing", "e"}
	check.Puts(t, h, "a", "d/b", "d/c", "e", "stays")
	u.store.seen()
	res, err := files.DeleteMany(t.Context(), u.outer, slices.Values(names))
	if err != nil || res.Deleted != int64(len(names)) {
		t.Errorf("DeleteMany of %d names: %d deleted, %v", len(names), res.Deleted, err)
	}
	if calls := u.store.seen(); !under(t, h).by.mask.modest && len(calls) != 1 {
		t.Errorf("DeleteMany of %d names made the requests %v below, want one", len(names),
			ops(calls))
	}
	check.WantOnly(t, h, "stays")
	u.store.fail(files.Errorf(files.ErrPermission, "no"))
	res, _ = files.DeleteMany(t.Context(), u.outer, slices.Values(names))
	u.store.fail(nil)
	if len(res.Failed) != len(names) {
		t.Errorf("DeleteMany that fails below tells %d failures, want %d", len(res.Failed),
			len(names))
	}
	for i, e := range res.Failed {
		if i < len(names) && e.Name != names[i] {
			t.Errorf("failure %d of DeleteMany has the name %q, want %q", i, e.Name, names[i])
		}
	}
}

func wrapperCheck(t suite.T, h *suite.H) {
	u := under(t, h)
	u.store.seen()
	if err := files.Check(t.Context(), u.outer); err != nil {
		t.Errorf("Check: %v", err)
	}
	if calls := u.store.seen(); len(calls) != 1 {
		t.Errorf("Check made the requests %v below, want one", ops(calls))
	}
	u.store.vanished.Store(true)
	check.WantErr(t, "Check of a wrapper whose store has gone", files.Check(t.Context(), u.outer),
		files.ErrNoBucket)
}
