package driver_test

import (
	"context"
	"errors"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// onto is a backend with one file or none, which says by Check what its bucket is.
type onto struct {
	*mapdriver.Backend
	info         files.Info
	stat, check  error
	statNoBucket bool
	copied       int
}

func (o *onto) Features() files.Features {
	f := o.Backend.Features()
	f.ServerCopy, f.StatNoBucket = true, o.statNoBucket
	return f
}

func (o *onto) Stat(context.Context, driver.Key) (files.Info, error) { return o.info, o.stat }

func (o *onto) Check(context.Context) error { return o.check }

func (o *onto) Copy(context.Context, driver.Backend, *driver.CopyRequest) (files.Info, error) {
	o.copied++
	return files.Info{}, nil
}

// copyOnto copies a file onto itself.
func copyOnto(t *testing.T, o *onto, opts *files.CopyOptions) (files.Info, error) {
	t.Helper()
	b := driver.New(o)
	return b.(driver.BucketCopier).CopyFrom(t.Context(), "f", b, "f", opts)
}

// TestCopyOntoItself: it only checks the conditions, and shares no map with the backend.
func TestCopyOntoItself(t *testing.T) {
	meta := map[string]string{"key": "value"}
	o := &onto{info: files.Info{
		Entry:      files.Entry{Version: "v"},
		Attributes: files.Attributes{Metadata: meta},
	}}
	o.Backend = mapdriver.New()
	for what, c := range map[string]struct {
		opts files.CopyOptions
		want error
	}{
		"unconditional": {},
		"its version":   {opts: files.CopyOptions{IfSource: "v", If: files.IfVersion("v")}},
		"other source":  {opts: files.CopyOptions{IfSource: "w"}, want: files.ErrPrecondition},
		"other version": {
			opts: files.CopyOptions{If: files.IfVersion("w")},
			want: files.ErrPrecondition,
		},
		"must be absent": {opts: files.CopyOptions{If: files.IfAbsent()}, want: files.ErrExist},
	} {
		info, err := copyOnto(t, o, &c.opts)
		if !errors.Is(err, c.want) || err == nil && (info.Name != "f" || info.Version != "v") {
			t.Errorf("%s: %+v, %v, want %v", what, info, err, c.want)
		}
		if err == nil {
			info.Metadata["key"] = "changed"
		}
	}
	if meta["key"] != "value" || o.copied != 0 {
		t.Errorf("the backend's metadata is %v, it copied %d times", meta, o.copied)
	}
	attrs := &files.CopyOptions{Attributes: &files.Attributes{ContentType: "x/y"}}
	if _, err := copyOnto(t, o, attrs); err != nil || o.copied != 1 {
		t.Errorf("new attributes: %v, it copied %d times", err, o.copied)
	}
}

// TestCopyOntoItselfWithoutBucket: a missing bucket isn't taken for a missing file (E3).
func TestCopyOntoItselfWithoutBucket(t *testing.T) {
	for what, c := range map[string]struct {
		stat, check, want error
		statNoBucket      bool
	}{
		"no file":   {stat: files.ErrNotExist, want: files.ErrNotExist},
		"no bucket": {stat: files.ErrNotExist, check: files.ErrNoBucket, want: files.ErrNoBucket},
		"check fails": {
			stat:  files.ErrNotExist,
			check: files.ErrUnavailable,
			want:  files.ErrNotExist,
		},
		"Stat says it": {
			stat:         files.ErrNotExist,
			check:        files.ErrNoBucket,
			statNoBucket: true,
			want:         files.ErrNotExist,
		},
		"Stat fails": {
			stat:  files.ErrPermission,
			check: files.ErrNoBucket,
			want:  files.ErrPermission,
		},
	} {
		o := &onto{
			Backend:      mapdriver.New(),
			stat:         c.stat,
			check:        c.check,
			statNoBucket: c.statNoBucket,
		}
		if _, err := copyOnto(t, o, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	b := driver.New(&onto{Backend: mapdriver.New()}).(driver.BucketCopier)
	if _, err := b.CopyFrom(t.Context(), "f", nil, "f", nil); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("no source: %v, want ErrInvalid", err)
	}
}
