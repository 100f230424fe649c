package local

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

type fakeSigner struct{}

func (fakeSigner) SignURL(_ context.Context, name string,
	o files.SignOptions) (files.SignedURL, error) {
	return files.SignedURL{
		Method:  o.Method,
		URL:     "http://host/" + name,
		Expires: time.Unix(int64(o.Expiry/time.Second), 0),
	}, nil
}

func TestBucketUsesSigner(t *testing.T) {
	b := openBucket(t, t.TempDir(), &Options{Signer: fakeSigner{}})
	if f := b.Features(); !f.SignGet || !f.SignPut || !f.SignDelete {
		t.Errorf("Features = %+v, want all signing", f)
	}
	sub, err := files.Sub(b, "d")
	if err != nil {
		t.Fatal(err)
	}
	s, err := files.SignURL(t.Context(), sub, "x", &files.SignOptions{
		Method: "DELETE",
		Expiry: 7 * time.Second,
	})
	if err != nil || s.URL != "http://host/d/x" || s.Method != "DELETE" || s.Expires.Unix() != 7 {
		t.Errorf("SignURL = %v, %v, %v, want http://host/d/x, 7 seconds", s.URL, s.Expires, err)
	}
	if got, ok := files.As[Signer](b); !ok || got != (fakeSigner{}) {
		t.Errorf("As = %v, %v, want the Signer", got, ok)
	}
	if _, ok := files.As[Signer](sub); ok {
		t.Error("As of a Sub bucket returns the whole bucket's Signer")
	}
	none := openBucket(t, t.TempDir(), nil)
	if _, err := files.SignURL(t.Context(), none, "x",
		nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("SignURL without a Signer = %v, want ErrUnsupported", err)
	}
	if _, ok := files.As[Signer](none); ok || none.Features().SignGet {
		t.Error("As or Features of a bucket without a Signer reports one")
	}
}

// formSigner signs forms too.
type formSigner struct{ fakeSigner }

func (formSigner) SignPost(_ context.Context, name string,
	o driver.PostOptions) (driver.PostForm, error) {
	return driver.PostForm{URL: "http://host/", Fields: map[string]string{"key": name}}, nil
}

// TestBucketUsesPostSigner: a form is signed by a Signer that can, and is unsupported with
// any other.
func TestBucketUsesPostSigner(t *testing.T) {
	o := driver.PostOptions{MaxSize: 1}
	b := openBucket(t, t.TempDir(), &Options{Signer: formSigner{}})
	form, err := driver.SignPost(t.Context(), b, "d/x", o)
	if err != nil || form.Fields["key"] != "d/x" {
		t.Errorf("%+v, %v, want a form for d/x", form, err)
	}
	for _, signer := range []Signer{nil, fakeSigner{}} {
		b := openBucket(t, t.TempDir(), &Options{Signer: signer})
		_, err := driver.SignPost(t.Context(), b, "d/x", o)
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%T: %v, want ErrUnsupported", signer, err)
		}
	}
}

// In this test no function is registered: the error says which import is missing, and
// doesn't contain the path of the secret.
func TestSignerMissingImport(t *testing.T) {
	dir := filepath.ToSlash(t.TempDir())
	_, err := files.Open(t.Context(),
		"file://"+dir+"?base_url=http://host&secret_key_path=/etc/hidden")
	if !errors.Is(err,
		files.ErrInvalid) || !strings.Contains(err.Error(),
		"import _ cloudfiles.dev/drivers/local/localhttp") || strings.Contains(err.Error(),
		"hidden") {
		t.Errorf("Open = %v, want the missing import without the path", err)
	}
}

// TestSignerParameters: the URL parameters make a Signer of both, and an error names the
// parameter, without the secret.
func TestSignerParameters(t *testing.T) {
	var base string
	var secret []byte
	make := func(u *url.URL, key []byte) (Signer, error) {
		base, secret = u.String(), key
		return fakeSigner{}, nil
	}
	RegisterSigner(make)
	defer func() { signerMaker.make = nil }()
	for _, again := range []func(*url.URL, []byte) (Signer, error){make, nil} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("RegisterSigner called twice, or with nil, does not panic")
				}
			}()
			RegisterSigner(again)
		}()
	}
	dir := t.TempDir()
	key := filepath.Join(t.TempDir(), "key")
	ok(t, os.WriteFile(key, []byte("hidden"), 0o600))
	in := "file://" + filepath.ToSlash(dir) + "?"
	at := "secret_key_path=" + url.QueryEscape(key)
	b, err := files.Open(t.Context(), in+at+"&base_url=http://host/files")
	ok(t, err)
	defer b.Close()
	if base != "http://host/files" || string(secret) != "hidden" || !b.Features().SignGet {
		t.Errorf("the signer is made of %q and %q", base, secret)
	}
	for query, want := range map[string]string{
		at:                                  "belong together",
		"base_url=http://host":              "belong together",
		at + "&base_url=":                   "belong together",
		at + "&base_url=%3A%2F%2Fx":         "base_url is malformed",
		at + "x&base_url=http://host/files": "secret_key_path",
	} {
		_, err := files.Open(t.Context(), in+query)
		if files.KindOf(err) != files.ErrInvalid || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "hidden") {
			t.Errorf("Open(%s) = %v, want ErrInvalid with %q", query, err, want)
		}
	}
}
