// Package hedge makes reads faster if some responses of a bucket are late. If a Get or
// Stat takes longer than most calls do, the same call is made a second time, and the
// result that comes first is returned.
//
//	b, err = hedge.New(b, nil)
//
// The second call begins after the 95th percentile of the times that the last hundred
// calls took, for Get and Stat separately, or after a fixed delay. A budget bounds the
// extra requests to a share of all calls, 5 % by default, so that a service that is
// slow as a whole doesn't get twice its load.
//
// # What it promises
//
//   - Writes, listings and all other calls are made once.
//   - A result counts if it is a success, or an error that a repetition would not
//     change, such as files.ErrNotExist or files.ErrNotModified. files.ErrUnavailable
//     counts only if the other call has ended. A first call that fails before the delay
//     has passed isn't repeated: that is the task of package retry.
//   - The other call is cancelled, and its body is closed. The body that the caller
//     gets isn't affected: it ends with the caller's context alone.
//   - Both calls have the same options, and so the same condition on the version. Info
//     and body come from one call.
//
// # What it can't keep
//
//   - The two calls read the file at two moments: a Get of a file that is being put may
//     return the old or the new file, as any Get may.
//   - A second call helps only until a body is open: reading the body isn't hedged.
//   - If the bucket below ignores the end of its context, the cancelled call keeps a
//     goroutine until it returns.
//
// # Order of layers
//
// Put a limit (package limit) below, so that extra requests count. A timeout (package
// timeout) and a retry may be on either side:
//
//	b, err = limit.New(b, limits)
//	b, err = hedge.New(b, nil)
//	b = retry.Wrap(b, policy)
//
// # What it costs
//
// Once the delay is known, each Get and Stat costs a goroutine, a timer and several
// allocations, which only pays for a bucket behind a network. The package links only
// this module and the standard library.
package hedge

import (
	"fmt"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// The defaults of Options.
const (
	DefaultShare = 0.05
	DefaultBurst = 10
)

// Options are the options of New: when, and how often, a second call is made. A nil
// *Options and the zero value have the defaults.
type Options struct {
	// Delay is the wait before the second call. 0 is the 95th percentile of the times
	// of the last hundred calls, but at least a millisecond; the first 20 calls are not
	// hedged then.
	Delay time.Duration
	// Share bounds the extra requests, as a share of all calls: at most 1, which is one
	// extra request for each call. 0 is DefaultShare.
	Share float64
	// Burst is how many extra requests may be made at once, at the beginning and after
	// a time without any; 0 is DefaultBurst.
	Burst int
}

// New returns a bucket whose reads are hedged. It is safe for concurrent use, and
// closing it leaves b open. opts may be nil.
//
// Errors: ErrInvalid for a nil bucket, a negative delay, share or burst, and a share
// above 1.
func New(b files.Bucket, opts *Options) (files.Bucket, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if err := o.check(b); err != nil {
		return nil, driver.NewError(files.OpOpen, "", err)
	}
	if o.Share == 0 {
		o.Share = DefaultShare
	}
	if o.Burst == 0 {
		o.Burst = DefaultBurst
	}
	h := &hedger{
		delay:  o.Delay,
		budget: budget{share: o.Share, burst: float64(o.Burst), left: float64(o.Burst)},
	}
	return files.Wrap(b, files.Hooks{Layer: opts.String(), Around: h.around, Uploads: true}), nil
}

func (o *Options) check(b files.Bucket) error {
	wrong := ""
	switch {
	case nils.Is(b):
		return driver.Errorf(files.ErrInvalid, "the bucket is nil")
	case o.Delay < 0:
		wrong = "Delay is negative"
	case !(o.Share >= 0 && o.Share <= 1):
		wrong = "Share must be from 0 to 1"
	case o.Burst < 0:
		wrong = "Burst is negative"
	default:
		return nil
	}
	return driver.Errorf(files.ErrInvalid, "hedge.Options.%s", wrong)
}

// String returns the delay, such as "hedge 50ms" or "hedge p95".
func (o *Options) String() string {
	if o == nil || o.Delay == 0 {
		return "hedge p95"
	}
	return fmt.Sprintf("hedge %v", o.Delay)
}
