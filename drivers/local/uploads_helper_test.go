package local

import (
	"hash/crc32"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// uploadsIn opens a bucket in a new folder, for steps of uploads at its backend.
func uploadsIn(t *testing.T, h *hookFS) (b *backend, bucket files.Bucket, dir string) {
	t.Helper()
	dir = t.TempDir()
	bucket = openHooked(t, dir, &Options{NoSync: true}, h)
	return driver.Unwrap(bucket).(*backend), bucket, dir
}

// uploading begins an upload of a file in parts of 4 bytes, and sends those parts.
func uploading(t *testing.T, b *backend, name string, parts ...string) *driver.Upload {
	t.Helper()
	u := &driver.Upload{Name: name, PartSize: 4}
	for _, p := range parts {
		u.Size += int64(len(p))
	}
	var err error
	if u.ID, err = b.BeginUpload(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	for i, p := range parts {
		sendPart(t, b, u, i+1, p)
	}
	return u
}

// newPart returns the part of that number.
func newPart(number int, text string) *driver.Part {
	sum := crc32.Checksum([]byte(text), castagnoli)
	return driver.NewPart(number, int64(number-1)*4, []byte(text), sum, false)
}

func sendPart(t *testing.T, b *backend, u *driver.Upload, number int, text string) (tag string) {
	t.Helper()
	tag, err := b.PutPart(t.Context(), u, newPart(number, text))
	if err != nil {
		t.Fatalf("part %d: %v", number, err)
	}
	return tag
}

func sentParts(t *testing.T, b *backend, u *driver.Upload) []driver.UploadedPart {
	t.Helper()
	list, err := b.ListParts(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// uploadDir is the folder of an upload.
func uploadDir(dir string, u *driver.Upload) string {
	return filepath.Join(dir, controlDir, uploadFolder(u.ID))
}

// wantGone checks that no step finds the upload, and that to abort it is not an error.
func wantGone(t *testing.T, b *backend, u *driver.Upload, what string) {
	t.Helper()
	ctx := t.Context()
	_, err := b.PutPart(ctx, u, newPart(1, "abcd"))
	_, err2 := b.ReceivePart(ctx, u, 1, 4, strings.NewReader("abcd"))
	_, err3 := b.ListParts(ctx, u)
	_, err4 := b.CompleteUpload(ctx, u, nil)
	for step, err := range []error{err, err2, err3, err4} {
		if err != driver.ErrUploadGone {
			t.Errorf("%s: step %d: %v, want ErrUploadGone", what, step, err)
		}
	}
	if _, found, err := b.FindUpload(ctx, u); found || err != nil {
		t.Errorf("%s: FindUpload: %v, %v, want false", what, found, err)
	}
	if err := b.AbortUpload(ctx, u.Name, u.ID); err != nil {
		t.Errorf("%s: AbortUpload: %v, want nil", what, err)
	}
}
