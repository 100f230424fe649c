package all

import (
	"fmt"
	"sync"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/eventlog"
)

// TestEventlog: on every service several writers, some of whose requests fail or lose
// their responses, append to one log. Each acknowledged record is at its position, and
// none is in the log twice.
func TestEventlog(t *testing.T) {
	const writers, each = 3, 6
	for name, store := range newStores {
		t.Run(name, func(t *testing.T) {
			b := open(t, store(t))
			var mu sync.Mutex
			acknowledged := map[int64]string{}
			var all sync.WaitGroup
			for w := range writers {
				all.Go(func() {
					l, err := eventlog.New(troubled(b, uint64(w)), "logs/a", &eventlog.Options{
						SegmentBytes: 200,
					})
					if err != nil {
						t.Error(err)
						return
					}
					for i := range each {
						text := fmt.Sprintf("writer %d, record %d", w, i)
						pos, err := l.Append(t.Context(), []byte(text))
						for files.KindOf(err) == files.ErrUnavailable {
							pos, err = l.Append(t.Context(), []byte(text))
						}
						if err != nil { // the record may be in the log
							t.Logf("%s: %v", text, err)
							continue
						}
						mu.Lock()
						acknowledged[pos] = text
						mu.Unlock()
					}
				})
			}
			all.Wait()
			l, err := eventlog.New(b, "logs/a", nil)
			if err != nil {
				t.Fatal(err)
			}
			seen, next := map[string]int64{}, int64(0)
			for r, err := range l.Read(t.Context(), 0) {
				if err != nil {
					t.Fatal(err)
				}
				text := string(r.Data)
				if at, twice := seen[text]; twice || r.Position != next {
					t.Errorf("%q is at %d and at %d", text, at, r.Position)
				}
				if want, ok := acknowledged[r.Position]; ok && want != text {
					t.Errorf("the record at %d is %q, want %q", r.Position, text, want)
				}
				seen[text] = r.Position
				next++
			}
			if len(seen) < len(acknowledged) || len(acknowledged) == 0 {
				t.Errorf("the log has %d records, and %d were acknowledged", len(seen),
					len(acknowledged))
			}
			if err := l.Compact(t.Context(), next); err != nil {
				t.Error(err)
			}
		})
	}
}
