package all

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestLayerParams: timeout= puts the layer around the schemes without that parameter,
// and is the driver's on the others.
func TestLayerParams(t *testing.T) {
	environment(t)
	for raw, want := range map[string]string{
		"mem://?readonly=true&timeout=5s&prefix=a/": "readonly=true, prefix=a%2F, timeout=5s, mem",
		"gocloud+mem://?timeout=1m":                 "timeout=1m, gocloud+mem",
		"s3://bucket?region=us-east-1&timeout=5s":   "s3",
		"mem://": "mem",
	} {
		d, err := files.Describe(raw)
		if err != nil || strings.Join(d.Layers, ", ") != want {
			t.Errorf("%s: %q, %v, want %s", raw, d.Layers, err, want)
		}
		b := open(t, raw)
		got := files.Layers(b)
		layer := slices.ContainsFunc(got, func(s string) bool {
			return strings.HasPrefix(s, "timeout ")
		})
		if layer != strings.Contains(want, "timeout") {
			t.Errorf("%s: the layers are %q", raw, got)
		}
	}
	for _, raw := range []string{"mem://?timeout=0s", "mem://?timeout=soon", "mem://?timeout=-1s"} {
		if _, err := files.Open(t.Context(), raw); !errors.Is(err, files.ErrInvalid) ||
			!strings.Contains(err.Error(), "parameter timeout: want a duration") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
