package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// TestProgress: the finished numbers never fall, never exceed the total, and end at the
// sum of the finished files; retries and failures are counted separately.
func TestProgress(t *testing.T) {
	src, dst := fine(), fine()
	for i := range 200 {
		put(t, src, fmt.Sprintf("f%03d", i))
	}
	put(t, src, "large="+strings.Repeat("x", 20<<20))
	put(t, dst, "gone")
	var mu sync.Mutex
	seen := map[string]int{}
	broken := failing(dst, func(name string) error {
		mu.Lock()
		defer mu.Unlock()
		seen[name]++
		switch {
		case strings.HasSuffix(name, "13"):
			return errors.New("fails")
		case strings.HasSuffix(name, "5") && seen[name] == 1:
			return files.ErrUnavailable
		}
		return nil
	})
	var last transfer.Progress
	var end error
	kinds := map[transfer.EventKind]int{}
	plan := must(transfer.Sync(whole(broken), whole(src), nil))
	for e, err := range plan.Events(t.Context()) {
		p := e.Progress
		kinds[e.Kind]++
		if p.Files < last.Files || p.Bytes < last.Bytes || p.Files > p.TotalFiles ||
			p.Bytes+p.Active > p.TotalBytes || p.Retries < last.Retries {
			t.Fatalf("the progress %+v follows %+v", p, last)
		}
		if last.TotalKnown && p.TotalFiles > last.TotalFiles {
			t.Fatalf("the total grows: %+v follows %+v", p, last)
		}
		last, end = p, err
	}
	size := int64(200-2)*int64(len("content of f000")) + 20<<20
	if last.Files != 198+1+1 || last.Bytes != size || last.TotalBytes != size || last.Failed != 2 ||
		last.Retries != 20 || last.Active != 0 || !last.TotalKnown || end == nil {
		t.Errorf("the end is %+v, %v", last, end)
	}
	if kinds[transfer.EventDone] != 200 || kinds[transfer.EventFailed] != 2 ||
		kinds[transfer.EventRetry] != 20 || kinds[transfer.EventEnd] != 1 {
		t.Errorf("events: %v", kinds)
	}
	if left, ok := last.Left(); !ok || left != 0 || last.Rate() <= 0 {
		t.Errorf("left %v, %v; rate %v", left, ok, last.Rate())
	}
	for range plan.Events(t.Context()) {
		break // ends the run, and waits for it
	}
}

// TestProgressOfLargeFiles: the numbers are also true of large files in parts of which a
// twentieth fails, of files that are continued, and of one that has grown since it was
// listed. The total is marked as open until it is known.
func TestProgressOfLargeFiles(t *testing.T) {
	inner, dst := fine(), fine()
	want := map[string][]byte{}
	for i := range byte(8) {
		name := fmt.Sprintf("big%d", i)
		want[name] = random(i, 3<<20)
		putBytes(t, inner, name, want[name], nil)
		put(t, inner, fmt.Sprintf("small%d", i))
	}
	var grow sync.Once
	src := files.Wrap(inner, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpGet && c.Name == "big3" {
				grow.Do(func() {
					want["big3"] = random(33, 12<<20)
					putBytes(t, inner, "big3", want["big3"], nil)
				})
			}
			return next(ctx)
		},
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader { return body },
	})
	var steps atomic.Int64
	broken := files.Wrap(dst, files.Hooks{
		Uploads: true,
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if (c.Op == files.OpUpload || c.Op == files.OpPut) && steps.Add(1)%20 == 7 {
				return files.ErrUnavailable
			}
			return next(ctx)
		},
	})
	o := &transfer.Options{ResumeSize: 1 << 20, StateDir: t.TempDir()}
	retries, resumed := int64(0), int64(0)
	for run := 0; ; run++ {
		var last transfer.Progress
		var end error
		for e, err := range must(transfer.Copy(whole(broken), whole(src), o)).Events(t.Context()) {
			p := e.Progress
			switch {
			case p.Files < last.Files, p.Bytes < last.Bytes, p.Retries < last.Retries,
				p.Resumed < last.Resumed, p.Active < 0:
				t.Fatalf("the progress %+v follows %+v", p, last)
			case p.Files > p.TotalFiles, p.Bytes+p.Active > p.TotalBytes:
				t.Fatalf("more is done than there is: %+v", p)
			case last.TotalKnown && (!p.TotalKnown || p.TotalFiles > last.TotalFiles):
				t.Fatalf("the total grows: %+v follows %+v", p, last)
			}
			last, end = p, err
		}
		if last.Bytes != last.TotalBytes || last.Files != last.TotalFiles || last.Active != 0 ||
			!last.TotalKnown || last.Failed > 0 != (end != nil) {
			t.Errorf("run %d ends with %+v, %v", run, last, end)
		}
		retries += last.Retries
		resumed += last.Resumed
		if end == nil {
			break
		}
		if run == 20 {
			t.Fatalf("after %d runs Apply still fails: %v", run, end)
		}
	}
	for name, p := range want {
		wantBytes(t, dst, name, p)
	}
	if retries == 0 || resumed == 0 {
		t.Errorf("%d retries, and %d bytes are resumed", retries, resumed)
	}
}
