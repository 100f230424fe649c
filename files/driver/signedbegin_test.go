package driver_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestSignedUploadRefuses: what can't be begun is refused before the service keeps
// anything, with the caller's name.
func TestSignedUploadRefuses(t *testing.T) {
	boom := errors.New("boom")
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(boom)
	closed := driver.New(newPartTaker())
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	with := func(f func(p *partTaker)) files.Bucket {
		p := newPartTaker()
		f(p)
		return driver.New(p)
	}
	plain := with(func(*partTaker) {})
	for what, c := range map[string]struct {
		ctx  context.Context
		b    files.Bucket
		name string
		o    driver.SignedUploadOptions
		want error
	}{
		"no size":      {o: driver.SignedUploadOptions{Size: -1}, want: files.ErrInvalid},
		"part size":    {o: driver.SignedUploadOptions{PartSize: -1}, want: files.ErrInvalid},
		"name":         {name: "a/", want: files.ErrInvalidName},
		"context":      {ctx: ended, want: boom},
		"nil":          {b: nilBucket, want: files.ErrInvalid},
		"closed":       {b: closed, want: files.ErrClosed},
		"opaque":       {b: struct{ files.Bucket }{plain}, want: files.ErrUnsupported},
		"no parts":     {b: driver.New(mapdriver.New()), want: files.ErrUnsupported},
		"never signed": {b: driver.New(newUploader()), want: files.ErrUnsupported},
		"no version": {
			o:    driver.SignedUploadOptions{If: files.IfVersion("")},
			want: files.ErrPrecondition,
		},
		"type": {o: signedType("\n"), want: files.ErrInvalid},
		"native": {
			o:    driver.SignedUploadOptions{Native: []files.NativeOption{class("x")}},
			want: files.ErrUnsupported,
		},
		"part too large": {
			o:    driver.SignedUploadOptions{PartSize: 101 << 20},
			want: files.ErrTooLarge,
		},
		"read-only": {
			b: with(func(p *partTaker) {
				p.features = func(f *files.Features) { f.ReadOnly = true }
			}),
			want: files.ErrUnsupported,
		},
		"too large": {
			b: with(func(p *partTaker) {
				p.features = func(f *files.Features) { f.MaxSize = 2 }
			}),
			o:    driver.SignedUploadOptions{Size: 3},
			want: files.ErrTooLarge,
		},
		"the signer": {
			b:    with(func(p *partTaker) { p.errs["CanSignParts"] = []error{boom} }),
			want: boom,
		},
	} {
		if c.name == "" {
			c.name = "a"
		}
		if c.o.Size == 0 {
			c.o.Size = 1
		}
		if c.ctx == nil {
			c.ctx = t.Context()
		}
		switch c.b {
		case nil:
			c.b = plain
		case nilBucket:
			c.b = nil
		}
		u, err := driver.BeginSignedUpload(c.ctx, c.b, c.name, c.o)
		if !errors.Is(err, c.want) || u != nil || !uploadFailed(err, files.OpUpload, c.name) {
			t.Errorf("%s: %+v, %v, want %v", what, u, err, c.want)
		}
		if p, ok := driver.Unwrap(c.b).(*partTaker); ok && p.took("BeginUpload") > 0 {
			t.Errorf("%s: the upload was begun", what)
		}
	}
	if _, err := driver.BeginSignedUpload(t.Context(), plain, "a",
		driver.SignedUploadOptions{}); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("without a size: %v, want ErrInvalid", err)
	}
}

// nilBucket stands for no bucket at all in a table.
var nilBucket files.Bucket = struct{ files.Bucket }{}

func signedType(contentType string) driver.SignedUploadOptions {
	return driver.SignedUploadOptions{Attributes: files.Attributes{ContentType: contentType}}
}

// TestSignedUploadBeginFails: the error of the service is kept, and a backend that
// returns no ID has begun nothing.
func TestSignedUploadBeginFails(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		err, want error
		text      string
	}{
		{boom, boom, "boom"},
		{files.ErrUnsupported, files.ErrUnsupported, "condition"},
		{driver.Errorf(files.ErrUnsupported, "its words"), files.ErrUnsupported, "its words"},
		{driver.ErrUploadGone, files.ErrNotExist, ""},
	} {
		p := newPartTaker()
		p.errs["BeginUpload"] = []error{c.err}
		u, err := driver.BeginSignedUpload(t.Context(), driver.New(p), "a",
			driver.SignedUploadOptions{Size: 1})
		if !errors.Is(err, c.want) || u != nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("after %v BeginSignedUpload = %+v, %v, want %v", c.err, u, err, c.want)
		}
	}
	p := newPartTaker()
	p.noID = true
	u, err := driver.BeginSignedUpload(t.Context(), driver.New(p), "a",
		driver.SignedUploadOptions{Size: 1})
	if !errors.Is(err, files.ErrUnsupported) || u != nil {
		t.Errorf("no ID: %+v, %v, want ErrUnsupported", u, err)
	}
}

// TestSignedPartSize: parts are of 8 MiB, or of the size that was asked for, unless
// there would be more of them, or smaller or larger ones, than the service takes.
func TestSignedPartSize(t *testing.T) {
	const mib = 1 << 20
	service := driver.UploadLimits{MinPart: 5 * mib, MaxPart: 100 * mib, MaxParts: 20_000}
	few := driver.UploadLimits{MinPart: 1, MaxPart: 100 * mib, MaxParts: 3}
	for _, c := range []struct {
		size, asked, want int64 // 0 is ErrTooLarge
		limits            driver.UploadLimits
	}{
		{1, 0, 8 * mib, service},
		{100 * mib, 6*mib + 1, 6*mib + 1, service},
		{100 * mib, 5*mib - 1, 5 * mib, service},
		{100 * mib, 5 * mib, 5 * mib, service},
		{80_000 * mib, 0, 8 * mib, service},
		{80_000*mib + 1, 0, 9 * mib, service},
		{50_000*mib + 1, 5 * mib, 6 * mib, service},
		{1_000_000 * mib, 0, 100 * mib, service},
		{1_000_000*mib + 1, 0, 0, service},
		{1, 100 * mib, 100 * mib, service},
		{1, 100*mib + 1, 0, service},
		{3, 1, 1, few},
		{4, 1, mib, few},
		{24 * mib, 0, 8 * mib, few},
		{24*mib + 1, 0, 9 * mib, few},
	} {
		p := newPartTaker()
		p.limits = c.limits
		u, err := driver.BeginSignedUpload(t.Context(), driver.New(p), "a",
			driver.SignedUploadOptions{Size: c.size, PartSize: c.asked})
		switch {
		case c.want == 0:
			if !errors.Is(err, files.ErrTooLarge) || p.took("BeginUpload") > 0 {
				t.Errorf("%d in parts of %d: %+v, %v, want ErrTooLarge", c.size, c.asked, u, err)
			}
		case err != nil || u.PartSize != c.want || p.last.PartSize != c.want:
			t.Errorf("%d in parts of %d: %+v, %v, want %d", c.size, c.asked, u, err, c.want)
		}
	}
}
