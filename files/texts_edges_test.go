package files_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/guard"
)

// TestSecretsInOddPlaces: a secret is hidden wherever the text has it, and what stands
// around it is shown.
func TestSecretsInOddPlaces(t *testing.T) {
	const key = "Zx9q8Kd73hfK29ahdKWE82hdQ"
	for text, want := range map[string]string{
		"GET https://h/?next=ftp://u:" + key + "@h2/x":  "GET https://h/?next=ftp://…@h2/x",
		"GET https://a:b@h/?next=ftp://u:" + key + "@i": "GET https://…@h/?next=ftp://…@i",
		"x https://h/p?mail=me@example.com y":           "x https://h/p?mail=me@example.com y",
		"mail to me@example.com":                        "mail to me@example.com",
		"(u:" + key + "@tcp(h))":                        "(…@tcp(h))",
		"-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n" +
			"-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\nrest": "" +
			"-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n…\nrest",
		"-----BEGIN EC PRIVATE KEY-----\n" + key + "\n-----END EC": "…",
		"got ya29." + key + "-x, then":                             "got …, then",
		"got ya29.short, then":                                     "got ya29.short, then",
		"next=f%253Fsig%253D" + key + "%2526x%253D1":               "",
		"next=f%3Fx%3D1%26sig%3D" + key:                            "",
		"next=f%253Fx%253D1%2526sig%253D" + key:                    "",
		"aAKIAABCDEFGHIJKLMNOP":                                    "aAKIAABCDEFGHIJKLMNOP",
		"key AKIAABCDEFGHIJKLMNOP.":                                "key ….",
		"key AKIAABCDEFGHIJKLMNO.":                                 "key AKIAABCDEFGHIJKLMNO.",
		"/AKIAABCDEFGHIJKLMNOP":                                    "/…",
	} {
		got := (&files.Error{Op: files.OpPut, Name: "n", Detail: text}).Error()
		if strings.Contains(got, key) {
			t.Errorf("%q is shown as %q", text, got)
		}
		if want := files.Printable(want); want != "" && !strings.HasSuffix(got, " "+want) &&
			!strings.HasSuffix(got, ": "+want) {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

// TestRedactNothing: a URL of an unknown scheme is shown only if nothing follows it.
func TestRedactNothing(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "xyz://": "xyz://", "xyz://a": "xyz://…", "xyz:": "…", "x_z://": "…",
		"Xyz://": "…", "xyz:///": "xyz://…",
	} {
		if got := files.RedactURL(in); got != want {
			t.Errorf("RedactURL(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestErrorsOfNothing: an Error without a sentinel and a cause wraps nothing, and a nil
// one is null as JSON.
func TestErrorsOfNothing(t *testing.T) {
	for _, c := range []struct {
		err  *files.Error
		want int
	}{
		{nil, 0},
		{&files.Error{Op: files.OpGet}, 0},
		{&files.Error{Op: files.OpGet, Kind: files.ErrNotExist}, 1},
		{&files.Error{Op: files.OpGet, Err: errBroken}, 1},
		{&files.Error{Op: files.OpGet, Kind: files.ErrNotExist, Err: errBroken}, 2},
	} {
		if got := c.err.Unwrap(); len(got) != c.want {
			t.Errorf("%#v wraps %v, want %d errors", c.err, got, c.want)
		}
	}
	if text, err := json.Marshal((*files.Error)(nil)); string(text) != "null" || err != nil {
		t.Errorf("a nil Error as JSON is %s, %v, want null", text, err)
	}
}

// TestTargetErrorText: the error of a file on disk that a download couldn't be written
// to doesn't show the path of the disk.
func TestTargetErrorText(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	dir := t.TempDir()
	_, err := files.DownloadFile(ctx, b, "a", filepath.Join(dir, "missing", "f"), nil)
	var e *files.Error
	if !errors.As(err, &e) || e.Err == nil {
		t.Fatalf("DownloadFile = %v, want an *Error with a cause", err)
	}
	if text := e.Err.Error(); text == "" || strings.Contains(text, dir) ||
		!strings.Contains(err.Error(), text) {
		t.Errorf("the cause prints as %q, in %q", text, err)
	}
}

// TestNameAndKey: a call with both a name and a raw key is ErrInvalidName.
func TestNameAndKey(t *testing.T) {
	b := files.Wrap(mem.New(nil), files.Hooks{})
	_, err := b.Get(ctx, "a", &files.GetOptions{Key: "k"})
	is(t, err, files.ErrInvalidName)
	_, err = b.Stat(ctx, "a", &files.StatOptions{Key: "k"})
	is(t, err, files.ErrInvalidName)
	is(t, b.Delete(ctx, "a", &files.DeleteOptions{Key: "k"}), files.ErrInvalidName)
}

// TestOpenIsGuarded: a test may forbid to open buckets, before the driver is asked, and
// after the URL is checked.
func TestOpenIsGuarded(t *testing.T) {
	var asked []string
	refuse := func(scheme string) error {
		asked = append(asked, scheme)
		return driver.Errorf(files.ErrPermission, "not in this test")
	}
	before := guard.Open.Swap(&refuse)
	defer guard.Open.Store(before)
	_, err := files.Open(ctx, "mem://x")
	is(t, err, files.ErrPermission)
	_, err = files.Open(ctx, "mem://x?unknown=1")
	is(t, err, files.ErrInvalid)
	if len(asked) != 1 || asked[0] != "mem" {
		t.Errorf("asked about %q, want mem once", asked)
	}
	d, err := files.Describe("mem://x?prefix=a/") // which opens nothing
	if err != nil || d.Scheme != "mem" || d.Package != "cloudfiles.dev/drivers/mem" ||
		d.String() != "mem://x?prefix=a/" {
		t.Errorf("Describe = %+v, %v", d, err)
	}
}

// TestRegisterLayerTwice: the panic names both packages, and a layer's error without a
// sentinel is ErrInvalid.
func TestRegisterLayerTwice(t *testing.T) {
	m := anyMux()
	own := files.Param{Name: "own"}
	wrap := func(context.Context, files.Bucket, *url.URL, string) (files.Bucket, error) {
		return nil, errBroken
	}
	m.RegisterLayer(own, "example.com/one", wrap)
	_, err := m.Open(ctx, "mem://?own=1")
	if is(t, err, files.ErrInvalid); !strings.Contains(err.Error(), "parameter own: it broke") {
		t.Errorf("Open = %v, want the parameter and the reason", err)
	}
	defer func() {
		text, _ := recover().(string)
		if !strings.Contains(text, "example.com/one") ||
			!strings.Contains(text, "example.com/two") {
			t.Errorf("the panic is %q, want one that names both packages", text)
		}
	}()
	m.RegisterLayer(own, "example.com/two", wrap)
}
