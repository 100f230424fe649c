package driver_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// reads is a backend that returns what it is given.
type reads struct {
	*mapdriver.Backend
	plain  bool // without conditions
	object driver.Object
	err    error
	closed int
	asked  int
}

func (r *reads) Features() files.Features {
	f := r.Backend.Features()
	f.ReadConditions = !r.plain
	return f
}

func (r *reads) Open(context.Context, driver.OpenRequest) (driver.Object, error) {
	r.asked++
	o := r.object
	if r.err == nil {
		o.Body = body{strings.NewReader("content"), r}
	}
	return o, r.err
}

func (r *reads) Stat(context.Context, driver.Key) (files.Info, error) {
	r.asked++
	return r.object.Info, r.err
}

// body counts how often it is closed.
type body struct {
	io.Reader
	of *reads
}

func (b body) Close() error { b.of.closed++; return nil }

func sized(n int64) files.Info { return files.Info{Entry: files.Entry{Size: n, Version: "v"}} }

// TestGetRefuses: a wrong call is refused before the backend is asked.
func TestGetRefuses(t *testing.T) {
	back := &reads{Backend: mapdriver.New(), plain: true}
	b := driver.New(back)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	type options = files.GetOptions
	for what, c := range map[string]struct {
		ctx  context.Context
		name string
		o    options
		want error
	}{
		"name":         {t.Context(), "a/", options{}, files.ErrInvalidName},
		"name and key": {t.Context(), "a", options{Key: "k"}, files.ErrInvalidName},
		"key":          {t.Context(), "", options{Key: "k"}, files.ErrUnsupported},
		"range":        {t.Context(), "a", options{Range: files.From(-1)}, files.ErrInvalid},
		"timeout":      {t.Context(), "a", options{ReadTimeout: -1}, files.ErrInvalid},
		"connections":  {t.Context(), "a", options{Connections: -1}, files.ErrInvalid},
		"after":        {t.Context(), "a", options{ConnectionsAfter: -1}, files.ErrInvalid},
		"version":      {t.Context(), "a", options{IfVersion: "v"}, files.ErrUnsupported},
		"other":        {t.Context(), "a", options{IfNotVersion: "v"}, files.ErrUnsupported},
		"nil context":  {nil, "a", options{}, files.ErrInvalid},
		"ended":        {ended, "a", options{}, context.Canceled},
	} {
		r, err := b.Get(c.ctx, c.name, &c.o)
		e, ok := errors.AsType[*files.Error](err)
		if r != nil || !errors.Is(err, c.want) || !ok || e.Op != files.OpGet || e.Name != c.name {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	for name, want := range map[string]error{"": files.ErrUnsupported, "a": files.ErrInvalidName} {
		_, serr := b.Stat(t.Context(), name, &files.StatOptions{Key: "k"})
		derr := b.Delete(t.Context(), name, &files.DeleteOptions{Key: "k"})
		if !errors.Is(serr, want) || !errors.Is(derr, want) {
			t.Errorf("name %q and a key: Stat %v, Delete %v, want %v", name, serr, derr, want)
		}
	}
	if back.asked > 0 {
		t.Errorf("the backend was asked %d times", back.asked)
	}
}

// TestGetImpossible: numbers that no file can have are ErrUnavailable (G2), and the body
// is closed.
func TestGetImpossible(t *testing.T) {
	for _, o := range []driver.Object{
		{Info: sized(-1)},
		{Info: sized(7), Offset: -1},
		{Info: sized(7), Length: -1},
		{Info: sized(7), Offset: 8},
		{Info: sized(7), Offset: 2, Length: 6},
		{Info: sized(7), Length: 8},
		{Info: sized(7), Length: 1, Before: -1},
		{Info: sized(7), Offset: 2, Length: 1, Before: 3},
	} {
		back := &reads{Backend: mapdriver.New(), object: o}
		r, err := driver.New(back).Get(t.Context(), "a", nil)
		if r != nil || !errors.Is(err, files.ErrUnavailable) || back.closed != 1 {
			t.Errorf("%d bytes from %d, behind %d, of %d: %v, want ErrUnavailable; closed %d times",
				o.Length, o.Offset, o.Before, o.Info.Size, err, back.closed)
		}
	}
	back := &reads{Backend: mapdriver.New(), object: driver.Object{Info: sized(-1)}}
	_, err := driver.New(back).Stat(t.Context(), "a", nil)
	if !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("Stat of -1 bytes: %v, want ErrUnavailable", err)
	}
}

// TestGetOfNothing: a range of no bytes doesn't read a body, and closes it at once (G3).
func TestGetOfNothing(t *testing.T) {
	back := &reads{Backend: mapdriver.New(), object: driver.Object{Info: sized(7), Offset: 7}}
	r, err := driver.New(back).Get(t.Context(), "a", &files.GetOptions{Range: files.From(9)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if back.closed != 1 {
		t.Errorf("the body was closed %d times, want once", back.closed)
	}
	if got, err := r.ReadString(); got != "" || err != nil || r.Info().Size != 7 {
		t.Errorf("%q, %v, of %d bytes", got, err, r.Info().Size)
	}
}

// TestSetInfo: a Reader that a bucket passes on has the Info that the bucket sets.
func TestSetInfo(t *testing.T) {
	r := driver.NewReader(t.Context(), driver.ReaderConfig{
		Name:   "inner",
		Info:   sized(7),
		Length: 7,
		Body:   io.NopCloser(strings.NewReader("content")),
	})
	defer r.Close()
	info := sized(7)
	info.Name, info.Version = "outer", "of the wrapper"
	driver.SetInfo(r, info)
	if got := r.Info(); got.Name != "outer" || got.Version != info.Version {
		t.Errorf("Info is %+v, want %+v", got, info)
	}
	if got, err := r.ReadString(); got != "content" || err != nil {
		t.Errorf(`the body is %q, %v, want "content"`, got, err)
	}
}
