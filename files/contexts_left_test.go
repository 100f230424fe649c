package files_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestNothingWaitsForTheContext: when a call has failed, or what it returned is closed,
// nothing waits for the end of the context any more.
func TestNothingWaitsForTheContext(t *testing.T) {
	b := newFragile(1 << 20)
	impossible := reporting(func() files.Info {
		return files.Info{Entry: files.Entry{Size: -1, Version: "v"}}
	}, func(files.GetOptions) (int64, int64) { return 0, 10 }, new(int))
	m := mem.New(nil)
	put(t, m, "f", "text")
	closing := func(c io.Closer, err error) {
		if err == nil {
			c.Close()
		}
	}
	for what, b := range map[string]files.Bucket{
		"memory":        m,
		"a service":     b,
		"a broken body": b,
		"a refusal":     b,
		"no size":       impossible,
	} {
		for way, call := range map[string]func(context.Context){
			"OpenAt": func(ctx context.Context) { closing(files.OpenAt(ctx, b, "f", nil)) },
			"FS":     func(ctx context.Context) { closing(files.FS(ctx, b, nil).Open("f")) },
			"ReadRanges": func(ctx context.Context) {
				files.ReadRanges(ctx, b, "f", []files.Range{files.Bytes(0, 2),
					files.Bytes(900_000, 2)}, nil)
			},
			"DownloadAt": func(ctx context.Context) {
				files.DownloadAt(ctx, b, "f", &sink{}, &files.DownloadAtOptions{PartSize: 1 << 17})
			},
			"Download": func(ctx context.Context) {
				files.Download(ctx, b, "f", io.Discard, nil)
			},
			"Writer": func(ctx context.Context) {
				w := files.NewWriter(ctx, m, "w", nil)
				io.WriteString(w, "text")
				w.Commit()
				files.NewWriter(ctx, m, "w", nil).Close()
			},
		} {
			if f, ok := b.(*fragile); ok {
				f.refused = nil
				f.breaks.Store(0)
				f.broken = func() error { return errors.New("broken") }
				switch what {
				case "a refusal":
					f.refused = errors.New("refused")
				case "a broken body":
					f.breaks.Store(1)
				}
			}
			c := &followed{Context: ctx}
			call(c)
			if n := c.waiting.Load(); n != 0 || c.most.Load() == 0 && what == "a service" {
				t.Errorf("%s of %s: %d wait for the context, and %d did, want 0 and at least 1",
					way, what, n, c.most.Load())
			}
		}
	}
}

// TestForgottenFile: of a File that nobody has any more, nothing waits for the context
// once the garbage collector has found it.
func TestForgottenFile(t *testing.T) {
	c := &followed{Context: ctx}
	if _, err := files.OpenAt(c, newFragile(1<<20), "f", nil); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); c.waiting.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatalf("%d wait for the context", c.waiting.Load())
		}
		runtime.GC()
	}
}

// slowly is a body that reads at any place, when it is free.
type slowly struct {
	io.ReadCloser
	free chan struct{}
}

func (slowly) Immediate() {}

func (s slowly) ReadAt(p []byte, _ int64) (int, error) {
	<-s.free
	return len(p), nil
}

// TestPassedBeforeDone: of a read that ends after its File was closed, no hook hears,
// since Done has counted the bytes.
func TestPassedBeforeDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		done := false
		b := files.Wrap(&answering{mem.New(nil), func(ctx context.Context,
			_ files.GetOptions) (*files.Reader, error) {
			return driver.NewReader(ctx, driver.ReaderConfig{
				Info:   files.Info{Entry: files.Entry{Size: 10}},
				Length: 10,
				Body:   slowly{io.NopCloser(nil), free},
			}), nil
		}}, files.Hooks{
			Passed: func(_ context.Context, _ *files.Call, n int64) {
				if done {
					t.Errorf("%d bytes passed after Done", n)
				}
			},
			Done: func(context.Context, *files.Call, int64, error) { done = true },
		})
		f := openAt(t, b, "f", nil)
		go f.ReadAt(make([]byte, 10), 0)
		synctest.Wait()
		if f.Close(); !done {
			t.Error("Done isn't called by Close")
		}
		close(free)
		synctest.Wait()
	})
}
