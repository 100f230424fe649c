package transfer_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
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
