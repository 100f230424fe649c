package driver_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestSignedUpload: each step reaches the backend with the whole upload, as another
// process decoded it, and the file has what BeginSignedUpload was told.
func TestSignedUpload(t *testing.T) {
	p := newPartTaker()
	below := driver.New(p)
	b, err := files.Sub(below, "in")
	if err != nil {
		t.Fatal(err)
	}
	u := beginSigned(t, b, "film.mp4", "0123456789", driver.SignedUploadOptions{
		Attributes: files.Attributes{
			CacheControl: "no-store",
			Metadata:     map[string]string{"Key": "v"},
		},
		If: files.IfAbsent(),
	})
	if u.Name != "film.mp4" || u.Size != 10 || u.PartSize != 4 || u.ID != "id-1" ||
		u.Target == "" || !u.TypeFound || !u.IfAbsent || u.IfVersion != "" || u.Parts() != 3 {
		t.Errorf("the upload is %+v", u)
	}
	text, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	u = &driver.SignedUpload{}
	if err := json.Unmarshal(text, u); err != nil {
		t.Fatal(err)
	}
	check := func(step string) {
		t.Helper()
		l := p.last
		if l.Name != "in/film.mp4" || l.ID != "id-1" || l.Size != 10 || l.PartSize != 4 ||
			!l.Signed || !l.TypeFound || !l.If.Absent() ||
			l.Attributes.ContentType != "video/mp4" ||
			l.Attributes.CacheControl != "no-store" || l.Attributes.Metadata["key"] != "v" {
			t.Errorf("%s got %+v", step, l)
		}
	}
	for expiry, want := range map[time.Duration]time.Duration{
		0:           15 * time.Minute,
		time.Second: time.Second,
	} {
		s, err := driver.SignPart(t.Context(), b, u, 3, expiry)
		if err != nil || s.URL != "https://host/in/film.mp4/id-1/3" || p.expiry != want {
			t.Errorf("SignPart: %v, %v, for %v, want %v", s.URL, err, p.expiry, want)
		}
		check("SignPart")
	}
	parts, err := driver.SignedParts(t.Context(), b, u)
	if err != nil || parts == nil || len(parts) != 0 {
		t.Errorf("no parts: %#v, %v, want an empty list", parts, err)
	}
	receive(t, b, u, "0123456789", 3, 1)
	parts, err = driver.SignedParts(t.Context(), b, u)
	check("ListParts")
	want := []driver.SignedPart{{Number: 1, Size: 4}, {Number: 3, Size: 2}}
	if err != nil || !slices.Equal(parts, want) || !slices.Equal(u.Missing(parts), []int{2}) {
		t.Errorf("the parts are %v, %v, want %v", parts, err, want)
	}
	parts[1].Size++
	if m := u.Missing(parts); !slices.Equal(m, []int{2, 3}) {
		t.Errorf("missing are %v, want 2, and 3 of another size", m)
	}
	receive(t, b, u, "0123456789", 2)
	info, err := driver.CompleteSignedUpload(t.Context(), b, u)
	check("CompleteUpload")
	if err != nil || info.Name != "film.mp4" || info.Size != 10 || info.Version != "1" ||
		info.ContentType != "video/mp4" || info.CacheControl != "no-store" {
		t.Errorf("CompleteSignedUpload: %+v, %v", info, err)
	}
	if got, err := files.ReadAll(t.Context(), b, "film.mp4", nil); string(got) != "0123456789" {
		t.Errorf("the file is %q, %v", got, err)
	}
	again, err := driver.CompleteSignedUpload(t.Context(), b, u)
	check("FindUpload")
	if err != nil || again.Name != "film.mp4" || again.Size != 10 || again.Version != "1" ||
		p.took("CompleteUpload") != 1 {
		t.Errorf("completing again: %+v, %v, want the same Info", again, err)
	}
	if _, err := driver.SignedParts(t.Context(), below, u); !errors.Is(err, files.ErrInvalid) ||
		!uploadFailed(err, files.OpUpload, "film.mp4") {
		t.Errorf("the upload in another bucket: %v, want ErrInvalid", err)
	}
}

// TestSignedUploadType: a content type that is given stays, and without one the name
// decides, but never an empty content.
func TestSignedUploadType(t *testing.T) {
	for name, c := range map[string]struct {
		given, want string
		found       bool
	}{
		"a.png": {want: "image/png", found: true},
		"b.png": {given: "x/y", want: "x/y"},
		"c":     {given: "x/y", want: "x/y"},
		"d":     {want: "application/octet-stream"},
	} {
		p := newPartTaker()
		u := beginSigned(t, driver.New(p), name, "x", driver.SignedUploadOptions{
			Attributes: files.Attributes{ContentType: c.given},
		})
		if p.last.Attributes.ContentType != c.want || u.Attributes.ContentType != c.want ||
			u.TypeFound != c.found {
			t.Errorf("%s: %+v, want %s, found: %v", name, u, c.want, c.found)
		}
	}
}

// TestSignedUploadOfBefore: an upload that an earlier version has encoded goes on.
func TestSignedUploadOfBefore(t *testing.T) {
	const text = `{"name":"d/a.png","size":10,"partSize":4,"id":"id-1",` +
		`"target":"40d5635330a8445d7cb263ee96f3eddd","attributes":{"ContentType":"image/png"},` +
		`"typeFound":true,"ifAbsent":true}`
	p := newPartTaker()
	p.store = "the store"
	b := driver.New(p)
	u := beginSigned(t, b, "d/a.png", "0123456789", driver.SignedUploadOptions{
		If: files.IfAbsent(),
	})
	var before driver.SignedUpload
	if err := json.Unmarshal([]byte(text), &before); err != nil {
		t.Fatal(err)
	}
	if before.Target != u.Target {
		t.Errorf("the target now is %s, and was %s", u.Target, before.Target)
	}
	receive(t, b, &before, "0123456789", 1, 2, 3)
	info, err := driver.CompleteSignedUpload(t.Context(), b, &before)
	if err != nil || info.ContentType != "image/png" || !p.last.If.Absent() || !p.last.TypeFound {
		t.Errorf("%+v, %v, of %+v", info, err, p.last)
	}
}

// TestSignedPartsErrors: an error of the backend is kept, and an upload that is gone is
// ErrNotExist, which isn't worth a retry.
func TestSignedPartsErrors(t *testing.T) {
	p := newPartTaker()
	b := driver.New(p)
	u := beginSigned(t, b, "a", "0123456789", driver.SignedUploadOptions{})
	p.extra = []driver.UploadedPart{{Number: 2, Size: 1}, {Number: 2, Size: 4}}
	parts, err := driver.SignedParts(t.Context(), b, u)
	if want := []driver.SignedPart{{Number: 2, Size: 4}}; err != nil || !slices.Equal(parts, want) {
		t.Errorf("a number twice: %v, %v, want the last", parts, err)
	}
	for _, c := range []struct{ err, want error }{
		{files.ErrUnavailable, files.ErrUnavailable},
		{driver.ErrUploadGone, files.ErrNotExist},
	} {
		p.errs["ListParts"] = []error{c.err}
		parts, err := driver.SignedParts(t.Context(), b, u)
		if !errors.Is(err, c.want) || parts != nil || errors.Is(err, driver.ErrUploadGone) ||
			!uploadFailed(err, files.OpUpload, "a") {
			t.Errorf("%v: %v, %v, want %v", c.err, parts, err, c.want)
		}
	}
	if parts, err := driver.SignedParts(t.Context(), nil, u); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("no bucket: %v, %v, want ErrInvalid", parts, err)
	}
}

// TestAbortSignedUpload: the parts are removed, and it isn't an error if they are gone.
func TestAbortSignedUpload(t *testing.T) {
	p := newPartTaker()
	b := driver.New(p)
	u := sent(t, b, "a", driver.SignedUploadOptions{})
	p.errs["AbortUpload"] = []error{files.ErrPermission}
	if err := driver.AbortSignedUpload(t.Context(), b, u); !errors.Is(err, files.ErrPermission) ||
		!uploadFailed(err, files.OpUpload, "a") || len(p.uploads) != 1 {
		t.Errorf("%v, want ErrPermission", err)
	}
	if err := driver.AbortSignedUpload(t.Context(), b, u); err != nil || len(p.uploads) != 0 ||
		p.last.Name != "a" || p.last.ID != u.ID {
		t.Errorf("%v, of the upload %q of %q", err, p.last.ID, p.last.Name)
	}
	p.errs["AbortUpload"] = []error{driver.ErrUploadGone}
	if err := driver.AbortSignedUpload(t.Context(), b, u); err != nil {
		t.Errorf("an upload that is gone: %v, want nil", err)
	}
}
