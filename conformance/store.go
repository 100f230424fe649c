package conformance

import (
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// StorePrefix is the beginning of every directory that a run makes in a shared store. A
// random part follows.
const StorePrefix = "cloudfiles-conformance-"

// Base returns the store that a case's bucket is part of, and the prefix of the
// bucket's names there: the case's file "a" is the store's prefix+"a". The functions of
// a [Harness] with Store that change the store directly need it. For a bucket with a
// store of its own, Base returns the bucket and "".
func Base(b files.Bucket) (store files.Bucket, prefix string) { return suite.Base(b) }

// LeftError reports what a run left behind in a shared store. Dir is the directory that
// holds it. Names are the files that are left or may be left: those that could not be
// deleted, and those that a listing had at the end. Err is the reason.
type LeftError = suite.LeftError
