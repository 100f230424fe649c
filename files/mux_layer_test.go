package files_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// layerMux has the scheme mem, and the scheme own, which has a parameter timeout
// itself. Its layers show their names in Layers, and closed is called when the driver's
// bucket is closed.
func layerMux(t *testing.T, seen *url.URL, closed func()) *files.Mux {
	var m files.Mux
	open := func(_ context.Context, u *url.URL) (files.Bucket, error) {
		*seen = *u
		b := mem.New(nil)
		return noted{b, closed}, nil
	}
	m.Register(files.Scheme{
		Name:    "mem",
		Package: "example.com/mem",
		Example: "mem://",
		Open:    open,
	})
	m.Register(files.Scheme{
		Name:    "own",
		Package: "example.com/own",
		Example: "own://host",
		Params:  []files.Param{{Name: "timeout", Values: "duration", Doc: "its own"}},
		Open:    open,
	})
	for _, name := range []string{"zeta", "cache", "alpha", "timeout"} { // in no order
		m.RegisterLayer(
			files.Param{Name: name, Values: "duration|on", Doc: "a layer"},
			"example.com/"+name,
			func(_ context.Context, b files.Bucket, u *url.URL,
				value string) (files.Bucket, error) {
				if u.Query().Has(name) {
					t.Errorf("%s sees its own parameter in %s", name, u)
				}
				switch value {
				case "bad":
					return nil, driver.Errorf(files.ErrInvalid, "want a duration")
				case "nothing":
					return nil, nil
				case "deep":
					b = files.Wrap(b, files.Hooks{Layer: name + " inside"})
				}
				return files.Wrap(b, files.Hooks{Layer: name + " " + value}), nil
			})
	}
	return &m
}

type noted struct {
	files.Bucket
	closed func()
}

func (c noted) Close() error {
	c.closed()
	return c.Bucket.Close()
}

func (c noted) Layers() []string { return []string{"mem"} }

// TestLayerParams: the stack has one order, whatever the order in the URL, and Layers
// and Describe show it. The driver gets none of the parameters, and is closed once.
func TestLayerParams(t *testing.T) {
	var seen url.URL
	closes := 0
	m := layerMux(t, &seen, func() { closes++ })
	params := []string{
		"readonly=true", "timeout=5s", "cache=deep", "prefix=a/", "alpha=1s", "zeta=2s",
	}
	want := []string{
		"readonly", `prefix "a/"`, "zeta 2s", "alpha 1s", "cache deep", "cache inside",
		"timeout 5s", "mem",
	}
	for range 4 {
		params = append(params[1:], params[0])
		raw := "mem://?" + strings.Join(params, "&")
		b, err := m.Open(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		got := files.Layers(b)
		if !slices.Equal(got[2:], want[2:]) || got[0] != want[0] || seen.RawQuery != "" {
			t.Errorf("%s: %q, want %q; the driver sees %q", raw, got, want, seen.RawQuery)
		}
		d, err := m.Describe(raw)
		shown := []string{
			"readonly=true", "prefix=a%2F", "zeta=2s", "alpha=1s", "cache=…", "timeout=5s", "mem",
		}
		if err != nil || !slices.Equal(d.Layers, shown) {
			t.Errorf("Describe: %q, %v, want %q", d.Layers, err, shown)
		}
		if strings.Contains(d.URL, "deep") || !strings.Contains(d.URL, "timeout=5s") {
			t.Errorf("the URL is shown as %s", d.URL)
		}
		_, err = files.PutString(t.Context(), b, "x", "x", nil)
		is(t, err, files.ErrPermission)
		closes = 0
		if err := b.Close(); err != nil || closes != 1 {
			t.Errorf("Close: %v; the driver's bucket is closed %d times, want no error and 1",
				err, closes)
		}
		_, err = b.Stat(t.Context(), "x", nil)
		is(t, err, files.ErrClosed)
	}
	for raw, want := range map[string]string{
		"own://h?timeout=5s": "mem", // the scheme's own
		"own://h?cache=on":   "cache on, mem",
		"mem://?readonly=0":  "mem",
	} {
		b, err := m.Open(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(files.Layers(b), ", "); got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
		if own := strings.HasPrefix(raw, "own://h?timeout"); own != seen.Query().Has("timeout") {
			t.Errorf("%s: the driver sees %q", raw, seen.RawQuery)
		}
		b.Close()
	}
}

// TestLayerParamsRefused: the error for a parameter without its package names the
// import, no error shows a wrong value, and nothing is left open.
func TestLayerParamsRefused(t *testing.T) {
	var seen url.URL
	open := 0
	m := layerMux(t, &seen, func() { open-- })
	bare := anyMux()
	for _, tt := range []struct {
		m        *files.Mux
		raw, why string
	}{
		{bare, "mem://?timeout=5s", `parameter "timeout" belongs to a layer; the program must ` +
			`import _ cloudfiles.dev/files/timeout`},
		{bare, "mem://?cache=/tmp", "import _ cloudfiles.dev/files/cache"},
		{bare, "mem://?cach=on", `unknown parameter "cach"; mem:// knows key, prefix, readonly`},
		{bare, "mem://?readonly=maybe", "parameter readonly is malformed; want true or false"},
		{bare, "mem://?readonly=", `parameter "readonly" is empty`},
		{bare, "mem://?readonly=1&readonly=1", "is given 2 times"},
		{m, "mem://?timeout=", `parameter "timeout" is empty`},
		{m, "mem://?timeout=bad&cache=on", "parameter timeout: want a duration"},
		{m, "mem://?cache=nothing", "parameter cache: its package returned no bucket"},
		{m, "mem://?timeout=1s&timeout=2s", "is given 2 times"},
		{m, "mem://?tiemout=1s", "knows alpha, cache, key, prefix, readonly, timeout, zeta"},
	} {
		open = 1 // if the driver opens a bucket, the bucket is closed again
		seen = url.URL{}
		_, err := tt.m.Open(t.Context(), tt.raw)
		if err == nil || !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%s: %v, want %s", tt.raw, err, tt.why)
		}
		if !errors.Is(err, files.ErrInvalid) && !errors.Is(err, files.ErrUnsupported) {
			t.Errorf("Open of %s: %v, want ErrInvalid or ErrUnsupported", tt.raw, err)
		}
		if opened := seen.Scheme != ""; opened != (open == 0) {
			t.Errorf("%s: opened is %v, and %d are left", tt.raw, opened, open)
		}
	}
	wrap := func(context.Context, files.Bucket, *url.URL, string) (files.Bucket, error) {
		return nil, nil
	}
	for what, l := range map[string]struct {
		name string
		wrap func(context.Context, files.Bucket, *url.URL, string) (files.Bucket, error)
	}{
		"no name":       {"", wrap},
		"no function":   {"x", nil},
		"a common name": {"prefix", wrap},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is registered", what)
				}
			}()
			m.RegisterLayer(files.Param{Name: l.name}, "example.com/l", l.wrap)
		}()
	}
}
