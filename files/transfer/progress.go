package transfer

import (
	"context"
	"iter"
	"sync"
	"time"
)

// EventKind is what an Event reports.
type EventKind string

// The kinds of events.
const (
	EventDone     EventKind = "done"     // a file was copied, moved or deleted
	EventFailed   EventKind = "failed"   // a change failed; Err says why
	EventSkipped  EventKind = "skipped"  // the plan skips the file; Change says why
	EventRetry    EventKind = "retry"    // a file is begun again because of Err
	EventResumed  EventKind = "resumed"  // an earlier run has copied a part of a large file
	EventProgress EventKind = "progress" // bytes of a large file were copied, or files were equal
	EventEnd      EventKind = "end"      // the run has ended; Err is what Apply returns
)

// Event is an event of Apply.
type Event struct {
	Kind     EventKind
	Change   Change // zero for EventProgress and EventEnd
	Err      error
	Progress Progress
}

// Progress has the numbers of a run of Apply. Files and Bytes count finished files:
// they never fall and never exceed the totals.
type Progress struct {
	// Files is the number of files copied, moved or deleted, and Bytes the size of the
	// copied ones.
	Files int64 `json:"files"`
	Bytes int64 `json:"bytes"`
	// Active is the number of bytes copied of unfinished files. It falls when a file is
	// finished or begun again.
	Active int64 `json:"active"`
	// Resumed is the number of bytes of large files that earlier runs have copied. They
	// are counted in Active, and then in Bytes.
	Resumed int64 `json:"resumed"`
	// TotalFiles and TotalBytes count what was planned so far, less what has failed.
	// They grow until TotalKnown is true, that is, until both listings have been read.
	TotalFiles int64 `json:"totalFiles"`
	TotalBytes int64 `json:"totalBytes"`
	TotalKnown bool  `json:"totalKnown"`
	Equal      int64 `json:"equal"`   // files that were the same on both sides
	Skipped    int64 `json:"skipped"` // by the plan
	Failed     int64 `json:"failed"`
	Retries    int64 `json:"retries"` // files that were begun again
	// Elapsed is the time since Apply began.
	Elapsed time.Duration `json:"elapsed"`
}

// Rate returns the average number of bytes per second that this run has copied.
func (p Progress) Rate() float64 {
	if p.Elapsed <= 0 {
		return 0
	}
	return float64(max(p.Bytes+p.Active-p.Resumed, 0)) / p.Elapsed.Seconds()
}

// Left estimates how long the rest takes at the rate so far. ok is false while the
// total or the rate isn't known. If only deletions are left, it counts files.
func (p Progress) Left() (left time.Duration, ok bool) {
	if !p.TotalKnown || p.Elapsed <= 0 {
		return 0, false
	}
	done, total := float64(p.Bytes+p.Active), float64(p.TotalBytes)
	here := done - float64(p.Resumed)
	if done >= total {
		done, total = float64(p.Files), float64(p.TotalFiles)
		here = done
	}
	if here <= 0 {
		return 0, total == 0
	}
	return time.Duration(max(total-done, 0) / here * float64(p.Elapsed)), true
}

// Result has the numbers and the errors of a finished Apply.
type Result struct {
	Copied      int64 `json:"copied"`      // files
	CopiedBytes int64 `json:"copiedBytes"` // their size
	// bytes of the large files that were copied by earlier runs, which CopiedBytes counts too
	Resumed int64 `json:"resumed"`
	// files whose source was deleted, also if they were equal
	Moved    int64 `json:"moved"`
	Deleted  int64 `json:"deleted"`  // files of the target, or of Remove's tree
	Equal    int64 `json:"equal"`    // files that were the same on both sides
	Skipped  int64 `json:"skipped"`  // raw keys, and files skipped by an option
	Failed   int64 `json:"failed"`   // changes that failed
	Withheld int64 `json:"withheld"` // deletions that were planned and not tried
	Retries  int64 `json:"retries"`  // files that were begun again
	// NoFiles reports that the run met no file: the source, or the tree of a Remove, has
	// none, or Options.Filter and Options.Select left out all of them. That isn't an error,
	// but may be a mistake in a filter or in a directory.
	NoFiles bool `json:"noFiles"`
	// Errors are the first 100 errors, each with the file's name.
	Errors []error `json:"-"`
}

// tracker keeps Progress and Result, and calls Options.Progress.
type tracker struct {
	mu       sync.Mutex
	progress Progress
	result   Result
	began    time.Time
	reported time.Time // time of the last EventProgress
	call     func(Event)
	inARow   int64 // failures in a row
	stopped  bool  // a failure has ended the run
}

// progressEvery is the shortest time between two EventProgress.
const progressEvery = 100 * time.Millisecond

func newTracker(call func(Event)) *tracker {
	return &tracker{call: call, began: time.Now()}
}

// update changes the numbers and calls Options.Progress, one call at a time.
func (t *tracker) update(e Event, f func(*Progress, *Result)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(&t.progress, &t.result)
	if t.call == nil {
		return
	}
	now := time.Now()
	if e.Kind == EventProgress {
		if now.Sub(t.reported) < progressEvery {
			return
		}
		t.reported = now
	}
	t.progress.Elapsed = now.Sub(t.began)
	e.Progress = t.progress
	t.call(e)
}

// equal counts a file that is the same on both sides. It makes few events, because
// there may be millions of such files.
func (t *tracker) equal() {
	t.mu.Lock()
	t.progress.Equal++
	t.result.Equal++
	n := t.result.Equal
	t.mu.Unlock()
	if t.call != nil && n%256 == 0 {
		t.update(Event{Kind: EventProgress}, func(*Progress, *Result) {})
	}
}

// Events runs Apply and yields its events, in the order in which they happen. The last
// one is EventEnd, with the error that Apply returns. Leaving the loop ends the run, as
// the end of the context does. Options.Progress is called as well.
func (p *Plan) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if ctx == nil {
			ctx = context.Background()
		}
		ctx, cancel := context.WithCancel(ctx)
		events := make(chan Event)
		q := *p
		q.opts.Progress = func(e Event) {
			if p.opts.Progress != nil {
				p.opts.Progress(e)
			}
			if e.Kind == EventEnd {
				return
			}
			select {
			case events <- e:
			case <-ctx.Done():
			}
		}
		var end Event
		done := make(chan struct{})
		defer func() {
			cancel()
			<-done
		}()
		run := newRun(&q)
		go func() {
			defer close(done)
			run.guarded(func() {
				_, end.Err = run.apply(ctx, q.each)
			})
		}()
		for going := true; going; {
			select {
			case e := <-events:
				if !yield(e, nil) {
					return
				}
			case <-done:
				going = false
			}
		}
		run.broken.Resume()
		end.Kind, end.Progress = EventEnd, run.track.snapshot()
		yield(end, end.Err)
	}
}

func (t *tracker) snapshot() Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.progress.Elapsed = time.Since(t.began)
	return t.progress
}
