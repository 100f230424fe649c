// Package limit bounds the load that a program puts on a bucket: calls in flight,
// operations a second and bytes a second, for all calls together and for reads and
// writes apart.
//
//	b, err = limit.New(b, &limit.Options{
//		All:    limit.Limits{Calls: 64},
//		Reads:  limit.Limits{BytesPerSecond: 50 << 20},
//		Writes: limit.Limits{PerSecond: 100},
//	})
//
// A call that exceeds a limit waits. Those that wait are served in the order in which
// they came, and a wait ends with its context. A wait for a rate that can't be over
// before the context's deadline fails at once, with context.DeadlineExceeded. A wait
// that is given up uses up nothing.
//
// What a call in flight is:
//
//   - A call holds a slot until it returns. An open body holds none: a program may read
//     any number of bodies while it makes further calls. Bytes a second are counted
//     while a body or a Put's content is read, whoever reads it.
//   - A Put holds a slot while it sends. While it waits for its content, and others wait
//     for a slot, it lends its slot out. So a content that itself reads from the bucket
//     doesn't wait for ever.
//   - A listing holds a slot until its first entry, and again each time as many entries
//     have come as a page has, but never while the loop's body runs. Each of these times
//     is an operation.
//   - Signing isn't limited, because it makes no request. DeleteMany is one call for up
//     to 1,000 names.
//
// What it can't keep: it counts calls and not requests, of which a driver may make
// several for one call. Bytes are counted where they are taken from, so a buffer below
// may hold some, and what is copied inside a store or transferred with a signed URL has
// none. Two programs have two limits.
//
// A retry belongs outside, so that no slot is held between two attempts, and package
// timeout inside, so that the wait for a turn isn't counted.
//
// It imports the standard library alone. A call that needs not wait costs no allocation
// beside those of files.Wrap, and a mutex for each limit that is set. The rate isn't that
// of golang.org/x/time/rate because a wait that is given up there may use up its turn,
// and more than the burst is an error there.
package limit

import (
	"fmt"
	"math"
	"strings"

	"cloudfiles.dev/files"
)

// Options are the limits of a bucket. A call must keep to All, and to Reads or Writes
// as well. At least one limit must be set.
type Options struct {
	All    Limits
	Reads  Limits // Get, Stat, List and Check
	Writes Limits // Put, Copy, Move, Delete and DeleteMany
}

// Limits are bounds of one kind. 0 is no bound.
type Limits struct {
	// Calls is how many calls are in flight at most.
	Calls int
	// PerSecond is how many calls begin in a second, evenly spaced; 0.1 is one in ten
	// seconds.
	PerSecond float64
	// Burst is how many calls may begin at once after a pause; 0 is 1.
	Burst int
	// BytesPerSecond is how many bytes of contents pass in a second.
	BytesPerSecond int64
	// BytesBurst is how many bytes may pass at once after a pause; 0 is the tenth part
	// of BytesPerSecond. Larger pieces are divided.
	BytesBurst int64
}

// New returns a bucket with these limits. It is safe for concurrent use, and closing it
// leaves b open. A nil bucket, negative or not finite limits, a burst of a rate that
// isn't set, and options without any limit are files.ErrInvalid.
func New(b files.Bucket, opts *Options) (files.Bucket, error) {
	err := opts.check()
	if b == nil {
		err = files.Errorf(files.ErrInvalid, "the bucket is nil")
	}
	if err != nil {
		return nil, files.NewError(files.OpOpen, "", err)
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
		Uploads:  true, // without a limit of writes, which need Content
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
		return files.Errorf(files.ErrInvalid, "limit.Options have no limit")
	}
	for _, n := range o.each() {
		if what := n.l.wrong(); what != "" {
			return files.Errorf(files.ErrInvalid, "limit.Options.%s: %s", n.name, what)
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
