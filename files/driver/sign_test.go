package driver_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// claimsSigning claims to sign, and can't.
type claimsSigning struct{ *mapdriver.Backend }

func (c claimsSigning) Features() files.Features {
	f := c.Backend.Features()
	f.SignGet, f.SignPut = true, true
	return f
}

// signer signs, and notes what.
type signer struct {
	claimsSigning
	name string
	o    files.SignOptions
	err  error
}

func (s *signer) SignURL(_ context.Context, name string,
	o files.SignOptions) (files.SignedURL, error) {
	s.name, s.o = name, o
	return files.SignedURL{URL: "https://host/signed"}, s.err
}

// TestSignURL: the backend gets method and expiry, also if the caller gives none, and is
// not asked for what it doesn't claim. The error names the operation that would be
// signed.
func TestSignURL(t *testing.T) {
	s := &signer{claimsSigning: claimsSigning{mapdriver.New()}}
	b := driver.New(s)
	sign := func(ctx context.Context, b files.Bucket,
		o *files.SignOptions) (files.SignedURL, error) {
		return b.(driver.BucketURLSigner).SignURL(ctx, "a", o)
	}
	got, err := sign(t.Context(), b, nil)
	if err != nil || got.URL != "https://host/signed" || s.name != "a" ||
		s.o != (files.SignOptions{Method: "GET", Expiry: 15 * time.Minute}) {
		t.Errorf("%+v, %v; the backend got %+v for %q", got, err, s.o, s.name)
	}
	o := files.SignOptions{Method: "PUT", Expiry: time.Second}
	if _, err := sign(t.Context(), b, &o); err != nil || s.o != o {
		t.Errorf("%v; the backend got %+v, want %+v", err, s.o, o)
	}
	s.o = files.SignOptions{}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	can := driver.New(claimsSigning{mapdriver.New()})
	for what, c := range map[string]struct {
		ctx  context.Context
		b    files.Bucket
		o    files.SignOptions
		want error
		op   files.Op
	}{
		"not claimed": {t.Context(), b, files.SignOptions{Method: "DELETE"},
			files.ErrUnsupported, files.OpSignDelete},
		"expiry": {t.Context(), b, files.SignOptions{Method: "PUT", Expiry: -1},
			files.ErrInvalid, files.OpSignPut},
		"method": {t.Context(), b, files.SignOptions{Method: "PATCH"},
			files.ErrInvalid, files.OpSignGet},
		"no signer": {t.Context(), can, files.SignOptions{},
			files.ErrUnsupported, files.OpSignGet},
		"nil context": {nil, b, files.SignOptions{}, files.ErrInvalid, files.OpSignGet},
		"ended":       {ended, b, files.SignOptions{}, context.Canceled, files.OpSignGet},
	} {
		got, err := sign(c.ctx, c.b, &c.o)
		e, ok := errors.AsType[*files.Error](err)
		if !errors.Is(err, c.want) || !ok || e.Op != c.op || e.Name != "a" || got.URL != "" {
			t.Errorf("%s: %+v, %v, want %v", what, got, err, c.want)
		}
	}
	if s.o != (files.SignOptions{}) {
		t.Errorf("the backend was asked for %+v", s.o)
	}
	s.err = files.ErrPermission
	if got, err := sign(t.Context(), b, nil); !errors.Is(err, s.err) || got.URL != "" {
		t.Errorf("%+v, %v, want the backend's error and no URL", got, err)
	}
}

// layered describes itself.
type layered struct {
	*mapdriver.Backend
	text string
}

func (l layered) Layer() string { return l.text }

// TestLayersDescribed: a backend's own description is shown as one printable line.
// Without one, it is called by its package, or by its type if that is in none.
func TestLayersDescribed(t *testing.T) {
	for want, back := range map[string]driver.Backend{
		"map, of 3":   layered{mapdriver.New(), "map, of 3"},
		`a\nb`:        layered{mapdriver.New(), "a\nb"},
		"driver_test": layered{mapdriver.New(), ""},
		"mapdriver":   mapdriver.New(),
		"struct { driver.Backend }": &struct{ driver.Backend }{
			Backend: mapdriver.New(),
		},
	} {
		if got := files.Layers(driver.New(back)); !slices.Equal(got, []string{want}) {
			t.Errorf("the layers are %q, want %q", got, want)
		}
	}
}
