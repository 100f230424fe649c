package conformance

import (
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// StorePrefix is what every directory that a run makes in a shared store begins with; a
// random part follows.
const StorePrefix = "cloudfiles-conformance-"

// Base returns the handle on the store that a case's bucket stands on and the prefix of
// its names there, for the functions of a [Harness] with Store, which work behind the
// bucket's back: the case's file "a" is the store's prefix+"a". Of a bucket that has a
// store of its own it returns that bucket and "".
func Base(b files.Bucket) (store files.Bucket, prefix string) { return suite.Base(b) }

// LeftError says what a run left behind in a shared store: Dir is the directory that
// holds it, and Names are the files that are known to be left, or that may be: those
// that could not be deleted, and those that a listing showed at the end. Err is why.
type LeftError = suite.LeftError
