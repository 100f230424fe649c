package cases

import (
	"context"
	"errors"
	"slices"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The cases of uploads in parts that outlive a process (driver.PartUploader, package
// files/resume). A bucket whose driver has none is left out.

// uploadLast is the size of an upload's last part, which may be as small as one likes.
const uploadLast = 100

// uploadLimits skips the case if the bucket has no such uploads.
func uploadLimits(t suite.T, h *suite.H) driver.UploadLimits {
	t.Helper()
	limits, err := check.UploadLimits(t.Context(), h)
	if err == check.ErrNoUploads {
		t.Skipf("%v", err)
	}
	if err != nil {
		t.Fatalf("the limits of uploads: %v, want no error", err)
	}
	if limits.MinPart < 1 || limits.MaxPart < limits.MinPart || limits.MaxParts < 1 {
		t.Fatalf("UploadLimits returns %+v, want positive numbers", limits)
	}
	return limits
}

// uploadPart is the size of the parts of the cases, other than the last.
func uploadPart(l driver.UploadLimits) int64 { return min(max(l.MinPart, 1000), l.MaxPart) }

// twoParts is a content of a whole part and a last one of uploadLast bytes.
func twoParts(t suite.T, h *suite.H, seed int) []byte {
	t.Helper()
	n := uploadPart(uploadLimits(t, h)) + uploadLast
	h.Allows(t, n)
	return check.Content(seed, int(n))
}

// beginUpload begins the upload of a content. A bucket that makes one Put of an upload
// with the options skips the case.
func beginUpload(t suite.T, h *suite.H, b files.Bucket, name string, content []byte,
	opts *files.PutOptions) *check.Upload {
	t.Helper()
	return beginUploadBy(t, uploadPart(uploadLimits(t, h)), b, name, content, opts)
}

// beginUploadBy is beginUpload with a size of the parts.
func beginUploadBy(t suite.T, part int64, b files.Bucket, name string, content []byte,
	opts *files.PutOptions) *check.Upload {
	t.Helper()
	u, err := check.NewUpload(t.Context(), b, name, "", content, part, opts)
	if err == nil {
		err = u.Begin(t.Context())
	}
	if err == check.ErrOnePut {
		t.Skipf("the bucket makes one Put of an upload with these options")
	}
	if err != nil {
		t.Fatalf("beginning an upload: %v, want no error", err)
	}
	if u.Up.ID == "" {
		t.Fatalf("BeginUpload returns an empty ID")
	}
	t.Cleanup(func() {
		if !u.Done {
			check.AbortUpload(context.WithoutCancel(t.Context()), b, name, u.Up.ID)
		}
	})
	return u
}

// putParts sends parts and ends the case if that fails.
func putParts(t suite.T, u *check.Upload, numbers ...int) {
	t.Helper()
	if err := u.PutParts(t.Context(), numbers...); err != nil {
		t.Fatalf("sending one of the parts %v: %v, want no error", numbers, err)
	}
}

// complete completes an upload that must succeed.
func complete(t suite.T, u *check.Upload) files.Info {
	t.Helper()
	info, err := u.Complete(t.Context())
	if err != nil {
		t.Fatalf("CompleteUpload: %v, want no error", err)
	}
	return info
}

// completeAgain completes an upload. If its parts are gone, as on Azure after another
// write of the name, it sends them again, as files/resume does.
func completeAgain(t suite.T, u *check.Upload) error {
	t.Helper()
	for round := 0; ; round++ {
		_, err := u.Complete(t.Context())
		if err != driver.ErrUploadGone || round == 3 {
			return err
		}
		if err := u.Begin(t.Context()); err != nil {
			return err
		}
		for n := range u.Up.Parts() {
			if err := u.PutParts(t.Context(), n+1); err != nil && err != driver.ErrUploadGone {
				return err
			}
		}
	}
}

// abortable aborts an upload, and reports whether the backend can.
func abortable(t suite.T, b files.Bucket, name, id string) bool {
	t.Helper()
	err := check.AbortUpload(t.Context(), b, name, id)
	if err != nil && !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("AbortUpload: %v, want no error", err)
	}
	return err == nil
}

// found compares what FindUpload reports with want.
func found(t suite.T, what string, u *check.Upload, want bool) {
	t.Helper()
	got, err := u.Find(t.Context())
	if err != nil || got != want {
		t.Errorf("FindUpload %s: %t, %v, want %t", what, got, err, want)
	}
}

// gone fails the case if the error isn't driver.ErrUploadGone.
func gone(t suite.T, what string, err error) {
	t.Helper()
	if err != driver.ErrUploadGone {
		t.Errorf("%s: got %s, want driver.ErrUploadGone", what, check.ErrText(err))
	}
}

// unfinishedUploads returns the unfinished uploads below a directory.
func unfinishedUploads(t suite.T, b files.Bucket,
	dir, prefix string) []driver.UnfinishedUpload {
	t.Helper()
	all, err := check.UnfinishedUploads(t.Context(), b, dir, prefix)
	if err != nil {
		t.Fatalf("ListUploads(%q, %q): %v, want no error", dir, prefix, err)
	}
	return all
}

// wantUnfinished compares the names of the unfinished uploads.
func wantUnfinished(t suite.T, b files.Bucket, dir, prefix string, want ...string) {
	t.Helper()
	var got []string
	for _, u := range unfinishedUploads(t, b, dir, prefix) {
		got = append(got, u.Name)
	}
	if d := check.DiffNames(slices.Sorted(slices.Values(got)), want); d != "" {
		t.Errorf("the unfinished uploads below %q that begin with %q: %s", dir, prefix, d)
	}
}
