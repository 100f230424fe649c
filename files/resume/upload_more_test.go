package resume_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/retry"
)

// TestUploadTwo: several calls with one token at the same time all return the one file.
func TestUploadTwo(t *testing.T) {
	p := content(9, 8*part)
	for kind, b := range keepers(t) {
		token := filepath.Join(t.TempDir(), "token")
		first := uploading(token)
		first.opts.Put = &files.PutOptions{If: files.IfAbsent()}
		interrupted(t, b, p, first)
		text, err := os.ReadFile(token)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				s := uploading("")
				s.opts.Token, s.opts.Put = string(text), first.opts.Put
				if _, err := upload(t, b, p, s); err != nil {
					t.Errorf("%s: Upload with the shared token: %v", kind, err)
				}
			})
		}
		wg.Wait()
		wantStored(t, b, "dir/f", p)
		if left := unfinished(t, b); len(left) > 0 {
			t.Errorf("%s: %+v is left", kind, left)
		}
	}
}

// TestUploadPlain: on a bucket without uploads in parts Upload is one Put, and a token
// is ErrUnsupported.
func TestUploadPlain(t *testing.T) {
	p := content(10, 4*part)
	inner := mem.New(nil)
	token := filepath.Join(t.TempDir(), "token")
	interrupted(t, inner, p, uploading(token))
	text, err := os.ReadFile(token)
	if err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string]files.Bucket{
		"a struct that embeds it": struct{ files.Bucket }{inner},
		"a hook that doesn't support uploads": files.Wrap(inner, files.Hooks{Around: func(
			ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			return next(ctx)
		}}),
		"a hook that reads contents": files.Wrap(inner, files.Hooks{Content: func(
			_ context.Context, _ *files.Call, r io.Reader) io.Reader {
			return r
		}}),
	} {
		s := uploading(filepath.Join(t.TempDir(), "token"))
		if _, err := upload(t, b, p, s); err != nil || !s.has(resume.UploadPlain) {
			t.Errorf("%s: Upload has the events %v and returns %v, want one Put",
				what, s.kinds, err)
		}
		wantStored(t, inner, "dir/f", p)
		s.opts.TokenFile, s.opts.Token = "", string(text)
		if _, err := upload(t, b, p, s); !errors.Is(err, files.ErrUnsupported) {
			t.Errorf("%s, with a token: %v, want ErrUnsupported", what, err)
		}
	}
	s := uploading("")
	if _, err := upload(t, files.ReadOnly(inner), p, s); !errors.Is(err, files.ErrPermission) {
		t.Errorf("read-only: %v, want ErrPermission", err)
	}
	if _, err := upload(t, retry.Wrap(inner, nil), p, s); err != nil ||
		s.has(resume.UploadPlain) {
		t.Errorf("retried: %v, %v", s.kinds, err)
	}
}

// TestUploadErrors: bad arguments, an ended context, and a failing source or Save are
// errors, and without a token nothing is left.
func TestUploadErrors(t *testing.T) {
	p := content(11, 8*part)
	for kind, b := range keepers(t) {
		for what, o := range map[string]*resume.UploadOptions{
			"part size":   {PartSize: -1},
			"concurrency": {Concurrency: -1},
			"two tokens":  {Token: "{}", TokenFile: "x"},
		} {
			if _, err := upload(t, b, p, &sending{opts: *o}); !errors.Is(err, files.ErrInvalid) {
				t.Errorf("%s, %s: Upload = %v, want ErrInvalid", kind, what, err)
			}
		}
		if _, err := resume.Upload(t.Context(), b, "a//b", bytes.NewReader(p), 1,
			nil); !errors.Is(err, files.ErrInvalidName) {
			t.Errorf("%s, a bad name: %v", kind, err)
		}
		if _, err := resume.Upload(t.Context(), nil, "f", bytes.NewReader(p), 1,
			nil); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s, no bucket: %v", kind, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		s := uploading("")
		s.opts.Event = func(resume.UploadEvent) { cancel() }
		_, err := resume.Upload(ctx, b, "dir/f", bytes.NewReader(p), int64(len(p)), &s.opts)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", kind, err)
		}
		s = uploading(filepath.Join(t.TempDir(), "missing", "token"))
		if _, err := upload(t, b, p, s); !errors.Is(err, files.ErrInvalid) ||
			errors.Is(err, files.ErrNotExist) {
			t.Errorf("%s, a token in a missing folder: %v, want ErrInvalid", kind, err)
		}
		own := errors.New("own error")
		_, err = resume.Upload(t.Context(), b, "dir/f", &brokenSource{bytes.NewReader(p), own},
			int64(len(p)), &uploading("").opts)
		if !errors.Is(err, own) {
			t.Errorf("%s, the source fails: %v", kind, err)
		}
		s = uploading("")
		s.opts.Save = func(token string) error {
			if token == "" {
				return nil
			}
			return own
		}
		if _, err = upload(t, b, p, s); !errors.Is(err, own) {
			t.Errorf("%s, Save fails: %v", kind, err)
		}
		func() {
			defer func() {
				if v := recover(); v != "mine" {
					t.Errorf("%s: the panic is %v", kind, v)
				}
			}()
			s := uploading("")
			s.opts.Event = func(resume.UploadEvent) { panic("mine") }
			upload(t, b, p, s)
		}()
		if left := unfinished(t, b); len(left) > 0 {
			t.Errorf("%s: %+v is left", kind, left)
		}
		if ok, _ := files.Exists(t.Context(), b, "dir/f"); ok {
			t.Errorf("%s: it was stored", kind)
		}
	}
}

// brokenSource fails after its first half.
type brokenSource struct {
	*bytes.Reader
	err error
}

func (b *brokenSource) ReadAt(p []byte, off int64) (int, error) {
	if off > b.Size()/2 {
		return 0, b.err
	}
	return b.Reader.ReadAt(p, off)
}

// TestAbortStale: uploads are removed by age and prefix, with the wrapper's names, and
// files are not touched.
func TestAbortStale(t *testing.T) {
	p := content(13, 8*part)
	for kind, b := range keepers(t) {
		interrupted(t, b, p, uploading(filepath.Join(t.TempDir(), "token")))
		put(t, b, "dir/g", p)
		sub, err := files.Sub(b, "dir")
		if err != nil {
			t.Fatal(err)
		}
		if n, err := resume.AbortStale(t.Context(), b, nil); n != 0 || err != nil {
			t.Errorf("%s: nothing is old: %d, %v", kind, n, err)
		}
		stale := func(b files.Bucket, o resume.StaleOptions) (names []string) {
			t.Helper()
			o.Age = 1
			o.Each = func(u resume.Unfinished, err error) {
				names = append(names, u.Name)
				if err != nil || time.Since(u.Time) > time.Hour {
					t.Errorf("%s: Each is called with %+v, %v", kind, u, err)
				}
			}
			if n, err := resume.AbortStale(t.Context(), b, &o); n != len(names) || err != nil {
				t.Errorf("%s: AbortStale = %d, %v, want the number of calls of Each", kind, n, err)
			}
			return names
		}
		if names := stale(b, resume.StaleOptions{Dir: "di"}); len(names) > 0 {
			t.Errorf("%s: another directory: %q", kind, names)
		}
		if names := stale(sub, resume.StaleOptions{Prefix: "g"}); len(names) > 0 {
			t.Errorf("%s: another prefix: %q", kind, names)
		}
		if names := stale(sub, resume.StaleOptions{Prefix: "f"}); strings.Join(names, " ") != "f" {
			t.Errorf("%s: the prefix f: %q, want f", kind, names)
		}
		if left := unfinished(t, b); len(left) > 0 {
			t.Errorf("%s: %+v is left", kind, left)
		}
		wantStored(t, b, "dir/g", p)
		if _, err := resume.AbortStale(t.Context(), b,
			&resume.StaleOptions{Age: -1}); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: a negative age: %v", kind, err)
		}
	}
}

// TestUploadSwept: an unfinished upload in a folder is kept for a week, and then
// removed when the next upload begins. A damaged part is detected.
func TestUploadSwept(t *testing.T) {
	p := content(14, 8*part)
	folder, token := t.TempDir(), filepath.Join(t.TempDir(), "token")
	open := func() files.Bucket {
		b, err := local.Open(folder, nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := open()
	interrupted(t, b, p, uploading(token))
	b.Close()
	parts, err := filepath.Glob(filepath.Join(folder, ".cloudfiles.attrs", "u-*.attrs"))
	if err != nil || len(parts) != 1 {
		t.Fatalf("the folder has the uploads %q, %v, want one", parts, err)
	}
	sweep := func(age time.Duration) {
		then := time.Now().Add(-age)
		if err := os.Chtimes(parts[0], then, then); err != nil {
			t.Fatal(err)
		}
		b := open()
		defer b.Close()
		put(t, b, "other", nil)
	}
	sweep(6 * 24 * time.Hour)
	change(t, filepath.Join(parts[0], "content.attrs"), func(p []byte) []byte {
		if len(p) < 3*part {
			t.Fatalf("the upload has %d bytes, want at least 3 parts", len(p))
		}
		p[5] ^= 1
		return p[:len(p)-1]
	})
	b = open()
	defer b.Close()
	s := uploading(token)
	if _, err := upload(t, b, p, s); err != nil || s.sent > int64(len(p))-part {
		t.Fatalf("%v, %v, %d bytes", err, s.kinds, s.sent)
	}
	wantStored(t, b, "dir/f", p)
	interrupted(t, b, p, uploading(token))
	if parts, err = filepath.Glob(filepath.Join(folder, ".cloudfiles.attrs",
		"u-*.attrs")); err != nil || len(parts) != 1 {
		t.Fatalf("the folder has the uploads %q, %v, want one", parts, err)
	}
	sweep(8 * 24 * time.Hour)
	if left := unfinished(t, b); len(left) > 0 {
		t.Errorf("%+v is left", left)
	}
}
