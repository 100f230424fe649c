package driver_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// learner is a backend that finds out while it is used that it has no conditions.
type learner struct {
	knows atomic.Bool
	asked atomic.Int64 // how often for its Features
}

func (l *learner) Varied() uint64 {
	if l.knows.Load() {
		return 1
	}
	return 0
}

func (l *learner) Features() files.Features {
	l.asked.Add(1)
	return files.Features{MaxName: 9999, IfAbsent: !l.knows.Load()}
}

func (l *learner) Put(_ context.Context, req *driver.PutRequest) (files.Info, error) {
	if _, err := req.Content.Read(make([]byte, 8)); err != nil && err != io.EOF {
		return files.Info{}, err
	}
	l.knows.Store(true)
	return files.Info{}, errors.ErrUnsupported
}

func (l *learner) Open(context.Context, driver.OpenRequest) (driver.Object, error) {
	return driver.Object{}, files.ErrNotExist
}

func (l *learner) Stat(context.Context, driver.Key) (files.Info, error) {
	return files.Info{}, files.ErrNotExist
}

func (l *learner) List(context.Context, driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(func(files.Entry, error) bool) {}
}

func (l *learner) Delete(context.Context, driver.Key, files.Version) error { return nil }
func (l *learner) Close() error                                            { return nil }

func TestVaryingFeatures(t *testing.T) {
	l := &learner{}
	b := driver.New(l)
	if f := b.Features(); !f.IfAbsent || f.MaxName != files.MaxName {
		t.Fatalf("before use: IfAbsent %v, MaxName %d", f.IfAbsent, f.MaxName)
	}
	absent := &files.PutOptions{If: files.IfAbsent()}
	if _, err := b.Put(t.Context(), "a", strings.NewReader("x"),
		absent); !errors.Is(err, errors.ErrUnsupported) {
		t.Fatalf("the put that finds out: %v, want errors.ErrUnsupported", err)
	}
	if b.Features().IfAbsent {
		t.Error("Features don't follow what was found out")
	}
	content := strings.NewReader("x")
	if _, err := b.Put(t.Context(), "a", content, absent); !errors.Is(err, errors.ErrUnsupported) {
		t.Fatalf("the put behind it: %v, want errors.ErrUnsupported", err)
	}
	if content.Len() != 1 {
		t.Error("a put of what isn't claimed reaches the backend")
	}
}

// TestVaryingFeaturesKept: the backend is asked for its Features again only when they
// may have changed.
func TestVaryingFeaturesKept(t *testing.T) {
	l := &learner{}
	b := driver.New(l)
	use := func() {
		b.Features()
		if _, err := b.Stat(t.Context(), "a", nil); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("Stat: %v, want ErrNotExist", err)
		}
	}
	use()
	for want := range int64(2) {
		before := l.asked.Load()
		for range 10 {
			use()
		}
		if n := l.asked.Load() - before; n != want {
			t.Errorf("changed: %v: asked %d times, want %d", l.knows.Load(), n, want)
		}
		l.knows.Store(true)
	}
}
