package observe

import (
	"context"
	"sync/atomic"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/contexts"
)

// Operation is one observed operation. An observer must not change it, or keep it after
// End.
type Operation struct {
	Op      files.Op
	Backend string    // Options.Backend, or the driver's name
	Start   time.Time // when the caller called

	// Bytes counts the bytes of contents that have passed so far: those read from a
	// Get's body, or taken from a Put's content, including attempts that failed.
	Bytes int64
	// FirstByte is how long a Get waited until its body was open and then for its first
	// byte. It is 0 if no byte was read, and in other operations.
	FirstByte time.Duration

	// The fields below are set before End is called.

	// Duration is the time from Start until the operation was over.
	Duration time.Duration
	// Items is the number of entries that were listed, or of names given to DeleteMany.
	Items int64
	// Retries is the number of requests that were repeated below.
	Retries int64
	// Err is the operation's error, or nil; for DeleteMany, the first failure of a
	// name. Its text contains names, so show it only if ShowsNames returns true.
	Err error
	// Outcome is what the function Outcome returns for Err.
	Outcome string
	// Failed is what IsFailure returns for Err.
	Failed bool

	context opContext
	names   bool
	call    *files.Call
	open    time.Duration // from Start until the body was open
	asked   time.Duration // from Start until the first byte was requested
	opened  bool
	begun   bool // the first byte was requested
}

// opContext is the context of an operation. It carries the counter to which package
// retry adds.
type opContext struct {
	context.Context
	retries atomic.Int64
}

// Value returns the counter of retries, and otherwise the value of the context above.
func (c *opContext) Value(key any) any {
	if key == (contexts.RetriesKey{}) {
		return &c.retries
	}
	return c.Context.Value(key)
}

// ShowsNames reports whether names and texts of errors may be shown.
func (o *Operation) ShowsNames() bool { return o.names }

// Name returns the name of the file or directory, or "" unless Options.Names is set.
func (o *Operation) Name() string {
	if !o.names {
		return ""
	}
	return files.Printable(o.call.Name)
}

// Reads reports whether the bytes are read, as opposed to written.
func (o *Operation) Reads() bool { return o.Op == files.OpGet }

// opens records at its first call that a body is open, and at its second that the first
// byte is requested.
func (o *Operation) opens() {
	if !o.opened {
		o.opened = true
		o.open = time.Since(o.Start)
		return
	}
	o.begun, o.asked = true, time.Since(o.Start)
}

// counts counts bytes.
func (o *Operation) counts(n int64) {
	if o.Bytes == 0 && o.begun {
		o.FirstByte = o.open + time.Since(o.Start) - o.asked
	}
	o.Bytes += n
}

func (o *Operation) ends(n int64, err error) {
	o.Duration = time.Since(o.Start)
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
