package limit_test

import (
	"bytes"
	"context"
	"sync"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/limit"
	"cloudfiles.dev/files/resume"
)

// TestUploadSteps: each step of an upload that resumes is a call that writes. With a
// limit of bytes, which can't be counted there, the upload is one Put.
func TestUploadSteps(t *testing.T) {
	content := bytes.Repeat([]byte("content"), 1000)
	for name, c := range map[string]struct {
		o     limit.Options
		most  int // steps at a time
		plain bool
	}{
		"calls":  {o: limit.Options{All: limit.Limits{Calls: 2}}, most: 2},
		"writes": {o: limit.Options{Writes: limit.Limits{Calls: 1}}, most: 1},
		"reads":  {o: limit.Options{Reads: limit.Limits{BytesPerSecond: 1}}, most: 4},
		"bytes":  {o: limit.Options{All: limit.Limits{BytesPerSecond: 1 << 40}}, plain: true},
		"write bytes": {
			o:     limit.Options{Writes: limit.Limits{BytesPerSecond: 1 << 40}},
			plain: true,
		},
		"steps a time": {o: limit.Options{Writes: limit.Limits{PerSecond: 1e6}}, most: 4},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			now, most, steps := 0, 0, 0
			count := func(by int) {
				mu.Lock()
				defer mu.Unlock()
				if now += by; by > 0 {
					steps++
				}
				most = max(most, now)
			}
			memory := mem.New(nil)
			b := limited(t, files.Wrap(memory, files.Hooks{
				Uploads: true,
				Around: func(ctx context.Context, c *files.Call,
					next func(context.Context) error) error {
					if c.Op != files.OpUpload {
						return next(ctx)
					}
					count(1)
					defer count(-1)
					return next(ctx)
				},
			}), &c.o)
			plain := false
			_, err := resume.Upload(t.Context(), b, "a", bytes.NewReader(content),
				int64(len(content)), &resume.UploadOptions{
					PartSize:    1000,
					Concurrency: 4,
					Event: func(e resume.UploadEvent) {
						plain = plain || e.Kind == resume.UploadPlain
					},
				})
			if err != nil || plain != c.plain || most > c.most || (steps == 0) != c.plain {
				t.Errorf("plain Put: %t, want %t; %d steps, at most %d at a time, want %d: %v",
					plain, c.plain, steps, most, c.most, err)
			}
			if got, err := files.ReadAll(t.Context(), memory, "a", nil); err != nil ||
				!bytes.Equal(got, content) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}
