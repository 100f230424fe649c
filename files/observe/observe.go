// Package observe measures what a program does with a bucket, and reports it to a log.
// Packages otelfiles and promfiles, below this one, report it to OpenTelemetry and
// Prometheus.
//
//	b, err = observe.New(b, &observe.Options{
//		Observers: []observe.Observer{observe.Log(logger)},
//	})
//
// # What is measured
//
// Each operation is measured once, however many observers there are:
//
//   - The operation that the caller called, as a files.Op. A Copy that passes through
//     the program counts as a Get and a Put, and an Update as a Get or Stat and a Put.
//   - The duration until the operation is over. A Get is over when its body is closed,
//     and a listing when the loop ends.
//   - The time until the first byte of a Get, without the time that the caller takes
//     between Get and its first Read.
//   - The bytes that were read or stored. They are counted while they pass, and not
//     only at the end.
//   - The number of requests that a policy of package retry repeated, in a layer below
//     or in the driver.
//   - The outcome: "OK", the files.KindName of the error, "Canceled",
//     "DeadlineExceeded" or "Other".
//
// Some errors are results and not failures: ErrNotExist, ErrExist, ErrNotModified,
// ErrPrecondition, ErrUnsupported, and what the caller cancelled. An exceeded deadline
// is a failure. See [IsFailure].
//
// # What is shown
//
// By default neither names of files nor texts of errors are reported. Options.Names
// adds both to logs and traces, but never to metrics. A signed URL is never reported.
//
// # What it promises
//
// The bucket keeps all its abilities, such as server-side copies, signed URLs, As and
// the fast ways to read. The content of a Put keeps its known size and can still be
// rewound.
//
// # What it can't keep
//
//   - Transfers with a signed URL are not measured. The steps of an upload of package
//     resume are measured (files.OpUpload), but its bytes are not.
//   - A layer that serves a call by itself, such as a cache, hides the call from an
//     observer below it. So the observer's place in the stack decides what it measures.
//     A stack may have several observers.
//
// # What it costs
//
// A Get makes at most two allocations beyond those of its observers. The package links
// only this module and the standard library.
package observe

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// Observer is called for every operation. Its methods are called concurrently for
// different operations, must return quickly, and must not use the bucket that they
// observe.
type Observer interface {
	// Begin is called when the operation begins. Only Op, Backend and Start are set,
	// and the name if Options.Names is. The operation uses the returned context, which
	// may be ctx with more values.
	Begin(ctx context.Context, o *Operation) context.Context
	// Passed is called each time n bytes have passed; o.Bytes includes them already.
	Passed(ctx context.Context, o *Operation, n int64)
	// End is called once, when the operation is over.
	End(ctx context.Context, o *Operation)
}

// Options are the options of New.
type Options struct {
	// Observers are called in this order; there must be at least one.
	Observers []Observer
	// Backend is the bucket's name in logs and metrics: at most 64 printable bytes. If
	// it is "", the name is that of the driver, such as "s3", or that of a layer over
	// several buckets, such as "mount". Set it if the program has several buckets of
	// one driver.
	Backend string
	// Names adds the names of files and directories to logs and traces, and the texts
	// of errors, which contain names too. Secrets are removed from both as far as the
	// library recognizes them (E1).
	Names bool
}

// New returns a bucket that reports each operation on b to the observers. It is safe
// for concurrent use, and closing it leaves b open.
//
// Errors: files.ErrInvalid for a nil bucket, no observer, a nil observer, and a Backend
// that is too long or not printable.
func New(b files.Bucket, opts *Options) (files.Bucket, error) {
	if opts == nil {
		opts = &Options{}
	}
	if what := opts.wrong(b); what != "" {
		return nil, driver.NewError(files.OpOpen, "", driver.Errorf(files.ErrInvalid, "%s", what))
	}
	w := &watcher{
		observers: append([]Observer(nil), opts.Observers...),
		backend:   opts.Backend,
		names:     opts.Names,
	}
	if w.backend == "" {
		w.backend = driverOf(b)
	}
	return files.Wrap(b, files.Hooks{
		Layer:   w.layer(),
		Begin:   w.begin,
		Passed:  w.passed,
		Done:    w.done,
		Uploads: true,
	}), nil
}

// maxBackend is the largest length of Options.Backend, in bytes.
const maxBackend = 64

func (o *Options) wrong(b files.Bucket) string {
	switch {
	case nils.Is(b):
		return "the bucket is nil"
	case len(o.Observers) == 0:
		return "observe.Options has no Observers"
	case len(o.Backend) > maxBackend || files.Printable(o.Backend) != o.Backend:
		return fmt.Sprintf("observe.Options.Backend must be at most %d printable bytes", maxBackend)
	}
	for _, by := range o.Observers {
		if nils.Is(by) {
			return "an observer is nil"
		}
	}
	return ""
}

// driverOf returns the name of the driver at the bottom, such as "s3", or of the layer
// that reads from several buckets, such as "mount". What follows the name isn't for metrics:
// the text of a mount has directories and the layers of each bucket.
func driverOf(b files.Bucket) string {
	layers := files.Layers(b)
	name := layers[len(layers)-1]
	if end := strings.IndexAny(name, ", "); end > 0 {
		name = name[:end]
	}
	return name[:min(len(name), maxBackend)]
}

type watcher struct {
	observers []Observer
	backend   string
	names     bool
}

func (w *watcher) layer() string {
	var by []string
	for _, o := range w.observers {
		if s, ok := o.(fmt.Stringer); ok {
			by = append(by, s.String())
		}
	}
	return strings.TrimSpace("observe " + strings.Join(by, ", "))
}

func (w *watcher) begin(ctx context.Context, c *files.Call) (context.Context, error) {
	o := &Operation{
		Op:      c.Op,
		Backend: w.backend,
		Start:   time.Now(),
		names:   w.names,
		call:    c,
	}
	o.context.Context = ctx
	c.State = o
	ctx = &o.context
	for _, by := range w.observers {
		if more := by.Begin(ctx, o); more != nil {
			ctx = more
		}
	}
	return ctx, nil
}

func (w *watcher) passed(ctx context.Context, c *files.Call, n int64) {
	o, ok := c.State.(*Operation)
	if !ok {
		return
	}
	if n == 0 {
		o.opens()
		return
	}
	o.counts(n)
	for _, by := range w.observers {
		by.Passed(ctx, o, n)
	}
}

func (w *watcher) done(ctx context.Context, c *files.Call, n int64, err error) {
	o, ok := c.State.(*Operation)
	if !ok {
		return
	}
	o.ends(n, err)
	for _, by := range w.observers {
		by.End(ctx, o)
	}
}
