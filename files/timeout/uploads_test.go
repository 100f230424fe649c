package timeout_test

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/timeout"
)

// TestUploadSteps: an upload that resumes stays one, and each of its steps is bounded by
// the longer of FirstByte and Idle.
func TestUploadSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := mem.New(nil)
		var steps atomic.Int64
		var waits time.Duration
		silentAt := int64(0)
		b := bounded(t, files.Wrap(memory, files.Hooks{
			Uploads: true,
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if c.Op != files.OpUpload {
					return next(ctx)
				}
				if n := steps.Add(1); silentAt > 0 && n >= silentAt {
					<-ctx.Done()
					return ctx.Err()
				}
				time.Sleep(waits)
				return next(ctx)
			},
		}), &timeout.Options{FirstByte: second, Idle: 10 * second})
		content := bytes.Repeat([]byte("content"), 1000)
		var plain bool
		var token string
		upload := func() (time.Duration, error) {
			start := time.Now()
			_, err := resume.Upload(t.Context(), b, "a", bytes.NewReader(content),
				int64(len(content)), &resume.UploadOptions{
					PartSize:    1000,
					Concurrency: 1,
					Token:       token,
					Save:        func(s string) error { token = s; return nil },
					Event: func(e resume.UploadEvent) {
						plain = plain || e.Kind == resume.UploadPlain
					},
				})
			return time.Since(start), err
		}
		waits = 9 * second // more than FirstByte, less than Idle
		if _, err := upload(); err != nil || plain {
			t.Fatalf("in parts: %v; plain %t", err, plain)
		}
		waits = 0
		steps.Store(0)
		silentAt = 4 // after the check, the beginning and one part
		took, err := upload()
		var late *timeout.Error
		if !errors.Is(err, files.ErrUncertain) || !errors.As(err, &late) || late.Limit != "Idle" ||
			took != 10*second {
			t.Errorf("the silent step took %v: %v", took, err)
		}
		silentAt = 0
		if _, err := upload(); err != nil {
			t.Errorf("continued: %v", err)
		}
		if got, err := files.ReadAll(t.Context(), memory, "a", nil); err != nil ||
			!bytes.Equal(got, content) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
}
