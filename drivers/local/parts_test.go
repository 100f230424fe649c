package local

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestLaterPartLast: of two parts of one number, which are there if both arrived at the
// same time, the later one comes last.
func TestLaterPartLast(t *testing.T) {
	dir := t.TempDir()
	bucket, err := Open(dir, &Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	b := driver.Unwrap(bucket).(*backend)
	u := &driver.Upload{Name: "a", Size: 1, PartSize: 1}
	if u.ID, err = b.BeginUpload(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	tags := make([]string, 2)
	for i, content := range []string{"x", "y"} {
		part := driver.NewPart(1, 0, []byte(content), uint32(i), true)
		tags[i], err = b.PutPart(t.Context(), u, part)
		if part.Release(); err != nil {
			t.Fatal(err)
		}
	}
	for later := range tags {
		for i, tag := range tags {
			if inPlace(tag) {
				tag = markPrefix + "1"
			}
			found, err := filepath.Glob(filepath.Join(dir, "*", uploadFolder(u.ID), tag+".*"))
			if err != nil || len(found) != 1 {
				t.Fatalf("the file of the part %s: %q, %v", tag, found, err)
			}
			at := time.Now()
			if i != later {
				at = at.Add(-time.Hour)
			}
			if err := os.Chtimes(found[0], at, at); err != nil {
				t.Fatal(err)
			}
		}
		parts, err := b.ListParts(t.Context(), u)
		if err != nil || len(parts) != 2 || parts[1].Tag != tags[later] {
			t.Errorf("there are %v, %v, want %s last", parts, err, tags[later])
		}
	}
}

// TestReceivePart: a part that comes by a signed request has the size that was agreed, or
// it isn't stored. It replaces the parts of its number that came before.
func TestReceivePart(t *testing.T) {
	b, bucket, dir := uploadsIn(t, &hookFS{})
	u := uploading(t, b, "f", "abcd")
	u.Size = 6
	receive := func(ctx context.Context, number int, size int64, text string) (string, error) {
		return b.ReceivePart(ctx, u, number, size, strings.NewReader(text))
	}
	for _, text := range []string{"", "e", "efg"} {
		if tag, err := receive(t.Context(), 2, 2, text); !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("the part %q is received as %q, %v, want ErrCorrupt", text, tag, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := receive(ended, 2, 2, "ef"); !errors.Is(err, context.Canceled) {
		t.Errorf("ReceivePart with a context that has ended: %v, want Canceled", err)
	}
	if list := sentParts(t, b, u); len(list) != 1 || list[0].Number != 1 {
		t.Errorf("the parts are %+v, want the first alone", list)
	}
	old, err := receive(t.Context(), 2, 2, "xx")
	ok(t, err)
	tag, err := receive(t.Context(), 2, 2, "ef")
	ok(t, err)
	same, err := receive(t.Context(), 2, 2, "ef")
	ok(t, err)
	list := sentParts(t, b, u)
	if len(list) != 2 || list[1].Tag != tag || same != tag || old == tag ||
		list[1].CRC32C != crc32.Checksum([]byte("ef"), castagnoli) || list[1].Size != 2 {
		t.Errorf("the parts are %+v, want the second with the tag %s", list, tag)
	}
	later := filepath.Join(uploadDir(dir, u), partName(2, 2, 1))
	ok(t, os.WriteFile(later, []byte("gh"), 0o666),
		os.Chtimes(later, time.Now(), time.Now().Add(time.Hour)))
	if _, err := receive(t.Context(), 2, 2, "ef"); err != nil {
		t.Errorf("receive(ef) = %v, want nil", err)
	}
	if now := sentParts(t, b, u); len(now) != 3 {
		t.Errorf("the parts are %+v, want also the one that is newer", now)
	}
	if _, err := b.CompleteUpload(t.Context(), u, list); err != nil {
		t.Fatal(err)
	}
	if s, _ := fetch(t, bucket, "f"); s != "abcdef" {
		t.Errorf("the file is %q, want both parts", s)
	}
}

// partSigner signs parts too.
type partSigner struct{ fakeSigner }

func (partSigner) SignPart(_ context.Context, u *driver.Upload, n int,
	expiry time.Duration) (files.SignedURL, error) {
	return files.SignedURL{URL: fmt.Sprint("http://host/", u.Name, "?", n, "&", expiry)}, nil
}

// TestBucketUsesPartSigner: parts are signed by a Signer that can, in a folder that has
// uploads and can decide the upload's condition.
func TestBucketUsesPartSigner(t *testing.T) {
	signs := Options{Signer: partSigner{}}
	for what, c := range map[string]struct {
		opts Options
		fs   hookFS
		cond files.Condition
		want error
	}{
		"a signer":          {opts: signs},
		"no signer":         {want: errors.ErrUnsupported},
		"a signer of files": {opts: Options{Signer: fakeSigner{}}, want: errors.ErrUnsupported},
		"a condition":       {opts: signs, cond: files.IfAbsent()},
		"no locks":          {opts: signs, fs: hookFS{noLocks: true}},
		"a condition, no locks": {
			signs,
			hookFS{noLocks: true},
			files.IfAbsent(),
			errors.ErrUnsupported,
		},
		"no metadata": {
			opts: Options{Signer: partSigner{}, SkipMetadata: true},
			want: errors.ErrUnsupported,
		},
	} {
		b := driver.Unwrap(openHooked(t, t.TempDir(), &c.opts, &c.fs)).(*backend)
		u := &driver.Upload{Name: "f", If: c.cond}
		if err := b.CanSignParts(u); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: CanSignParts = %v, want %v", what, err, c.want)
		}
		if c.want != nil {
			continue
		}
		s, err := b.SignPart(t.Context(), u, 7, time.Minute)
		if err != nil || s.URL != "http://host/f?7&1m0s" {
			t.Errorf("%s: SignPart = %+v, %v, want the signer's", what, s, err)
		}
	}
}
