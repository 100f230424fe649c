// Package limit bounds the load that a program puts on a bucket: calls in flight,
// operations per second and bytes per second, for all calls together and for reads and
// writes separately.
//
//	b, err = limit.New(b, &limit.Options{
//		All:    limit.Limits{Calls: 64},
//		Reads:  limit.Limits{BytesPerSecond: 50 << 20},
//		Writes: limit.Limits{PerSecond: 100},
//	})
//
// # What it promises
//
//   - A call that would exceed a limit waits. Waiting calls are served in the order in
//     which they came.
//   - A wait ends when its context ends. A wait for a rate that would end after the
//     context's deadline fails at once with context.DeadlineExceeded. A wait that is
//     given up uses nothing of the rate.
//   - A call holds a slot until it returns. An open body holds none, so a program may
//     read any number of bodies while it makes further calls. Bytes per second are
//     counted while a body or a Put's content is read.
//   - A Put holds a slot while it sends. While the Put waits for its content and other
//     calls wait for a slot, it lends its slot to them. So a Put doesn't block forever
//     if its content's Read method calls the same bucket.
//   - A listing holds a slot until its first entry, and again after each page of
//     entries, but never while the loop's body runs. Each of these counts as an
//     operation.
//   - Signing isn't limited, because it makes no request. DeleteMany is one call for up
//     to 1,000 names. Each step of an upload of package resume, such as sending a part,
//     is one call that writes. Its bytes can't be counted, so with a limit of bytes on
//     writes such an upload is one Put.
//
// # What it can't keep
//
//   - The limits apply to calls and not to requests. A driver may make several requests
//     for one call.
//   - Bytes are counted when the caller reads them, or the driver reads them from a
//     Put's content; buffers below may be ahead. What is copied inside a store or
//     transferred with a signed URL is not counted.
//   - The limits of two programs are independent.
//
// # Order of layers
//
// Put a retry outside, so that no slot is held between two attempts, and package
// timeout inside, so that it doesn't count the wait for a slot.
//
// # What it costs
//
// A Get that needn't wait makes no allocation beyond those of files.Wrap, and locks a
// mutex for each limit that is set. The package links only this module and the standard
// library.
package limit

import (
	"fmt"
	"math"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// Options are the options of New. All applies to every call, and Reads or Writes applies
// as well. At least one limit must be set.
type Options struct {
	All    Limits
	Reads  Limits // Get, Stat, List and Check
	Writes Limits // Put, Copy, Move, Delete and DeleteMany
}

// Limits bounds one kind of calls. The zero value of a field is no bound.
type Limits struct {
	// Calls is the largest number of calls in flight.
	Calls int
	// PerSecond is how many calls may begin per second, evenly spaced; 0.1 is one in
	// ten seconds.
	PerSecond float64
	// Burst is how many calls may begin at once after a pause; 0 is 1.
	Burst int
	// BytesPerSecond is how many bytes of contents may pass per second.
	BytesPerSecond int64
	// BytesBurst is how many bytes may pass at once after a pause; 0 is a tenth of
	// BytesPerSecond. A larger piece passes in parts.
	BytesBurst int64
}

// New returns a bucket with these limits. It is safe for concurrent use, and closing it
// leaves b open.
//
// Errors: ErrInvalid for a nil bucket, a limit that is negative or not finite, a burst
// without its rate, and options without any limit.
func New(b files.Bucket, opts *Options) (files.Bucket, error) {
	err := opts.check()
	if nils.Is(b) {
		err = driver.Errorf(files.ErrInvalid, "the bucket is nil")
	}
	if err != nil {
		return nil, driver.NewError(files.OpOpen, "", err)
	}
	l := &limiter{}
	l.all.set(opts.All)
	l.reads.set(opts.Reads)
	l.writes.set(opts.Writes)
	h := files.Hooks{
		Layer:    opts.String(),
		Observes: true,
		Around:   l.around,
		List:     l.list,
		// The bytes of such uploads can't be counted.
		Uploads: l.writes.bytes == nil && l.all.bytes == nil,
	}
	if l.reads.bytes != nil || l.all.bytes != nil {
		h.Body = l.body
	}
	if l.writes.bytes != nil || l.all.bytes != nil || l.writes.calls != nil || l.all.calls != nil {
		h.Content = l.content
	}
	return files.Wrap(b, h), nil
}

type named struct {
	name string
	l    Limits
}

func (o *Options) each() []named {
	return []named{
		{"All", o.All},
		{"Reads", o.Reads},
		{"Writes", o.Writes},
	}
}

func (o *Options) check() error {
	if o == nil || *o == (Options{}) {
		return driver.Errorf(files.ErrInvalid, "limit.Options has no limit")
	}
	for _, n := range o.each() {
		if what := n.l.wrong(); what != "" {
			return driver.Errorf(files.ErrInvalid, "limit.Options.%s: %s", n.name, what)
		}
	}
	return nil
}

// wrong returns what is wrong with the limits, or "".
func (l Limits) wrong() string {
	switch {
	case l.Calls < 0:
		return "Calls is negative"
	case !(l.PerSecond >= 0) || math.IsInf(l.PerSecond, 0):
		return "PerSecond must be finite and not negative"
	case l.Burst < 0:
		return "Burst is negative"
	case l.Burst > 0 && l.PerSecond == 0:
		return "Burst is set without PerSecond"
	case l.BytesPerSecond < 0:
		return "BytesPerSecond is negative"
	case l.BytesBurst < 0:
		return "BytesBurst is negative"
	case l.BytesBurst > 0 && l.BytesPerSecond == 0:
		return "BytesBurst is set without BytesPerSecond"
	}
	return ""
}

// String returns the limits that are set, such as "limit 64 calls, writes 100/s".
func (o *Options) String() string {
	if o == nil {
		return "limit"
	}
	var set []string
	for _, n := range o.each() {
		of := strings.ToLower(n.name) + " "
		if n.name == "All" {
			of = ""
		}
		if n.l.Calls > 0 {
			set = append(set, fmt.Sprintf("%s%d calls", of, n.l.Calls))
		}
		if n.l.PerSecond > 0 {
			set = append(set, fmt.Sprintf("%s%v/s", of, n.l.PerSecond))
		}
		if n.l.BytesPerSecond > 0 {
			set = append(set, fmt.Sprintf("%s%d bytes/s", of, n.l.BytesPerSecond))
		}
	}
	return "limit " + strings.Join(set, ", ")
}
