package conformance

import (
	"context"
	"os/exec"
	"time"

	"cloudfiles.dev/files"
)

// T is what a case needs of a test. *testing.T implements it. Errorf and Logf may be
// called from any goroutine. Fatalf and Skipf end the case, and may be called only from
// the goroutine that runs it.
type T = interface {
	Helper()
	// Context ends when the case is over, before the functions passed to Cleanup run.
	Context() context.Context
	Cleanup(func())
	// TempDir returns a new folder that is removed after the case.
	TempDir() string
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Harness gives the suite access to the driver. Only New or Store is needed. Cases that
// need another function are not applicable without it.
type Harness struct {
	// New makes an empty bucket in a store of its own. The suite closes it.
	New func(t T) files.Bucket
	// Store is an alternative to New, if making hundreds of buckets is not possible: it
	// opens one store for the whole run. It is called once, and t lives as long as the
	// run. Each case gets a bucket of its own in the store by files.Sub, below a
	// directory that no other run has (StorePrefix). After the case, and again at the
	// end of the run even if it was cancelled, the suite deletes the files that were
	// put there: those whose names it knows, and those that a listing shows. If files
	// remain, the error is a [*LeftError]. The suite reads and changes nothing else in
	// the store. The functions below get the case's bucket, and [Base] returns its
	// store and prefix.
	Store func(t T) files.Bucket
	// Apart makes, in addition to Store, an empty bucket in a store of its own for the
	// few cases that need one: those in which the store vanishes, a copy goes from one
	// store to another, or others have put objects with raw keys. The suite closes it.
	Apart func(t T) files.Bucket
	// Second opens another handle on the store of the bucket, as a second process
	// would. The suite closes it. With Store, Second gets what Store opened, and every
	// case uses a handle of its own, so that Cut affects no other case.
	Second func(t T, b files.Bucket) files.Bucket
	// Process returns a command that opens the store of the bucket in another process
	// and runs [Serve] on it, for faults that a second handle in the same process
	// doesn't show. The suite sets its standard input, output and error, starts it, and
	// ends it by closing its input. With Store, Process gets what Store opened.
	Process func(t T, b files.Bucket) *exec.Cmd
	// Damage changes one stored byte of the file's content, behind the bucket's back,
	// without changing its size.
	Damage func(t T, b files.Bucket, name string)
	// Append writes at the end of the stored file, in place and behind the bucket's
	// back, like another program that writes a log. It is for disks, whose files can
	// grow.
	Append func(t T, b files.Bucket, name string, content []byte)
	// Extend makes the stored file size bytes long, in place and behind the bucket's
	// back. The new part is zeros that take no space, so that a file beyond 4 GiB costs
	// nothing. It is for disks, whose files can have such holes.
	Extend func(t T, b files.Bucket, name string, size int64)
	// Unreadable opens another handle on the store of the bucket, through which the
	// files in the directory can't be read, as in another user's folder. It is for
	// disks, parts of which may be unreadable. The suite closes it.
	Unreadable func(t T, b files.Bucket, dir string) files.Bucket
	// Root opens a directory of the bucket's store as another bucket, in which the
	// bucket's file dir+"/a" is "a". It is for stores whose roots may contain each
	// other, such as folders. It is called when there is a file below dir. The suite
	// closes it.
	Root func(t T, b files.Bucket, dir string) files.Bucket
	// Cut makes the connection of every body that is opened later break after n bytes.
	// If n is negative, connections no longer break.
	Cut func(t T, b files.Bucket, n int64)
	// Leftovers returns the number of temporaries and unfinished uploads that the
	// driver holds in addition to the bucket's files.
	Leftovers func(t T, b files.Bucket) int
	// Requests returns how many requests the bucket has made to its store until now:
	// requests to a service, or calls of a backend. Calls of other cases don't count.
	// Without Requests the suite can't find out whether a call that was refused sent a
	// request before.
	Requests func(t T, b files.Bucket) int64
	// Vanish removes the whole store of the bucket: it removes the folder, or deletes
	// the bucket of the service.
	Vanish func(t T, b files.Bucket)
	// Foreign puts an object under each of ForeignKeys, which are raw keys outside the
	// naming rule, behind the bucket's back. It is also called for such a key below a
	// directory ("d/e/"+key), which isn't a legal name either.
	Foreign     func(t T, b files.Bucket, key, content string)
	ForeignKeys []string
	// Send sends a signed request of the bucket and returns the response's HTTP status
	// and content.
	Send func(t T, b files.Bucket, s files.SignedURL, content []byte) (status int, answer []byte)
	// Link puts something that is not a file under the name: a symbolic link to a file
	// outside the store.
	Link func(t T, b files.Bucket, name string)
	// URL returns a URL of an empty bucket in a store of its own. With Store, it
	// returns the URL of the store, to which the suite adds prefix=.
	URL func(t T) string
	// Secrets returns texts that no error may show: the physical path, the prefix.
	Secrets func(b files.Bucket) []string
	// Limit is the longest time of a case; 0 is a minute. A case that hangs is ended.
	Limit time.Duration
	// MaxContent is the size in bytes of the largest content that the suite may put,
	// for a store that is slow or costs money; 0 is no limit. A case that needs a
	// larger content is not applicable.
	MaxContent int64
	// MaxFiles is the number of files that a case may put, for a store that is slow or
	// costs money; 0 is no limit. A case that needs more is not applicable.
	MaxFiles int
	// Known has the reasons why cases fail, by the cases' IDs: what the store can't do
	// although Features don't say so. Such a case must fail: if it passes, that is an
	// error, so that the list stays true.
	Known map[string]string
	// ServerFaults is like Known, but for faults of the test server: the driver, and
	// the service that the server stands for, keep the rule. The value is a documented
	// proof, and says where else the case is run, such as against a recorded exchange.
	ServerFaults map[string]string
	// ServerRaces is like ServerFaults, but for faults that break a case only in some
	// runs: such a case may also pass.
	ServerRaces map[string]string
	// Unclaimed has the reasons why the bucket does not claim features, by the names of
	// the fields of files.Features. Reports show them. A reason for a feature that is
	// claimed is an error.
	Unclaimed map[string]string

	// Name, Server and Versions are for reports: the driver's short name, which is also
	// that of the report's file; the server with its version; and the versions of
	// anything else that matters, in addition to those of the program's modules.
	Name     string
	Server   string
	Versions map[string]string
	// Seed is the seed of everything random in the suite. If it is 0, the seed is that
	// of the environment variable CLOUDFILES_SEED, or a new one. Reports have it.
	Seed uint64
	// Soak multiplies the number of random sequences and concurrent rounds; 0 is 1. In
	// any case they end after half of the case's Limit.
	Soak int
}

// DefaultLimit is the longest time of a case if Harness.Limit is 0.
const DefaultLimit = time.Minute
