package driver_test

import (
	"context"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// signsAll is a backend that signs everything.
type signsAll struct {
	*partTaker
	closes int
}

func (s *signsAll) Features() files.Features {
	f := s.partTaker.Features()
	f.SignGet = true
	return f
}

func (s *signsAll) SignURL(context.Context, string, files.SignOptions) (files.SignedURL, error) {
	return files.SignedURL{URL: "https://host/"}, nil
}

func (s *signsAll) SignPost(context.Context, string, driver.PostOptions) (driver.PostForm, error) {
	return driver.PostForm{URL: "https://host/"}, nil
}

func (s *signsAll) Close() error { s.closes++; return nil }

// TestSigningReleasesTheBackend: Close closes the backend, once, whatever was signed
// before and however it ended. After Close nothing is signed.
func TestSigningReleasesTheBackend(t *testing.T) {
	for what, call := range map[string]func(context.Context, files.Bucket,
		*driver.SignedUpload) error{
		"URL": func(ctx context.Context, b files.Bucket, _ *driver.SignedUpload) error {
			_, err := files.SignURL(ctx, b, "a", nil)
			return err
		},
		"form": func(ctx context.Context, b files.Bucket, _ *driver.SignedUpload) error {
			_, err := driver.SignPost(ctx, b, "a", driver.PostOptions{MaxSize: 1})
			return err
		},
		"begin": func(ctx context.Context, b files.Bucket, _ *driver.SignedUpload) error {
			_, err := driver.BeginSignedUpload(ctx, b, "a", driver.SignedUploadOptions{Size: 1})
			return err
		},
		"part": func(ctx context.Context, b files.Bucket, u *driver.SignedUpload) error {
			_, err := driver.SignPart(ctx, b, u, 1, 0)
			return err
		},
		"parts": func(ctx context.Context, b files.Bucket, u *driver.SignedUpload) error {
			_, err := driver.SignedParts(ctx, b, u)
			return err
		},
		"complete": func(ctx context.Context, b files.Bucket, u *driver.SignedUpload) error {
			_, err := driver.CompleteSignedUpload(ctx, b, u)
			return err
		},
		"abort": func(ctx context.Context, b files.Bucket, u *driver.SignedUpload) error {
			return driver.AbortSignedUpload(ctx, b, u)
		},
		"uploads": func(ctx context.Context, b files.Bucket, _ *driver.SignedUpload) error {
			_, err := unfinished(ctx, b, "", "")
			return err
		},
	} {
		for _, ended := range []bool{false, true} {
			back := &signsAll{partTaker: newPartTaker()}
			b := driver.New(back)
			u := sent(t, b, "a", driver.SignedUploadOptions{})
			ctx, cancel := context.WithCancel(t.Context())
			if ended {
				cancel()
			}
			err := call(ctx, b, u)
			cancel()
			if (err != nil) != ended {
				t.Errorf("%s: %v; the context has ended: %v", what, err, ended)
			}
			if err := b.Close(); err != nil || back.closes != 1 {
				t.Errorf("%s, then Close: %v, and the backend was closed %d times, want once", what,
					err, back.closes)
			}
			if err := call(t.Context(), b, u); files.KindOf(err) != files.ErrClosed {
				t.Errorf("%s after Close: %v, want ErrClosed", what, err)
			}
		}
	}
}
