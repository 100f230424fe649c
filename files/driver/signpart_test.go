package driver_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestSignPartRefuses: no part is signed of an upload that is damaged or isn't the
// bucket's, for a number that it doesn't have, or if the backend can't.
func TestSignPartRefuses(t *testing.T) {
	boom := errors.New("boom")
	p := newPartTaker()
	b := driver.New(p)
	good := beginSigned(t, b, "a", "0123456789", driver.SignedUploadOptions{})
	for what, c := range map[string]struct {
		change func(u *driver.SignedUpload)
		step   func()
		n      int
		expiry time.Duration
		want   error
	}{
		"part 0":     {n: 0, want: files.ErrInvalid},
		"part 4":     {n: 4, want: files.ErrInvalid},
		"expiry":     {n: 1, expiry: -1, want: files.ErrInvalid},
		"no ID":      {n: 1, change: func(u *driver.SignedUpload) { u.ID = "" }},
		"no size":    {n: 1, change: func(u *driver.SignedUpload) { u.Size = 0 }},
		"part size":  {n: 1, change: func(u *driver.SignedUpload) { u.PartSize = 0 }},
		"many parts": {n: 1, change: func(u *driver.SignedUpload) { u.Size = 40_001 }},
		"conditions": {
			n:      1,
			change: func(u *driver.SignedUpload) { u.IfAbsent, u.IfVersion = true, "v" },
		},
		"target":     {n: 1, change: func(u *driver.SignedUpload) { u.Target += "x" }},
		"other name": {n: 1, change: func(u *driver.SignedUpload) { u.Name = "b" }},
		"name": {
			n:      1,
			change: func(u *driver.SignedUpload) { u.Name = "b/" },
			want:   files.ErrInvalidName,
		},
		"can't": {n: 1, step: func() { p.errs["CanSignParts"] = []error{boom} }, want: boom},
		"fails": {n: 1, step: func() { p.errs["SignPart"] = []error{boom} }, want: boom},
		"empty": {n: 1, step: func() { p.noURL = true }, want: files.ErrUnsupported},
	} {
		u := *good
		if c.change != nil {
			c.change(&u)
		}
		if c.step != nil {
			c.step()
		}
		if c.want == nil {
			c.want = files.ErrInvalid
		}
		before := p.took("SignPart")
		s, err := driver.SignPart(t.Context(), b, &u, c.n, c.expiry)
		if !errors.Is(err, c.want) || s.URL != "" || s.Method != "" {
			t.Errorf("%s: %+v, %v, want %v", what, s, err, c.want)
		}
		if c.step == nil && p.took("SignPart") > before {
			t.Errorf("%s: the backend signed", what)
		}
		if c.change == nil && !uploadFailed(err, files.OpSignPut, u.Name) {
			t.Errorf("%s: %#v, want the name", what, err)
		}
	}
	p.noURL = false
	if s, err := driver.SignPart(t.Context(), b, good, 3, 0); err != nil || s.URL == "" {
		t.Errorf("the last part: %v, %v", s, err)
	}
	most := *good
	most.Size = 40_000
	if s, err := driver.SignPart(t.Context(), b, &most, 10_000, 0); err != nil || s.URL == "" {
		t.Errorf("the last of 10,000 parts: %v, %v", s, err)
	}
	changed := *good
	changed.Size = 0
	calls := map[string]func(u *driver.SignedUpload) error{
		"SignPart": func(u *driver.SignedUpload) error {
			_, err := driver.SignPart(t.Context(), b, u, 1, 0)
			return err
		},
		"SignedParts": func(u *driver.SignedUpload) error {
			_, err := driver.SignedParts(t.Context(), b, u)
			return err
		},
		"CompleteSignedUpload": func(u *driver.SignedUpload) error {
			_, err := driver.CompleteSignedUpload(t.Context(), b, u)
			return err
		},
		"AbortSignedUpload": func(u *driver.SignedUpload) error {
			return driver.AbortSignedUpload(t.Context(), b, u)
		},
	}
	for what, call := range calls {
		op := files.OpUpload
		if what == "SignPart" {
			op = files.OpSignPut
		}
		p.steps = nil
		for _, u := range []*driver.SignedUpload{nil, &changed} {
			if err := call(u); !errors.Is(err, files.ErrInvalid) || !uploadFailed(err, op, "") {
				t.Errorf("%s of %+v: %v, want ErrInvalid", what, u, err)
			}
		}
		foreign := *good
		foreign.Target = "x"
		if err := call(&foreign); !errors.Is(err, files.ErrInvalid) || !uploadFailed(err, op, "a") {
			t.Errorf("%s of another bucket's upload: %v, want ErrInvalid", what, err)
		}
		if len(p.steps) > 0 {
			t.Errorf("%s: the backend was asked: %v", what, p.steps)
		}
	}
}

// TestReceivePart: a part's content is read once. A wrapper that repeats the step gets
// the first error, never success.
func TestReceivePart(t *testing.T) {
	p := newPartTaker()
	b := driver.New(p)
	u := beginSigned(t, b, "a", "0123456789", driver.SignedUploadOptions{})
	again := files.Wrap(b, files.Hooks{
		Uploads: true,
		Around: func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			if err := next(ctx); err == nil {
				return nil
			}
			return next(ctx)
		},
	})
	receivePart := func(b files.Bucket, content string) (string, error) {
		return driver.ReceivePart(t.Context(), b, "a", u.ID, 1, 4,
			bytes.NewReader([]byte(content)))
	}
	p.errs["ReceivePart"] = []error{files.ErrUnavailable}
	tag, err := receivePart(again, "0123")
	if !errors.Is(err, files.ErrUnavailable) || tag != "" || p.took("ReceivePart") != 1 ||
		!uploadFailed(err, files.OpUpload, "a") {
		t.Errorf("%q, %v, after %d calls, want ErrUnavailable after 1", tag, err,
			p.took("ReceivePart"))
	}
	if tag, err := receivePart(again, "012"); !errors.Is(err, files.ErrCorrupt) || tag != "" {
		t.Errorf("a short part: %q, %v, want ErrCorrupt", tag, err)
	}
	if tag, err := receivePart(again, "0123"); err != nil || tag != "tag-1" ||
		!p.last.Signed || p.last.ID != u.ID || p.last.Name != "a" ||
		string(p.uploads[u.ID][1]) != "0123" {
		t.Errorf("%q, %v, of %+v", tag, err, p.last)
	}
	p.errs["ReceivePart"] = []error{driver.ErrUploadGone}
	if tag, err := receivePart(again, "0123"); !errors.Is(err, files.ErrNotExist) || tag != "" {
		t.Errorf("an upload that is gone: %q, %v, want ErrNotExist", tag, err)
	}
	for what, c := range map[string]struct {
		b    files.Bucket
		want error
	}{
		"no receiver": {driver.New(newUploader()), files.ErrUnsupported},
		"no uploads":  {driver.New(mapdriver.New()), files.ErrUnsupported},
		"nil":         {nil, files.ErrInvalid},
	} {
		if tag, err := receivePart(c.b, "0123"); !errors.Is(err, c.want) || tag != "" {
			t.Errorf("%s: %q, %v, want %v", what, tag, err, c.want)
		}
	}
}
