package wrappers

import (
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"reflect"
	"time"
)

func wrapperFeatures(t suite.T, h *suite.H) {
	w := wrappedOf(t, h).by
	verify := func(what string, change func(*files.Features)) {
		raw := driver.New(&innerHandle{innerStore: newInnerStore(change)})
		defer raw.Close()
		inner := w.innerOf(raw)
		outer := w.wrapped(t, inner)
		defer outer.Close()
		got, want := outer.Features(), inner.Features()
		if w.o.Features != nil {
			want = w.o.Features(want)
		}
		if got.MaxName < 1 || got.MaxName > want.MaxName {
			t.Errorf("over a bucket %s: MaxName is %d, want 1 to %d, the inner bucket's", what,
				got.MaxName, want.MaxName)
		}
		g, b := reflect.ValueOf(got), reflect.ValueOf(want)
		for i := range g.NumField() {
			field := g.Type().Field(i).Name
			if field == "MaxName" || field == "ForeignKeys" && !got.ForeignKeys ||
				g.Field(i).Equal(b.Field(i)) || g.Field(i).IsZero() && follows(field, got) {
				continue
			}
			t.Errorf("over a bucket %s: the wrapper's %s is %v, want %v", what, field, g.Field(i),
				b.Field(i))
		}
		if again := outer.Features(); again != got {
			t.Errorf("over a bucket %s: Features first returned %+v, then %+v, want the same",
				what, got, again)
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
			t.Errorf("the suite has no test for a feature of the type of %s", name)
		}
	}
}

// follows reports whether a wrapper that claims no more than got may take the ability
// back: it needs another that isn't claimed.
func follows(field string, got files.Features) bool {
	switch field {
	case "SignSize":
		return !got.SignPut
	case "SignIfAbsent":
		return !got.SignPut || !got.IfAbsent
	case "SignHead", "SignResponse":
		return !got.SignGet
	}
	return false
}
