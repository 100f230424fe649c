package conformance

import (
	"reflect"
	"slices"
	"sync"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// WrapperOptions say what a wrapper does on purpose. The zero value is that of one that
// owns nothing and can do what the bucket below it can.
type WrapperOptions struct {
	// Owns: closing the wrapper closes the bucket below, once.
	Owns bool
	// Features returns what the wrapper claims over a bucket of these features; nil
	// where it claims the same. MaxName may always be less, and ForeignKeys missing: a
	// wrapper that renames can't have them.
	Features func(below files.Features) files.Features
	// Restricts: files.As must not reach below, although the wrapper changes no name,
	// content or feature.
	Restricts bool
	// Beside makes, for a wrapper that is read-only, the bucket through which the suite
	// writes what the wrapper shows; nil where the names are those of the bucket below.
	Beside func(below files.Bucket) files.Bucket
	// Known is as in Harness. Such cases run over memory with all abilities only.
	Known map[string]string
}

// RunWrapper holds a wrapper to the contract. wrap is given buckets in memory, and the
// suite works with what it returns: with every case over memory that can do everything,
// and with the essential ones, and those that the missing ability turns round, over
// memory that lacks one: without conditions, versions, attributes, order, server-side
// copies or signing, read-only, or with nothing optional at all. Cases of RunWrapper's
// own look at what reaches the bucket below. Subtests are named <what is
// below>/<rule>/<case>.
//
// wrap is called many times, also at the same time. It must return a bucket that can be
// compared with ==. o may be nil.
func RunWrapper(t *testing.T, wrap func(below files.Bucket) files.Bucket, o *WrapperOptions) {
	if wrap == nil {
		t.Fatal("the wrapper is wrong: wrap is nil")
	}
	if o == nil {
		o = &WrapperOptions{}
	}
	all := append(Cases(), wrapperCases()...)
	for _, m := range masks {
		w := newWrapping(wrap, *o, m)
		t.Run(m.name, func(t *testing.T) {
			s, err := begin(t.Context(), w.harness())
			if err != nil {
				t.Fatal(err)
			}
			s.subtests(t, slices.DeleteFunc(slices.Clone(all), func(c Case) bool {
				return !w.runs(c)
			}), func(Result) {})
		})
	}
}

// mask is what the bucket below lacks.
type mask struct {
	name             string
	change           func(*files.Features)
	readOnly, modest bool
	// also says which cases are run beside those of the missing ability; nil runs the
	// essential ones.
	also func(Case) bool
}

// masks of abilities that are asked for by one option or method need no more than the
// cases of that ability.
var masks = []mask{
	{name: "everything", also: func(Case) bool { return true }},
	{name: "no-conditions", change: func(f *files.Features) {
		f.IfAbsent, f.IfVersion, f.DeleteIfVersion, f.ReadConditions = false, false, false, false
	}},
	{name: "no-if-absent", also: none, change: func(f *files.Features) { f.IfAbsent = false }},
	{
		name:   "no-read-conditions",
		also:   none,
		change: func(f *files.Features) { f.ReadConditions = false },
	},
	{name: "no-versions", change: func(f *files.Features) {
		f.Versions = false
		f.VersionPerPut = false
		f.PutReturnsVersion = false
		f.IfVersion = false
		f.DeleteIfVersion = false
		f.ReadConditions = false
	}},
	{name: "no-attributes", change: func(f *files.Features) { f.Attributes = false }},
	{name: "no-digests", also: none, change: func(f *files.Features) { f.Digests = false }},
	{name: "unordered", change: func(f *files.Features) { f.Ordered = false }},
	{
		name:   "no-server-copy",
		also:   ofRules("C1"),
		change: func(f *files.Features) { f.ServerCopy = false },
	},
	{name: "no-signing", also: none, change: func(f *files.Features) {
		f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = false, false, false, false
	}},
	{
		name: "signs-get-only",
		also: none,
		change: func(f *files.Features) {
			f.SignPut, f.SignDelete, f.SignContentType = false, false, false
		},
	},
	{
		name:   "small-files",
		also:   ofRules("P11"),
		change: func(f *files.Features) { f.MaxSize = 8 << 20 },
	},
	{
		name:   "short-names",
		also:   ofRules("N1", "N4"),
		change: func(f *files.Features) { f.MaxName = 800 },
	},
	{name: "read-only", readOnly: true},
	{name: "nothing-optional", modest: true},
}

func none(Case) bool { return false }

func ofRules(rules ...string) func(Case) bool {
	return func(c Case) bool { return !c.Long && slices.Contains(rules, c.Rule) }
}

// wrapping makes wrapped buckets over one kind of memory, and remembers what each
// stands on.
type wrapping struct {
	wrap func(files.Bucket) files.Bucket
	o    WrapperOptions
	mask mask
	made sync.Map // *wrappedBucket, by the bucket that the suite works with
}

// wrappedBucket is what belongs to one bucket that the suite works with.
type wrappedBucket struct {
	store *below
	raw   files.Bucket // of the store, with nothing refused
	inner files.Bucket // what wrap was given
	outer files.Bucket // what it returned
}

func newWrapping(wrap func(files.Bucket) files.Bucket, o WrapperOptions, m mask) *wrapping {
	return &wrapping{wrap: wrap, o: o, mask: m}
}

// runs says whether the case belongs to the memory of this mask.
func (w *wrapping) runs(c Case) bool {
	if slices.ContainsFunc(wrapperCases(), func(own Case) bool { return own.ID() == c.ID() }) {
		return true
	}
	if _, known := w.o.Known[c.ID()]; known && w.mask.name != masks[0].name {
		return false
	}
	f := newBelow(w.mask.change).features
	turned := slices.ContainsFunc(c.Needs, func(a *Ability) bool {
		return a.Refused != nil && !a.Claimed(f)
	})
	if w.mask.also != nil {
		return turned || w.mask.also(c)
	}
	return turned || isEssential(c.ID())
}

func (w *wrapping) harness() Harness {
	h := Harness{
		New: func(t T) files.Bucket { return w.open(t, newBelow(w.mask.change)) },
		Second: func(t T, b files.Bucket) files.Bucket {
			return w.open(t, w.of(t, b).store.belowStore)
		},
		Damage: func(t T, b files.Bucket, _ string) { w.of(t, b).store.damage(t.Context()) },
		Cut:    func(t T, b files.Bucket, n int64) { w.of(t, b).store.cut.Store(n + 1) },
		Vanish: func(t T, b files.Bucket) { w.of(t, b).store.vanished.Store(true) },
		under:  w,
	}
	if w.mask.name == masks[0].name {
		h.Known = w.o.Known
	}
	return h
}

func (w *wrapping) of(t T, b files.Bucket) *wrappedBucket {
	t.Helper()
	made, ok := w.made.Load(b)
	if !ok {
		t.Fatalf("the suite has lost what is below the bucket")
	}
	return made.(*wrappedBucket)
}

// open makes the bucket that the suite works with on a store.
func (w *wrapping) open(t T, s *belowStore) files.Bucket {
	t.Helper()
	store := &below{belowStore: s}
	raw := driver.New(store)
	t.Cleanup(func() { raw.Close() })
	made := &wrappedBucket{store: store, raw: raw, inner: w.innerOf(raw)}
	made.outer = w.wrapped(t, made.inner)
	b := made.outer
	if b.Features().ReadOnly {
		write := raw
		switch {
		case w.o.Beside != nil:
			write = w.o.Beside(raw)
		// a wrapper that is not read-only by itself writes under its own names
		case w.mask.readOnly:
			if again := w.wrapped(t, raw); !again.Features().ReadOnly {
				write = again
			}
		}
		b = &halves{made.outer, write}
	}
	w.made.Store(b, made)
	t.Cleanup(func() { w.made.Delete(b) }) // with what the case stored
	return b
}

// innerOf returns the bucket that wrap is given.
func (w *wrapping) innerOf(raw files.Bucket) files.Bucket {
	switch {
	case w.mask.readOnly:
		return files.Wrap(files.ReadOnly(raw), files.Hooks{CloseInner: true})
	case w.mask.modest:
		return &modest{raw}
	}
	return raw
}

func (w *wrapping) wrapped(t T, inner files.Bucket) files.Bucket {
	t.Helper()
	b := w.wrap(inner)
	if b == nil {
		t.Fatalf("the wrapper is wrong: wrap returned nil")
	}
	if !reflect.ValueOf(b).Comparable() {
		t.Fatalf("the wrapper is wrong: a %T can't be compared; return a pointer", b)
	}
	return b
}
