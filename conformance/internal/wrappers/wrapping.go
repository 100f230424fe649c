package wrappers

import (
	"reflect"
	"slices"

	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// wrapping makes wrapped buckets over one kind of memory, and records what each is made
// of.
type wrapping struct {
	wrap func(files.Bucket) files.Bucket
	o    Options
	mask mask
}

func newWrapping(wrap func(files.Bucket) files.Bucket, o Options, m mask) *wrapping {
	return &wrapping{wrap: wrap, o: o, mask: m}
}

// runs reports whether the case is run over the memory of this mask.
func (w *wrapping) runs(c suite.Case) bool {
	if w.o.Only != nil && !w.o.Only(c.ID()) {
		return false
	}
	if slices.ContainsFunc(Cases(), func(own suite.Case) bool { return own.ID() == c.ID() }) {
		return true
	}
	if _, known := w.o.Known[c.ID()]; known && w.mask.name != masks[0].name {
		return false
	}
	f := newInnerStore(w.mask.change).features
	refused := slices.ContainsFunc(c.Needs, func(a *suite.Ability) bool {
		return a.Refused != nil && !a.Claimed(f)
	})
	if w.mask.also != nil {
		return refused || w.mask.also(c)
	}
	return refused || isEssential(c.ID())
}

func (w *wrapping) harness() suite.Harness {
	h := suite.Harness{
		New: func(t suite.T) files.Bucket { return w.open(t, newInnerStore(w.mask.change)) },
		Second: func(t suite.T, b files.Bucket) files.Bucket {
			return w.open(t, ofBucket(t, b).store.innerStore)
		},
		Damage: func(t suite.T, b files.Bucket, _ string) {
			ofBucket(t, b).store.damage(t.Context())
		},
		Cut:    func(t suite.T, b files.Bucket, n int64) { ofBucket(t, b).store.cut.Store(n + 1) },
		Vanish: func(t suite.T, b files.Bucket) { ofBucket(t, b).store.vanished.Store(true) },
	}
	if w.mask.name == masks[0].name {
		h.Known = w.o.Known
	}
	return h
}

// open returns the bucket that the suite uses on a store.
func (w *wrapping) open(t suite.T, s *innerStore) files.Bucket {
	t.Helper()
	store := &innerHandle{innerStore: s}
	raw := driver.New(store)
	t.Cleanup(func() { raw.Close() })
	made := &wrappedBucket{
		by:    w,
		store: store,
		raw:   raw,
		inner: w.innerOf(raw),
	}
	made.outer = w.wrapped(t, made.inner)
	b := made.outer
	if b.Features().ReadOnly {
		write := raw
		switch {
		case w.o.Beside != nil:
			write = w.o.Beside(raw)
		// a wrapper that isn't read-only itself must write under its names
		case w.mask.readOnly:
			if again := w.wrapped(t, raw); !again.Features().ReadOnly {
				write = again
			}
		}
		b = &halves{made.outer, write}
	}
	wrapped.Store(b, made)
	t.Cleanup(func() { wrapped.Delete(b) }) // with what the case stored
	return b
}

// innerOf returns the bucket that is passed to wrap.
func (w *wrapping) innerOf(raw files.Bucket) files.Bucket {
	switch {
	case w.mask.readOnly:
		return files.Wrap(files.ReadOnly(raw), files.Hooks{CloseInner: true})
	case w.mask.modest:
		return &modest{raw}
	}
	return raw
}

func (w *wrapping) wrapped(t suite.T, inner files.Bucket) files.Bucket {
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
