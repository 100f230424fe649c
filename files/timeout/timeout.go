// Package timeout bounds how long a bucket waits for the other side: for the response
// to a call, for further bytes of a body, for the next entry of a listing, and for the
// call as a whole.
//
//	b, err = timeout.New(b, &timeout.Options{
//		Call:      10 * time.Minute,
//		FirstByte: 5 * time.Second,
//		Idle:      10 * time.Second,
//		Page:      10 * time.Second,
//	})
//
// Drivers of services have such limits already: the URL parameters timeout= and
// read_timeout=, a minute each by default. This package is for stricter limits, and for
// buckets that have none. If a program imports it, timeout=5s works in the URL of every
// scheme that has no such parameter, and means [Silence].
//
// # What it promises
//
//   - Only waiting counts. The limits don't count the time that a caller takes between
//     two Reads of a body, that a loop's body spends on an entry, or that a Put's
//     content takes to be read.
//   - The limit on opening a body doesn't end a body that was opened in time. Idle
//     begins again after each piece of the body, even if a driver resumes the body.
//   - The caller's own deadline or cancellation remains the caller's error.
//   - A response that arrives just as the limit ends is still returned.
//
// # Errors
//
// A call that exceeds a limit fails with files.ErrUnavailable, so that a retry above
// may repeat it. A write that may have been stored fails with files.ErrUncertain
// instead. That is the case if the bucket below returns ErrUncertain, or if it reports
// only the end of its context. But a Put whose content wasn't read to its end can't
// have been stored, and fails with ErrUnavailable.
//
// Both errors match os.ErrDeadlineExceeded and have an [*Error] as their cause. They
// don't match context.DeadlineExceeded, which means the caller's own deadline.
//
// # What it can't keep
//
//   - If the bucket below can't react to the end of its context, for example because a
//     system call on a disk hangs, the call doesn't return in time.
//   - A body from memory or a local disk isn't watched.
//   - Some drivers read a whole part of a large Put before they send it, and read no
//     content while they send it. Idle must be long enough for sending a part.
//   - A copy inside a store may work for long before it responds, so only Call bounds
//     it.
//   - Transfers with a signed URL aren't limited.
//
// # Order of layers
//
// Put a retry outside, so that each attempt has its own time:
//
//	b, err = timeout.New(b, opts)
//	b = retry.Wrap(b, policy)
//
// A call to a silent server then takes at most the number of attempts times the
// timeout, plus the delays between the attempts. Put a limit (package limit) outside
// too, so that the timeout doesn't count the wait for a slot.
//
// # What it costs
//
// A Get makes one allocation beyond those of files.Wrap. The package starts no
// goroutine, and starts a timer only if the bucket below waits for the end of its
// context. A Read of a body reads the clock twice. The package links only this module
// and the standard library.
package timeout

import (
	"fmt"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// Options are the options of New. A field of 0 is no limit; at least one limit must be
// set.
type Options struct {
	// Call bounds the sum of a call's waits for the other side: of a Get and its body
	// until Close, and of a listing until its end. It also ends a body that arrives
	// slowly but never pauses for long.
	Call time.Duration
	// FirstByte bounds each wait for the beginning of a response:
	//   - until a body is open, and then until its first byte
	//   - until the first entry of a listing
	//   - until a Put begins to read its content, and from the content's end until the
	//     Put returns
	//   - until any other call except a copy returns
	//
	// A step of an upload of package resume sends a part or waits for a response. It is
	// bounded by the longer of FirstByte and Idle, and not at all if one of them is 0.
	FirstByte time.Duration
	// Idle bounds each wait for further bytes of a body, and each time during which a
	// Put reads no content.
	Idle time.Duration
	// Page bounds each wait for the next entry of a listing, including the wait for its
	// next page.
	Page time.Duration
}

// Silence returns options that bound each single wait for the other side by d, but not
// a call as a whole.
func Silence(d time.Duration) *Options {
	return &Options{
		FirstByte: d,
		Idle:      d,
		Page:      d,
	}
}

// New returns a bucket with these limits. It is safe for concurrent use, and closing it
// leaves b open.
//
// Errors: ErrInvalid for a nil bucket, a negative limit, options without any limit, and
// a limit that is longer than Call.
func New(b files.Bucket, opts *Options) (files.Bucket, error) {
	if err := opts.check(b); err != nil {
		return nil, driver.NewError(files.OpOpen, "", err)
	}
	l := &layer{*opts}
	return files.Wrap(b, files.Hooks{
		Layer:    opts.String(),
		Observes: true,
		Around:   l.around,
		Content:  l.content,
		Body:     l.body,
		List:     l.list,
		Uploads:  true,
	}), nil
}

func (o *Options) check(b files.Bucket) error {
	switch {
	case nils.Is(b):
		return driver.Errorf(files.ErrInvalid, "the bucket is nil")
	case o == nil || *o == Options{}:
		return driver.Errorf(files.ErrInvalid, "timeout.Options has no limit")
	}
	for _, l := range o.each() {
		switch {
		case l.d < 0:
			return driver.Errorf(files.ErrInvalid, "timeout.Options.%s is negative", l.name)
		case o.Call > 0 && l.d > o.Call:
			return driver.Errorf(files.ErrInvalid,
				"timeout.Options.%s is longer than Call, which always ends first", l.name)
		}
	}
	return nil
}

type named struct {
	name string
	d    time.Duration
}

func (o *Options) each() []named {
	return []named{
		{"Call", o.Call},
		{"FirstByte", o.FirstByte},
		{"Idle", o.Idle},
		{"Page", o.Page},
	}
}

// String returns the limits that are set, such as "timeout 5s" for Silence(5s).
func (o *Options) String() string {
	if o == nil {
		return "timeout"
	}
	if *o == *Silence(o.Idle) {
		return "timeout " + o.Idle.String()
	}
	var set []string
	for _, l := range o.each() {
		if l.d != 0 {
			set = append(set, fmt.Sprintf("%s %v", strings.ToLower(l.name), l.d))
		}
	}
	return "timeout " + strings.Join(set, ", ")
}
