package observe

import (
	"context"
	"sync/atomic"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/contexts"
)

// now is the clock.
var now = time.Now

// Operation is one operation that is observed. An observer changes nothing of it and
// doesn't keep it after End.
type Operation struct {
	Op      files.Op
	Backend string
	Start   time.Time

	// Bytes are those of contents that passed so far: of a Get's body what was read of
	// it, of a Put's content what was taken from it, also by an attempt that failed.
	Bytes int64
	// FirstByte is how long a Get waited until its body was open and for the first byte,
	// or 0 if none was read. What is known before End is the Get alone.
	FirstByte time.Duration

	// What follows is set at the end.

	// Duration is how long it took in all.
	Duration time.Duration
	// Items are the entries that were listed, or the names that DeleteMany got.
	Items int64
	// Retries are the requests that were repeated below.
	Retries int64
	// Err is the error, or nil; of DeleteMany the first failure of a name. Its text has
	// names, so it is shown only if ShowsNames.
	Err error
	// Outcome is "OK" or why the operation ended: see Outcome, the function.
	Outcome string
	// Failed says whether Err is a failure: see IsFailure.
	Failed bool

	context opContext
	names   bool
	call    *files.Call
	open    time.Duration // until the body was open
	asked   time.Time     // when the first byte was
	opened  bool
}

// opContext is the context of an operation, in which package retry finds where to count.
type opContext struct {
	context.Context
	retries atomic.Int64
}

// Value has the counter of retries beside the values of the context above.
func (c *opContext) Value(key any) any {
	if key == (contexts.RetriesKey{}) {
		return &c.retries
	}
	return c.Context.Value(key)
}

// ShowsNames reports whether names and texts of errors may be shown.
func (o *Operation) ShowsNames() bool { return o.names }

// Name returns the name of the file or directory, or "" if names weren't asked for.
func (o *Operation) Name() string {
	if !o.names {
		return ""
	}
	return files.Printable(o.call.Name)
}

// Reads reports whether its bytes are read, as opposed to written.
func (o *Operation) Reads() bool { return o.Op == files.OpGet }

// opens notes that a body is open, and then that its first byte is asked for.
func (o *Operation) opens() {
	if !o.opened {
		o.opened = true
		o.open = now().Sub(o.Start)
		return
	}
	o.asked = now()
}

// counts counts bytes.
func (o *Operation) counts(n int64) {
	if o.Bytes == 0 && !o.asked.IsZero() {
		o.FirstByte = o.open + now().Sub(o.asked)
	}
	o.Bytes += n
}

func (o *Operation) ends(n int64, err error) {
	o.Duration = now().Sub(o.Start)
	if o.Op == files.OpList || o.Op == files.OpDeleteMany {
		o.Items = n
	}
	o.Err, o.Failed = err, IsFailure(err)
	for _, each := range o.call.Errors {
		if IsFailure(each) && !o.Failed {
			o.Err, o.Failed = each, true
		}
	}
	o.Outcome = Outcome(o.Err)
	if o.Retries = o.context.retries.Load(); o.Retries > 0 { // an observer above counts them too
		if above, ok := o.context.Context.Value(contexts.RetriesKey{}).(*atomic.Int64); ok {
			above.Add(o.Retries)
		}
	}
}
