package resume_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
)

// TestUploadInterruptedOften: an upload that is interrupted thirty times, each time after
// one part, keeps its parts and their numbers. The call after that sends only the rest.
func TestUploadInterruptedOften(t *testing.T) {
	const runs = 30
	p := content(14, 2*runs*part+5)
	for kind, b := range keepers(t) {
		token := filepath.Join(t.TempDir(), "token")
		sent := int64(0)
		for run := range runs {
			broken := failing(b)
			broken.at = 4 // after the preparation, the beginning or the list, and one part
			s := uploading(token)
			s.opts.Concurrency = 1
			_, err := resume.Upload(t.Context(), broken.Bucket, "dir/f", bytes.NewReader(p),
				int64(len(p)), &s.opts)
			if !errors.Is(err, files.ErrUnavailable) {
				t.Fatalf("%s, run %d: %v, want ErrUnavailable", kind, run, err)
			}
			sent += s.sent
		}
		if left := unfinished(t, b); len(left) != 1 || left[0].Size != runs*part {
			t.Errorf("%s: after %d runs the service has %+v", kind, runs, left)
		}
		s := uploading(token)
		if _, err := upload(t, b, p, s); err != nil {
			t.Fatalf("%s: the last upload: %v", kind, err)
		}
		if sent+s.sent != int64(len(p)) {
			t.Errorf("%s: %d and then %d bytes were sent of %d", kind, sent, s.sent, len(p))
		}
		wantStored(t, b, "dir/f", p)
		if left := unfinished(t, b); len(left) > 0 {
			t.Errorf("%s: %+v is left", kind, left)
		}
	}
}

// TestUploadCancelled: an upload without a token whose context ends before or after any
// of its steps is stored, or is context.Canceled and leaves nothing.
func TestUploadCancelled(t *testing.T) {
	const count = 22 // so that there are 50 moments
	p := content(15, count*part-3)
	for kind, b := range keepers(t) {
		for at := int64(1); at <= count+3; at++ {
			for _, after := range []bool{false, true} {
				if err := b.Delete(t.Context(), "dir/f", nil); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				var n atomic.Int64
				cut := files.Wrap(b, files.Hooks{Uploads: true, Around: func(ctx context.Context,
					c *files.Call, next func(context.Context) error) error {
					if c.Op != files.OpUpload || n.Add(1) != at {
						return next(ctx)
					}
					if after {
						defer cancel()
					} else {
						cancel()
					}
					return next(ctx)
				}})
				_, err := resume.Upload(ctx, cut, "dir/f", bytes.NewReader(p), int64(len(p)),
					&uploading("").opts)
				cancel()
				stored, serr := files.Exists(t.Context(), b, "dir/f")
				switch {
				case serr != nil:
					t.Fatal(serr)
				case err == nil && !stored, err != nil && !errors.Is(err, context.Canceled),
					err != nil && stored && !errors.Is(err, files.ErrUncertain):
					t.Errorf("%s, step %d, after %t: %v; stored: %t", kind, at, after, err, stored)
				}
				if stored {
					wantStored(t, b, "dir/f", p)
				}
				// Cleaning up may take longer than the call (X2).
				end := time.Now().Add(time.Minute)
				for len(unfinished(t, b)) > 0 {
					if time.Now().After(end) {
						t.Fatalf("%s, step %d, after %t: %+v is left", kind, at, after,
							unfinished(t, b))
					}
					time.Sleep(time.Millisecond)
				}
			}
		}
	}
}
