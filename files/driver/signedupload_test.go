package driver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/examples/mapdriver"
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
		{files.Errorf(files.ErrUnsupported, "its words"), files.ErrUnsupported, "its words"},
		{driver.ErrUploadGone, files.ErrNotExist, ""},
	} {
		p := newPartTaker()
		p.errs["BeginUpload"] = []error{c.err}
		u, err := driver.BeginSignedUpload(t.Context(), driver.New(p), "a",
			driver.SignedUploadOptions{Size: 1})
		if !errors.Is(err, c.want) || u != nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%v: %+v, %v", c.err, u, err)
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
