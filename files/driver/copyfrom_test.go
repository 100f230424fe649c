package driver_test

import (
	"context"
	"errors"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// copier is a backend that notes the copy which it is asked for.
type copier struct {
	*mapdriver.Backend
	unclaimed bool
	from      driver.Backend
	req       *driver.CopyRequest
	info      files.Info
	err       error
}

func newCopier() *copier { return &copier{Backend: mapdriver.New()} }

func (c *copier) Features() files.Features {
	f := c.Backend.Features()
	f.ServerCopy = !c.unclaimed
	return f
}

func (c *copier) Copy(_ context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	c.from, c.req = from, req
	return c.info, c.err
}

func copyFrom(ctx context.Context, dst files.Bucket, dstName string, src files.Bucket,
	srcName string, opts *files.CopyOptions) (files.Info, error) {
	return dst.(driver.BucketCopier).CopyFrom(ctx, dstName, src, srcName, opts)
}

// renamed is a wrapper under whose names a copy inside the store reads others.
type renamed struct{ files.Bucket }

func (r renamed) WithCopySource(ctx context.Context, name string,
	fn func(context.Context, files.Bucket, string) error) error {
	return fn(ctx, r.Bucket, "in/"+name)
}

// TestCopyFromPasses: the backend gets names, conditions and complete attributes. The
// result has the name of the target and shares no map with the backend.
func TestCopyFromPasses(t *testing.T) {
	meta := map[string]string{"k": "v"}
	to, from := newCopier(), newCopier()
	to.info = files.Info{
		Entry:      files.Entry{Name: "wrong", Version: "v"},
		Attributes: files.Attributes{Metadata: meta},
	}
	dst, src := driver.New(to), driver.New(from)
	opts := &files.CopyOptions{
		If:         files.IfAbsent(),
		IfSource:   "s",
		FullInfo:   true,
		Attributes: &files.Attributes{Metadata: map[string]string{"New": "x"}},
	}
	info, err := copyFrom(t.Context(), dst, "b.txt", src, "a", opts)
	if err != nil || info.Name != "b.txt" || info.Version != "v" || info.Metadata["k"] != "v" {
		t.Fatalf("copyFrom = %+v, %v, want b.txt of version v with the metadata", info, err)
	}
	info.Metadata["k"] = "changed"
	if meta["k"] != "v" {
		t.Error("the result shares its metadata with the backend")
	}
	r := to.req
	if to.from != driver.Backend(from) || r.Src != "a" || r.Dst != "b.txt" ||
		r.IfSource != "s" || !r.If.Absent() || !r.FullInfo {
		t.Errorf("the backend got %+v", r)
	}
	if a := r.Attributes; a == nil || a.Metadata["new"] != "x" ||
		a.ContentType != "text/plain; charset=utf-8" {
		t.Errorf("the backend got the attributes %+v, want them complete", a)
	}
	if _, err := copyFrom(t.Context(), dst, "b", renamed{src}, "a", nil); err != nil {
		t.Fatal(err)
	}
	if r := to.req; r.Src != "in/a" || r.Attributes != nil {
		t.Errorf("through a wrapper the backend got %+v", r)
	}
}

// TestCopyFromRefuses: a copy that isn't possible inside the store is ErrUnsupported, so
// that the caller streams, and a wrong one is refused. The backend isn't asked.
func TestCopyFromRefuses(t *testing.T) {
	to := newCopier()
	dst, src := driver.New(to), driver.New(newCopier())
	plain, foreign := driver.New(mapdriver.New()), struct{ files.Bucket }{src}
	unclaimed := newCopier()
	unclaimed.unclaimed = true
	closed := driver.New(newCopier())
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	attrs := func(a files.Attributes) *files.CopyOptions {
		return &files.CopyOptions{Attributes: &a}
	}
	native := &files.CopyOptions{Native: []files.NativeOption{option{}}}
	noVersion := &files.CopyOptions{If: files.IfVersion("")}
	badKey := attrs(files.Attributes{Metadata: map[string]string{"": "x"}})
	for what, c := range map[string]struct {
		ctx  context.Context
		dst  files.Bucket
		src  files.Bucket
		opts *files.CopyOptions
		want error
	}{
		"no copier":      {t.Context(), plain, src, nil, files.ErrUnsupported},
		"not claimed":    {t.Context(), driver.New(unclaimed), src, nil, files.ErrUnsupported},
		"nil source":     {t.Context(), dst, nil, nil, files.ErrInvalid},
		"nil context":    {nil, dst, src, nil, files.ErrInvalid},
		"foreign":        {t.Context(), dst, foreign, nil, files.ErrUnsupported},
		"native":         {t.Context(), dst, src, native, files.ErrUnsupported},
		"no version":     {t.Context(), dst, src, noVersion, files.ErrUnsupported},
		"metadata":       {t.Context(), dst, src, badKey, files.ErrInvalid},
		"type by bytes":  {t.Context(), dst, src, attrs(files.Attributes{}), files.ErrUnsupported},
		"ended":          {ended, dst, src, nil, context.Canceled},
		"closed target":  {t.Context(), closed, src, nil, files.ErrClosed},
		"closed source":  {t.Context(), dst, closed, nil, files.ErrClosed},
		"closed beneath": {t.Context(), dst, renamed{closed}, nil, files.ErrClosed},
	} {
		info, err := copyFrom(c.ctx, c.dst, "b", c.src, "a", c.opts)
		e, ok := errors.AsType[*files.Error](err)
		if !errors.Is(err, c.want) || !ok || e.Op != files.OpCopy || e.Name != "b" ||
			info.Name != "" {
			t.Errorf("%s: %+v, %v, want %v", what, info, err, c.want)
		}
	}
	for _, names := range [][2]string{{"b/", "a"}, {"b", "a/"}} {
		_, err := copyFrom(t.Context(), dst, names[0], src, names[1], nil)
		if !errors.Is(err, files.ErrInvalidName) {
			t.Errorf("%q: %v, want ErrInvalidName", names, err)
		}
	}
	if to.req != nil {
		t.Errorf("the backend was asked for %+v", to.req)
	}
	to.err = files.ErrPermission
	if _, err := copyFrom(t.Context(), dst, "b", src, "a", nil); !errors.Is(err, to.err) {
		t.Errorf("%v, want the backend's error", err)
	}
}
