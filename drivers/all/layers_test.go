package all

import (
	"errors"
	"net/url"
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
			t.Errorf("%s: %v, want ErrInvalid and a text with %q", raw, err,
				"parameter timeout: want a duration")
		}
	}
}

// TestCacheParam: cache= keeps what is read in the bucket of its URL, for the next
// process too, and asks the origin whether it is current.
func TestCacheParam(t *testing.T) {
	origin, store := t.TempDir(), t.TempDir()
	raw := "file://" + origin + "?cache=" + url.QueryEscape("file://"+store)
	want := func(text string) {
		t.Helper()
		b, err := files.Open(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if got, err := files.ReadString(t.Context(), b, "a", nil); err != nil || got != text {
			t.Errorf("a is %q, %v, want %q", got, err, text)
		}
		if l := files.Layers(b); !slices.ContainsFunc(l, func(s string) bool {
			return strings.HasPrefix(s, "cache ")
		}) {
			t.Errorf("the layers are %q, want a cache", l)
		}
	}
	entries := func() (n int) {
		t.Helper()
		for _, err := range open(t, "file://"+store).List(t.Context(), "", nil) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	past := open(t, "file://"+origin)
	for _, text := range []string{"first", "second"} {
		if _, err := files.PutString(t.Context(), past, "a", text, nil); err != nil {
			t.Fatal(err)
		}
		want(text)
		n := entries()
		if n == 0 {
			t.Errorf("the store has no entry after %q was read", text)
		}
		if want(text); entries() != n {
			t.Errorf("the next process stores %q again: %d entries, then %d", text, n, entries())
		}
	}
	for _, bad := range []string{"nothing", "file://" + store + "/missing", "mem://?x=1"} {
		b, err := files.Open(t.Context(), "file://"+origin+"?cache="+url.QueryEscape(bad))
		if err == nil {
			err = files.Check(t.Context(), b)
			b.Close()
		}
		if err == nil {
			t.Errorf("cache=%s: opened", bad)
		}
	}
}
