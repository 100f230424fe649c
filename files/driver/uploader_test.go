package driver_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// uploader is a map backend whose unfinished uploads are a list. Nothing can be sent.
type uploader struct {
	limits
	driver.PartUploader
	digests bool
	list    []driver.UnfinishedUpload
	err     error  // after the list
	asked   string // the last prefix
	opened  int    // listings that haven't ended
	closed  bool
}

func (u *uploader) Close() error { u.closed = true; return nil }

func (u *uploader) Features() files.Features {
	f := u.limits.Features()
	f.Digests = u.digests
	return f
}

func (u *uploader) UploadStore() string { return "the store" }

func (u *uploader) UploadLimits() driver.UploadLimits {
	return driver.UploadLimits{MinPart: 1, MaxPart: 1 << 20, MaxParts: 10}
}

func (u *uploader) ListUploads(_ context.Context,
	prefix string) iter.Seq2[driver.UnfinishedUpload, error] {
	u.asked = prefix
	return func(yield func(driver.UnfinishedUpload, error) bool) {
		u.opened++
		defer func() { u.opened-- }()
		for _, l := range u.list {
			if !yield(l, nil) {
				return
			}
		}
		if u.err != nil {
			yield(driver.UnfinishedUpload{}, u.err)
		}
	}
}

func newUploader() *uploader {
	return &uploader{limits: limits{Backend: mapdriver.New(), max: 8}}
}

// unfinished collects a listing of uploads.
func unfinished(ctx context.Context, b files.Bucket, dir, prefix string) (names []string,
	err error) {
	for u, e := range driver.UnfinishedUploads(ctx, b, dir, prefix) {
		if err != nil {
			return names, errors.New("an upload after the error")
		}
		if err = e; err == nil {
			names = append(names, u.Name)
		}
	}
	return names, err
}

// TestUnfinishedUploads: a listing of uploads has only legal names, ends with the
// backend's error, ends if the caller stops, and checks what every operation checks.
func TestUnfinishedUploads(t *testing.T) {
	u := newUploader()
	when := time.Date(2024, 2, 29, 11, 0, 0, 0, time.UTC)
	u.list = []driver.UnfinishedUpload{
		{
			Name: "dir/a",
			ID:   "1",
			Time: when,
			Size: 5,
		},
		{Name: "dir//b", ID: "2"},
		{Name: "dir/c", ID: "3"},
	}
	b := driver.New(u)
	names, err := unfinished(t.Context(), b, "dir", "x")
	if want := []string{"dir/a", "dir/c"}; !slices.Equal(names, want) || err != nil ||
		u.asked != "dir/x" {
		t.Errorf("%q, %v, of the prefix %q; want %q and dir/x", names, err, u.asked, want)
	}
	if _, err := unfinished(t.Context(), b, "", "x"); err != nil || u.asked != "x" {
		t.Errorf("%v, of the prefix %q, want x", err, u.asked)
	}
	for got, err := range driver.UnfinishedUploads(t.Context(), b, "dir", "") {
		if got != u.list[0] || err != nil {
			t.Errorf("%+v, %v, want %+v", got, err, u.list[0])
		}
		break
	}
	u.err = files.ErrUnavailable
	names, err = unfinished(t.Context(), b, "dir", "")
	if e, ok := errors.AsType[*files.Error](err); len(names) != 2 || !ok ||
		e.Op != files.OpUpload || e.Name != "dir" || !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("%q, %#v, want two names and ErrUnavailable", names, err)
	}
	if u.opened != 0 {
		t.Errorf("%d listings haven't ended", u.opened)
	}

	boom := errors.New("boom")
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(boom)
	closed := driver.New(newUploader())
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		ctx  context.Context
		b    files.Bucket
		dir  string
		want error
	}{
		"no context": {b: b, want: files.ErrInvalid},
		"context":    {ctx: ended, b: b, want: boom},
		"directory":  {ctx: t.Context(), b: b, dir: "a//b", want: files.ErrInvalidName},
		"closed":     {ctx: t.Context(), b: closed, want: files.ErrClosed},
		"no uploads": {
			ctx:  t.Context(),
			b:    driver.New(mapdriver.New()),
			want: files.ErrUnsupported,
		},
		"opaque": {
			ctx:  t.Context(),
			b:    struct{ files.Bucket }{b},
			want: files.ErrUnsupported,
		},
	} {
		if names, err := unfinished(c.ctx, c.b, c.dir, ""); !errors.Is(err, c.want) ||
			len(names) > 0 {
			t.Errorf("%s: %q, %v, want %v", what, names, err, c.want)
		}
	}
	if err := b.Close(); err != nil || !u.closed {
		t.Errorf("the backend is closed: %v, %v; a listing holds it", u.closed, err)
	}
}

// TestWithUploader: a step of an upload gets the backend and the name, once the name and
// the context are legal, and its error says where it happened.
func TestWithUploader(t *testing.T) {
	u := newUploader()
	b := driver.New(u)
	boom := errors.New("boom")
	err := driver.WithUploader(t.Context(), b, "dir/f",
		func(_ context.Context, to *driver.Uploader) error {
			if to.Name != "dir/f" || to.PartUploader != driver.PartUploader(u) {
				t.Errorf("the name is %q, the backend %v", to.Name, to.PartUploader)
			}
			if s := to.Store(); !strings.HasPrefix(s, "the store") ||
				!strings.HasSuffix(s, "dir/f") {
				t.Errorf("the store is %q", s)
			}
			return boom
		})
	if e, ok := errors.AsType[*files.Error](err); !ok || e.Op != files.OpUpload ||
		e.Name != "dir/f" || !errors.Is(err, boom) {
		t.Errorf("%#v, want boom", err)
	}
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(boom)
	for what, c := range map[string]struct {
		ctx  context.Context
		b    files.Bucket
		name string
		want error
	}{
		"no context": {b: b, name: "f", want: files.ErrInvalid},
		"context":    {ctx: ended, b: b, name: "f", want: boom},
		"name":       {ctx: t.Context(), b: b, name: "a//b", want: files.ErrInvalidName},
		"no uploads": {
			ctx:  t.Context(),
			b:    driver.New(mapdriver.New()),
			name: "f",
			want: files.ErrUnsupported,
		},
		"opaque": {
			ctx:  t.Context(),
			b:    struct{ files.Bucket }{b},
			name: "f",
			want: files.ErrUnsupported,
		},
	} {
		if err := driver.WithUploader(c.ctx, c.b, c.name,
			func(context.Context, *driver.Uploader) error {
				t.Errorf("%s: the step is made", what)
				return nil
			}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

// prepare prepares an upload of 3 bytes to f.txt, or of another size.
func prepare(t *testing.T, u *uploader, size int64, opts *files.PutOptions) (up *driver.Upload,
	err error) {
	t.Helper()
	werr := driver.WithUploader(t.Context(), driver.New(u), "f",
		func(_ context.Context, to *driver.Uploader) error {
			up, err = to.Prepare(opts, size, []byte("%PDF-1.4"))
			return nil
		})
	if werr != nil {
		t.Fatal(werr)
	}
	return up, err
}

// TestPrepareUpload: an upload is checked as a Put is.
func TestPrepareUpload(t *testing.T) {
	for what, c := range map[string]struct {
		size int64
		opts files.PutOptions
		want error
	}{
		"too large": {size: 9, want: files.ErrTooLarge},
		"metadata": {
			opts: files.PutOptions{Attributes: files.Attributes{
				Metadata: map[string]string{"a": "1", "A": "2"},
			}},
			want: files.ErrInvalid,
		},
		"condition": {
			opts: files.PutOptions{If: files.IfVersion("")},
			want: files.ErrPrecondition,
		},
		"native": {
			opts: files.PutOptions{Native: []files.NativeOption{class("x")}},
			want: files.ErrUnsupported,
		},
	} {
		if up, err := prepare(t, newUploader(), c.size, &c.opts); !errors.Is(err, c.want) ||
			up != nil {
			t.Errorf("%s: %+v, %v, want %v", what, up, err, c.want)
		}
	}
	plain := newUploader()
	plain.noAttributes = true
	o := &files.PutOptions{Attributes: files.Attributes{CacheControl: "no-cache"}}
	if up, err := prepare(t, plain, 3, o); !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("no attributes: %+v, %v, want ErrUnsupported", up, err)
	}
	o.If = files.IfAbsent()
	up, err := prepare(t, newUploader(), 8, o)
	if err != nil || up.Name != "f" || up.Size != 8 || !up.TypeFound ||
		up.Attributes.ContentType != "application/pdf" ||
		up.Attributes.CacheControl != "no-cache" || up.If != o.If {
		t.Errorf("Prepare = %+v, %v, want the upload of f with its attributes", up, err)
	}
	o.Attributes.ContentType = "x/y"
	if up, err := prepare(t, newUploader(), 8, o); err != nil || up.TypeFound ||
		up.Attributes.ContentType != "x/y" {
		t.Errorf("a type is given: %+v, %v", up, err)
	}
	if _, err := prepare(t, newUploader(), 8, nil); err != nil {
		t.Errorf("no options: %v", err)
	}
}

// TestUploadInfo: the Info of an upload is complete, as a Put's is, whatever the backend
// returns.
func TestUploadInfo(t *testing.T) {
	up := &driver.Upload{
		Size:   7,
		Digest: files.Digest{CRC32C: "00000001"},
		Attributes: files.Attributes{
			ContentType:  "x/y",
			CacheControl: "no-cache",
		},
	}
	wrong := files.Info{Entry: files.Entry{
		Name:    "wrong",
		IsDir:   true,
		Key:     "key",
		Size:    1,
		Version: "v",
	}}
	info := func(u *uploader) (got files.Info) {
		t.Helper()
		if err := driver.WithUploader(t.Context(), driver.New(u), "f",
			func(_ context.Context, to *driver.Uploader) error {
				got = to.Info(up, wrong)
				return nil
			}); err != nil {
			t.Fatal(err)
		}
		if got.Name != "f" || got.IsDir || got.Key != "" || got.Size != 7 || got.Version != "v" ||
			got.ContentType != "x/y" {
			t.Errorf("Info = %+v, want f of version v with its attributes", got)
		}
		return got
	}
	u := newUploader()
	u.digests = true
	if got := info(u); got.Digest != up.Digest || got.CacheControl != "no-cache" {
		t.Errorf("Info = %+v, want the digest and the headers of the upload", got)
	}
	u = newUploader()
	u.noAttributes = true
	if got := info(u); !got.Digest.IsZero() || got.CacheControl != "" {
		t.Errorf("without digests and attributes: %+v", got)
	}
}

// TestUploadLeft: the error of an upload that may be left keeps its kind and its own
// words, and names the upload.
func TestUploadLeft(t *testing.T) {
	for _, err := range []error{
		driver.Errorf(files.ErrUnavailable, "the service is down"),
		context.Canceled,
		errors.New("something else"),
	} {
		left := driver.UploadLeft(err, "id-17")
		text, words := left.Error(), err.Error()
		if kind := files.KindOf(err); kind != nil {
			if !errors.Is(left, kind) {
				t.Errorf("%v is not %v", left, kind)
			}
			e, ok := errors.AsType[*files.Error](driver.NewError(files.OpPut, "f", left))
			if !ok {
				t.Fatalf("NewError of %#v is no *files.Error", left)
			}
			text, words = e.Detail, "the service is down"
		}
		if !errors.Is(left, err) || !strings.Contains(text, words) ||
			!strings.Contains(text, "id-17") {
			t.Errorf("%q does not say %q and id-17", text, words)
		}
	}
}

// limited is a backend with other limits.
type limited struct {
	*uploader
	is driver.UploadLimits
}

func (l limited) UploadLimits() driver.UploadLimits { return l.is }

// TestImpossibleUploadLimits: a driver whose limits allow no upload has none.
func TestImpossibleUploadLimits(t *testing.T) {
	for _, c := range []struct {
		is driver.UploadLimits
		ok bool
	}{
		{is: driver.UploadLimits{}},
		{is: driver.UploadLimits{MinPart: 1, MaxPart: 1}},
		{is: driver.UploadLimits{MaxParts: 1}},
		{is: driver.UploadLimits{MinPart: 2, MaxPart: 1, MaxParts: 1}},
		{is: driver.UploadLimits{MinPart: 1, MaxPart: 1, MaxParts: 1}, ok: true},
		{is: driver.UploadLimits{MaxPart: 1, MaxParts: 1}, ok: true},
	} {
		called := false
		err := driver.WithUploader(t.Context(), driver.New(limited{newUploader(), c.is}), "a",
			func(context.Context, *driver.Uploader) error {
				called = true
				return nil
			})
		if called != c.ok || c.ok != (err == nil) ||
			!c.ok && !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%+v: %v, called: %v; want that it is called: %v", c.is, err, called, c.ok)
		}
	}
}

// TestPartsOfAnUpload: an empty content is one part, and a content of full parts has no
// empty one at its end.
func TestPartsOfAnUpload(t *testing.T) {
	for _, c := range []struct {
		size, part int64
		want       int
	}{{0, 1, 1}, {0, 8, 1}, {1, 1, 1}, {2, 1, 2}, {8, 8, 1}, {9, 8, 2}, {16, 8, 2}} {
		u := driver.Upload{Size: c.size, PartSize: c.part}
		if got := u.Parts(); got != c.want {
			t.Errorf("%d bytes in parts of %d are %d parts, want %d", c.size, c.part, got, c.want)
		}
	}
}

// TestCheckDirLength: a directory has at most as many bytes as a name.
func TestCheckDirLength(t *testing.T) {
	for n, ok := range map[int]bool{files.MaxName: true, files.MaxName + 1: false} {
		dir := strings.Repeat("x", n)
		got, err := driver.CheckDir(dir)
		if ok && (got != dir || err != nil) || !ok && !errors.Is(err, files.ErrInvalidName) {
			t.Errorf("a directory of %d bytes: %q, %v", n, got, err)
		}
	}
}
