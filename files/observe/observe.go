// Package observe measures what a program does with a bucket, and reports it to a log,
// or to OpenTelemetry or Prometheus by the packages otelfiles and promfiles below this
// one.
//
//	b, err = observe.New(b, &observe.Options{
//		Observers: []observe.Observer{observe.Log(logger)},
//	})
//
// It is measured once, whoever observes:
//
//   - The operation as the caller made it: one of the files.Op. A Copy that streams is a
//     Get and a Put, an Update a Get or Stat and a Put.
//   - The duration until the operation is over: of a Get until its body is closed, of a
//     listing until the loop ends. The time to the first byte of a Get is apart, without
//     the time that the caller takes between Get and its first Read.
//   - The bytes that were read or stored, while they pass and not only at the end.
//   - How many requests were repeated below by a policy of package retry, in a layer or
//     in a driver.
//   - The outcome: "OK", the files.KindName of the error, "Canceled",
//     "DeadlineExceeded", or "Other".
//
// An answer is not a failure: ErrNotExist, ErrExist, ErrNotModified, ErrPrecondition and
// ErrUnsupported aren't, and neither is what the caller cancelled. A deadline is a
// failure, because it ends what takes too long. See [IsFailure].
//
// No name of a file, no text of an error and no signed URL is reported. With
// Options.Names names and texts of errors are, to logs and traces and never to metrics;
// a signed URL never is.
//
// New keeps everything: server-side copies, signed URLs, As, sizes of contents and
// their rewinding, and the fast ways to read. It can't see what is transferred with a
// signed URL, and of an upload of package resume it sees the steps (files.OpUpload) but
// not the bytes. What lies below a cache isn't seen above it: observe where the
// question is, which may be in two places of a stack.
//
// It imports the standard library alone. A call costs two allocations and, if no
// observer has much to do, less than half a microsecond.
package observe

import (
	"context"
	"fmt"
	"strings"

	"cloudfiles.dev/files"
)

// Observer gets every operation. Its methods are called concurrently for different
// operations, must return fast, and must not use the bucket that they observe.
type Observer interface {
	// Begin is called at the beginning, with what is known: Op, Backend, Start and, if
	// they were asked for, names. The context that it returns governs the operation; it
	// may have values that ctx doesn't have.
	Begin(ctx context.Context, o *Operation) context.Context
	// Passed is called each time that bytes have passed; they are counted in o already.
	Passed(ctx context.Context, o *Operation, n int64)
	// End is called once, when the operation is over.
	End(ctx context.Context, o *Operation)
}

// Options are the options of New.
type Options struct {
	// Observers get the operations; there must be one.
	Observers []Observer
	// Backend is what the bucket is called in logs and metrics; "" is the name of the
	// driver, such as "s3". Give it if the program has several buckets of a driver. It
	// has at most 64 printable bytes.
	Backend string
	// Names has logs and traces show the names of files and directories, and the texts
	// of errors, which have names as well. They have no secret that the library knows of.
	Names bool
}

// New returns the bucket with the observers above it. It is safe for concurrent use, and
// closing it leaves b open. A nil bucket, no or a nil observer, and a Backend that is too
// long or can't be printed are files.ErrInvalid.
func New(b files.Bucket, opts *Options) (files.Bucket, error) {
	if opts == nil {
		opts = &Options{}
	}
	if what := opts.wrong(b); what != "" {
		return nil, files.NewError(files.OpOpen, "", files.Errorf(files.ErrInvalid, "%s", what))
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

// maxBackend is how long Options.Backend may be.
const maxBackend = 64

func (o *Options) wrong(b files.Bucket) string {
	switch {
	case b == nil:
		return "the bucket is nil"
	case len(o.Observers) == 0:
		return "observe.Options has no Observers"
	case len(o.Backend) > maxBackend || files.Printable(o.Backend) != o.Backend:
		return fmt.Sprintf("observe.Options.Backend must be at most %d printable bytes", maxBackend)
	}
	for _, by := range o.Observers {
		if by == nil {
			return "an observer is nil"
		}
	}
	return ""
}

// driverOf returns the name of the driver at the bottom.
func driverOf(b files.Bucket) string {
	layers := files.Layers(b)
	name, _, _ := strings.Cut(layers[len(layers)-1], ",")
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
		Start:   now(),
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
