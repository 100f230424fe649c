package driver_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// former is a backend that signs forms, and notes for which name and options.
type former struct {
	*mapdriver.Backend
	readOnly bool
	change   func(*files.Features) // of what it claims; nil for none
	err      error
	name     string
	o        driver.PostOptions
	signed   int
}

func newFormer() *former { return &former{Backend: mapdriver.New()} }

func (f *former) Features() files.Features {
	all := f.Backend.Features()
	all.SignPut, all.ReadOnly = true, f.readOnly
	if f.change != nil {
		f.change(&all)
	}
	return all
}

func (f *former) SignPost(_ context.Context, name string,
	o driver.PostOptions) (driver.PostForm, error) {
	f.name, f.o = name, o
	f.signed++
	return driver.PostForm{
		URL:    "https://host/?signature=secret",
		Fields: map[string]string{"n": strings.Repeat("x", f.signed)},
	}, f.err
}

// formWrapper is a wrapper that passes forms on in a way of its own.
type formWrapper struct {
	files.Bucket
	with func(fn func(name string) error) error
}

func (w formWrapper) WithSignPost(ctx context.Context, _ string,
	fn func(context.Context, files.Bucket, string) error) error {
	return w.with(func(name string) error { return fn(ctx, w.Bucket, name) })
}

// formRouter is a bucket that lets another one sign forms.
type formRouter struct {
	files.Bucket
	change func(*files.Features) // of what it claims; nil for none
	err    error
}

func (r formRouter) Features() files.Features {
	f := r.Bucket.Features()
	if r.change != nil {
		r.change(&f)
	}
	return f
}

func (r formRouter) RoutePost(string, driver.PostOptions) (files.Bucket, error) {
	return r.Bucket, r.err
}

// TestSignPostPasses: the backend gets the options complete, the name of the file or the
// directory, and nothing of the caller's that it could change.
func TestSignPostPasses(t *testing.T) {
	f := newFormer()
	b := driver.New(f)
	meta := map[string]string{"Key": "value"}
	o := driver.PostOptions{
		MaxSize:     5,
		ContentType: "image/",
		Attributes:  files.Attributes{CacheControl: "no-store", Metadata: meta},
	}
	form, err := driver.SignPost(t.Context(), b, "d/a", o)
	if err != nil || f.name != "d/a" {
		t.Fatalf("%v, for the name %q", err, f.name)
	}
	if strings.Contains(form.String(), "secret") || !strings.Contains(form.String(), "host") {
		t.Errorf("String is %s, want the host and no signature", form)
	}
	got := f.o
	if got.Expiry != 15*time.Minute || got.Status != 204 || got.MaxSize != 5 ||
		got.ContentType != "image/" || got.Attributes.CacheControl != "no-store" ||
		got.Attributes.ContentType != "" ||
		!maps.Equal(got.Attributes.Metadata, map[string]string{"key": "value"}) {
		t.Errorf("the backend got %+v", got)
	}
	got.Attributes.Metadata["key"] = "changed"
	if meta["Key"] != "value" || len(meta) != 1 {
		t.Errorf("the caller's metadata now is %v", meta)
	}
	o = driver.PostOptions{
		MaxSize:  5,
		MinSize:  5,
		Below:    true,
		Expiry:   time.Second,
		Status:   201,
		Redirect: "http://host/done",
	}
	if _, err := driver.SignPost(t.Context(), b, "d/e", o); err != nil || f.name != "d/e" {
		t.Errorf("below a directory: %v, for the name %q", err, f.name)
	}
	if f.o.Expiry != time.Second || f.o.Status != 201 || f.o.Redirect != o.Redirect || !f.o.Below {
		t.Errorf("the backend got %+v", f.o)
	}
	for asked, want := range map[int]int{0: 204, 200: 200, 201: 201, 204: 204} {
		_, err := driver.SignPost(t.Context(), b, "d/e", driver.PostOptions{
			MaxSize: 5,
			Status:  asked,
		})
		if err != nil || f.o.Status != want {
			t.Errorf("SignPost with status %d = %v, and the backend got %d, want nil and %d", asked,
				err, f.o.Status, want)
		}
	}
}

// TestSignPostChecks: what no service takes is refused before a backend or a wrapper is
// asked, and the error has the caller's name.
func TestSignPostChecks(t *testing.T) {
	f := newFormer()
	b := driver.New(f)
	meta := func(key, value string) files.Attributes {
		return files.Attributes{Metadata: map[string]string{key: value}}
	}
	for what, c := range map[string]struct {
		name string
		o    driver.PostOptions
		want error
	}{
		"name":      {"d/", driver.PostOptions{MaxSize: 1}, files.ErrInvalidName},
		"expiry":    {"a", driver.PostOptions{MaxSize: 1, Expiry: -1}, files.ErrInvalid},
		"no size":   {"a", driver.PostOptions{}, files.ErrInvalid},
		"negative":  {"a", driver.PostOptions{MaxSize: 1, MinSize: -1}, files.ErrInvalid},
		"sizes":     {"a", driver.PostOptions{MaxSize: 1, MinSize: 2}, files.ErrInvalid},
		"status":    {"a", driver.PostOptions{MaxSize: 1, Status: 203}, files.ErrInvalid},
		"redirects": {"a", driver.PostOptions{MaxSize: 1, Status: 303}, files.ErrInvalid},
		"redirect":  {"a", driver.PostOptions{MaxSize: 1, Redirect: "//h"}, files.ErrInvalid},
		"type":      {"a", driver.PostOptions{MaxSize: 1, ContentType: "\n"}, files.ErrInvalid},
		"two types": {"a", typed("a/b", ""), files.ErrInvalid},
		"its name":  {"${filename}", driver.PostOptions{MaxSize: 1}, files.ErrUnsupported},
		"its type":  {"a", typed("", "${filename}/"), files.ErrUnsupported},
		"bad value": {"a", attributed(meta("k", "\xff")), files.ErrInvalid},
		"its value": {"a", attributed(meta("k", "${filename}")), files.ErrUnsupported},
		"its header": {
			"a",
			attributed(files.Attributes{ContentDisposition: "${filename}"}),
			files.ErrUnsupported,
		},
	} {
		_, err := driver.SignPost(t.Context(), b, c.name, c.o)
		e, ok := errors.AsType[*files.Error](err)
		if !errors.Is(err, c.want) || !ok || e.Op != files.OpSignPut || e.Name != c.name {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	if f.signed > 0 {
		t.Errorf("the backend was asked %d times", f.signed)
	}
}

func typed(stored, form string) driver.PostOptions {
	return driver.PostOptions{
		MaxSize:     1,
		Attributes:  files.Attributes{ContentType: stored},
		ContentType: form,
	}
}

func attributed(a files.Attributes) driver.PostOptions {
	return driver.PostOptions{MaxSize: 1, Attributes: a}
}

// TestSignPostBuckets: a form is signed only for a bucket that can, and for a wrapper
// only if the wrapper was asked.
func TestSignPostBuckets(t *testing.T) {
	f := newFormer()
	b := driver.New(f)
	closed := driver.New(newFormer())
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	readOnly := newFormer()
	readOnly.readOnly = true
	failing := newFormer()
	failing.err = files.ErrPermission
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	through := func(with func(fn func(string) error) error) files.Bucket {
		return formWrapper{Bucket: b, with: with}
	}
	notAsked := through(func(func(string) error) error { return nil })
	hashes := through(func(fn func(string) error) error { return fn("hash") })
	o := driver.PostOptions{MaxSize: 1}
	below := driver.PostOptions{MaxSize: 1, Below: true}
	noRoute := formRouter{Bucket: b, err: files.ErrPermission}
	for what, c := range map[string]struct {
		ctx  context.Context
		b    files.Bucket
		o    driver.PostOptions
		want error
	}{
		"nil":          {t.Context(), nil, o, files.ErrInvalid},
		"no forms":     {t.Context(), driver.New(mapdriver.New()), o, files.ErrUnsupported},
		"read-only":    {t.Context(), driver.New(readOnly), o, files.ErrUnsupported},
		"closed":       {t.Context(), closed, o, files.ErrClosed},
		"ended":        {ended, b, o, context.Canceled},
		"fails":        {t.Context(), driver.New(failing), o, files.ErrPermission},
		"foreign":      {t.Context(), struct{ files.Bucket }{b}, o, files.ErrUnsupported},
		"not asked":    {t.Context(), notAsked, o, files.ErrUnsupported},
		"no directory": {t.Context(), hashes, below, files.ErrUnsupported},
		"no route":     {t.Context(), noRoute, o, files.ErrPermission},
	} {
		form, err := driver.SignPost(c.ctx, c.b, "a", c.o)
		if !errors.Is(err, c.want) || form.URL != "" {
			t.Errorf("%s: %+v, %v, want %v", what, form, err, c.want)
		}
	}
	if f.signed > 0 {
		t.Errorf("the backend was asked %d times", f.signed)
	}
	twice := through(func(fn func(string) error) error { return errors.Join(fn("in"), fn("in")) })
	form, err := driver.SignPost(t.Context(), twice, "a", o)
	if err != nil || f.name != "in" || f.signed != 2 || form.Fields["n"] != "x" {
		t.Errorf("two calls: %+v, %v, for the name %q, want the first form", form, err, f.name)
	}
	form, err = driver.SignPost(t.Context(), formRouter{Bucket: b}, "a", o)
	if err != nil || f.name != "a" || f.signed != 3 || form.Fields["n"] != "xxx" {
		t.Errorf("a route: %+v, %v, for the name %q, want the third form", form, err, f.name)
	}
}

// TestSignPostFeatures: a form stores nothing that a Put through the bucket, through a
// wrapper around it or through a router to it can't, to the byte.
func TestSignPostFeatures(t *testing.T) {
	small := func(f *files.Features) { f.MaxSize = 9 }
	bare := func(f *files.Features) { f.Attributes = false }
	typed := typed("", "text/")
	typed.MaxSize = 9
	metadata := attributed(files.Attributes{Metadata: map[string]string{"k": "v"}})
	for what, c := range map[string]struct {
		change func(*files.Features)
		o      driver.PostOptions
		want   error
	}{
		"the bucket's size": {small, driver.PostOptions{MaxSize: 9}, nil},
		"one byte more":     {small, driver.PostOptions{MaxSize: 10}, files.ErrTooLarge},
		"a type":            {bare, typed, nil},
		"metadata":          {bare, metadata, files.ErrUnsupported},
	} {
		for _, how := range []string{"alone", "wrapped", "routed"} {
			f := newFormer()
			b := driver.New(f)
			switch how {
			case "alone":
				f.change = c.change
				b = driver.New(f)
			case "wrapped":
				b = claiming{formWrapper{
					Bucket: b,
					with:   func(fn func(name string) error) error { return fn("a") },
				}, c.change}
			case "routed":
				b = formRouter{Bucket: b, change: c.change}
			}
			_, err := driver.SignPost(t.Context(), b, "a", c.o)
			if signed := f.signed == 1; !errors.Is(err, c.want) || signed != (c.want == nil) {
				t.Errorf("%s, %s: %v, want %v; %d forms were signed", what, how, err, c.want,
					f.signed)
			}
		}
	}
}

// claiming is a wrapper that claims less.
type claiming struct {
	formWrapper
	change func(*files.Features)
}

func (c claiming) Features() files.Features {
	f := c.formWrapper.Features()
	c.change(&f)
	return f
}
