// Package timeout bounds how long a bucket waits for the other side: for the answer to a
// call, between the bytes of a body, between the entries of a listing, and in all.
//
//	b, err = timeout.New(b, &timeout.Options{
//		Call:      10 * time.Minute,
//		FirstByte: 5 * time.Second,
//		Idle:      10 * time.Second,
//		Page:      10 * time.Second,
//	})
//
// Drivers of services have limits of their own, the parameters timeout= and
// read_timeout= of their URLs, a minute each. This package is for stricter ones, and
// for buckets that have none. A program that imports it may write timeout=5s in the URL
// of every scheme without such a parameter, which is [Silence].
//
// What it promises:
//
//   - Only waiting counts. The time that a caller takes between two Reads of a body,
//     that a loop's body takes over an entry, or that a Put's content takes to be read,
//     is not counted.
//   - A body that was opened in time isn't cut by what bounded its opening. Idle counts
//     anew after each piece of the body that comes, also from a driver that resumes.
//   - A caller's own deadline or cancellation stays the caller's error.
//
// A call that is out of time ends with files.ErrUnavailable, which a retry above may
// repeat. A write that may have been stored is files.ErrUncertain: if the bucket below
// says that, or if the bucket says nothing but that the context ended, except for a Put
// whose content wasn't read to its end, which can't have been stored. Either error
// matches os.ErrDeadlineExceeded but not context.DeadlineExceeded, which is the
// caller's, and has an [*Error] as its cause. An answer that comes at the last moment
// counts.
//
// What it can't keep: a bucket below that ignores the end of its context, such as a
// system call on a disk that hangs, holds its caller; a body from memory or a local disk
// isn't watched. Drivers that gather large parts of a Put before they send them are
// silent while they send one, so Idle must be long enough for a part. A copy inside a
// store may work for long before it answers, so Call alone bounds it. What is
// transferred with a signed URL isn't seen.
//
// Retry belongs outside, so that each attempt has its own time:
//
//	b, err = timeout.New(b, opts)
//	b = retry.Wrap(b, policy)
//
// A call to a silent server then ends within attempts × timeout and the waits between
// the attempts. If a limit (package limit) is outside too, the wait for a turn isn't
// counted.
//
// It imports the standard library alone. A call costs one allocation beside those of
// files.Wrap, no goroutine, and a timer if the bucket below waits for the end of its
// context. A Read of a body costs two looks at the clock.
package timeout

import (
	"fmt"
	"strings"
	"time"

	"cloudfiles.dev/files"
)

// Options are the limits. 0 is no limit; at least one must be set.
type Options struct {
	// Call bounds all that one call waits for the other side, added up: of a Get with
	// its body until Close, and of a listing until its end. It also ends what drips.
	Call time.Duration
	// FirstByte bounds the wait for the beginning of an answer: until a body is open,
	// and again until its first byte; until the first entry of a listing; until a Put
	// begins to read its content, and from the content's end until the Put is done;
	// until any other call is done, except a copy.
	FirstByte time.Duration
	// Idle bounds each wait for further bytes of a body, and each time in which a Put
	// takes no bytes of its content.
	Idle time.Duration
	// Page bounds each wait for the next entry of a listing, and so for a page.
	Page time.Duration
}

// Silence returns the options that bound each silence by d, and not a call as a whole.
func Silence(d time.Duration) *Options {
	return &Options{
		FirstByte: d,
		Idle:      d,
		Page:      d,
	}
}

// New returns a bucket with these limits. It is safe for concurrent use, and closing it
// leaves b open. A nil bucket, negative limits, options without any limit, and a Call
// that is shorter than another limit are files.ErrInvalid.
func New(b files.Bucket, opts *Options) (files.Bucket, error) {
	if err := opts.check(b); err != nil {
		return nil, files.NewError(files.OpOpen, "", err)
	}
	l := &layer{*opts}
	return files.Wrap(b, files.Hooks{
		Layer:    opts.String(),
		Observes: true,
		Around:   l.around,
		Content:  l.content,
		Body:     l.body,
		List:     l.list,
	}), nil
}

func (o *Options) check(b files.Bucket) error {
	switch {
	case b == nil:
		return files.Errorf(files.ErrInvalid, "the bucket is nil")
	case o == nil || *o == Options{}:
		return files.Errorf(files.ErrInvalid, "timeout.Options have no limit")
	}
	for _, l := range o.each() {
		switch {
		case l.d < 0:
			return files.Errorf(files.ErrInvalid, "timeout.Options.%s is negative", l.name)
		case o.Call > 0 && l.d > o.Call:
			return files.Errorf(files.ErrInvalid,
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

// String returns the limits that are set, such as "timeout 5s" if all silences have the
// same.
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
