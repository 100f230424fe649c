package all

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/eventlog"
	"github.com/anishathalye/porcupine"
)

// logCall is an Append of a record, or a Read from a position on if record is "".
type logCall struct {
	record string
	from   int64
}

// logResult is the position of an Append, or -1 if it isn't known whether the record was
// stored; or the records of a Read, each with a line feed.
type logResult struct {
	position int64
	records  string
}

// logModel is a log, whose state is its records, each with a line feed.
var logModel = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		log, in, out := state.(string), input.(logCall), output.(logResult)
		if in.record == "" {
			lines := strings.SplitAfter(log, "\n")
			return in.from < int64(len(lines)) &&
				strings.Join(lines[in.from:], "") == out.records, state
		}
		next := int64(strings.Count(log, "\n"))
		return out.position < 0 || out.position == next, log + in.record + "\n"
	},
}

// logging are the calls of one log.
type logging struct {
	begun time.Time
	mu    sync.Mutex
	calls []porcupine.Operation
}

// do records a call. A call whose result isn't known may take effect at any time.
func (l *logging) do(client int, in logCall, f func() (logResult, bool)) {
	call := time.Since(l.begun)
	out, known := f()
	end := int64(time.Since(l.begun))
	if !known {
		out, end = logResult{position: -1}, int64(time.Hour)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, porcupine.Operation{
		ClientId: client,
		Input:    in,
		Call:     int64(call),
		Output:   out,
		Return:   end,
	})
}

// readAll reads the records from a position on.
func readAll(ctx context.Context, l *eventlog.Log, from int64) (string, error) {
	var all strings.Builder
	for r, err := range l.Read(ctx, from) {
		if err != nil {
			return "", err
		}
		if r.Position != from {
			return "", fmt.Errorf("position %d, want %d", r.Position, from)
		}
		fmt.Fprintf(&all, "%s\n", r.Data)
		from++
	}
	return all.String(), nil
}

// TestEventlog: on every service several writers, some of whose requests fail or lose
// their responses, append to one log, and readers read it. The appends and the reads are
// linearizable, so each acknowledged record is at its position, and no record is twice
// in the log.
func TestEventlog(t *testing.T) {
	eachStore(t, logOn)
}

func logOn(t *testing.T, b files.Bucket) {
	const writers, readers, each = 3, 2, 6
	newLog := func(b files.Bucket) *eventlog.Log {
		l, err := eventlog.New(b, "logs/a", &eventlog.Options{SegmentBytes: 200})
		if err != nil {
			t.Errorf("eventlog.New(logs/a) = %v, want nil", err)
		}
		return l
	}
	calls := &logging{begun: time.Now()}
	var all, reading sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			l := newLog(troubled(b, uint64(w)))
			for i := range each {
				text := fmt.Sprintf("writer %d, record %d", w, i)
				calls.do(w, logCall{record: text}, func() (logResult, bool) {
					pos, err := l.Append(t.Context(), []byte(text))
					for files.KindOf(err) == files.ErrUnavailable {
						pos, err = l.Append(t.Context(), []byte(text))
					}
					if err != nil { // the record may be in the log
						t.Logf("%s: %v", text, err)
					}
					return logResult{position: pos}, err == nil
				})
			}
		})
	}
	written := make(chan struct{})
	for r := range readers {
		reading.Go(func() {
			l, from := newLog(troubled(b, uint64(10+r))), int64(r)*3
			for last := false; !last; {
				select {
				case <-written:
					last = true
				default:
				}
				if r > 0 {
					if _, next, err := l.Bounds(t.Context()); err != nil || next < from {
						continue // a position beyond the end is ErrInvalid
					}
				}
				begin := time.Since(calls.begun)
				records, err := readAll(t.Context(), l, from)
				if files.KindOf(err) == files.ErrUnavailable {
					last = false
					continue
				}
				if err != nil {
					t.Errorf("Read: %v, want nil", err)
					return
				}
				calls.mu.Lock()
				calls.calls = append(calls.calls, porcupine.Operation{
					ClientId: writers + r,
					Input:    logCall{from: from},
					Call:     int64(begin),
					Output:   logResult{records: records},
					Return:   int64(time.Since(calls.begun)),
				})
				calls.mu.Unlock()
			}
		})
	}
	all.Wait()
	close(written)
	reading.Wait()
	l := newLog(b)
	records, err := readAll(t.Context(), l, 0)
	if err != nil {
		t.Fatal(err)
	}
	calls.do(0, logCall{}, func() (logResult, bool) { return logResult{records: records}, true })
	if !porcupine.CheckOperations(logModel, calls.calls) {
		t.Errorf("the calls are not linearizable: %+v", calls.calls)
	}
	seen := map[string]bool{}
	for record := range strings.Lines(records) {
		if seen[record] {
			t.Errorf("%q is twice in the log", record)
		}
		seen[record] = true
	}
	if len(seen) < writers*each/2 {
		t.Errorf("the log has only %d records", len(seen))
	}
	if err := l.Compact(t.Context(), int64(len(seen))); err != nil {
		t.Errorf("Compact = %v, want nil", err)
	}
}
