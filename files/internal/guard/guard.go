// Package guard lets a test refuse to open buckets.
package guard

import "sync/atomic"

// Open, if not nil, is asked before a bucket is opened, with the scheme of the URL. Its
// error is that of the call.
var Open atomic.Pointer[func(scheme string) error]
