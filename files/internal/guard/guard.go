// Package guard has the hook by which a test prevents buckets from being opened by URL.
package guard

import "sync/atomic"

// Open, if not nil, is called before a bucket is opened, with the scheme of the URL. If
// it returns an error, the bucket is not opened, and the call returns that error.
var Open atomic.Pointer[func(scheme string) error]
