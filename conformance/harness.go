package conformance

import (
	"context"
	"os/exec"
	"time"

	"cloudfiles.dev/files"
)

// T is what a case needs of a test; *testing.T has it. Errorf and Logf may be called
// from any goroutine, Fatalf and Skipf, which end the case, only from the one that runs
// it.
type T = interface {
	Helper()
	// Context ends when the case is over, before what was given to Cleanup runs.
	Context() context.Context
	Cleanup(func())
	// TempDir returns a new folder that is removed after the case.
	TempDir() string
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Harness says how the suite gets at the driver. Only New or Store is needed; cases
// that need another function are not applicable without it.
type Harness struct {
	// New makes an empty bucket in a store of its own. The suite closes it.
	New func(t T) files.Bucket
	// Store, instead of New, opens one store for the whole run, where making hundreds
	// of buckets is no option. It is called once; t lives as long as the run. Each case
	// gets a bucket of its own in it by files.Sub, below a directory that no other run
	// has (StorePrefix). What was put there is deleted after the case, by its names and
	// by what a listing shows, and once more at the end, also when the run is
	// cancelled; what stays is a [*LeftError]. Nothing else in the store is read or
	// changed. The functions below get the case's bucket, and [Base] tells them store
	// and prefix.
	Store func(t T) files.Bucket
	// Apart makes, beside Store, an empty bucket in a store of its own for the few
	// cases that need one: the store vanishes, a copy goes from one store to another,
	// others have put foreign objects. The suite closes it.
	Apart func(t T) files.Bucket
	// Second opens another handle on the store of the bucket, as a second process
	// would. The suite closes it. With Store, it gets what Store opened, and every case
	// works on a handle of its own, so that Cut reaches no other case.
	Second func(t T, b files.Bucket) files.Bucket
	// Process returns a command that opens the store of the bucket in another process
	// and runs [Serve] on it, for what a second handle in the same process doesn't
	// show. The suite starts it, with the standard input, output and error of its own,
	// and ends it by closing its input. With Store, it gets what Store opened.
	Process func(t T, b files.Bucket) *exec.Cmd
	// Damage changes one of the stored bytes of the file's content, behind the bucket's
	// back, without changing its size.
	Damage func(t T, b files.Bucket, name string)
	// Append writes at the end of the stored file, in place and behind the bucket's
	// back, as another program does that writes a log: for stores whose files can grow,
	// which are disks.
	Append func(t T, b files.Bucket, name string, content []byte)
	// Extend makes the stored file size bytes long, in place and behind the bucket's
	// back. What is new is zeros that take no room, so that a file beyond 4 GiB costs
	// nothing: for stores that have such holes, which are disks.
	Extend func(t T, b files.Bucket, name string, size int64)
	// Unreadable opens another handle on the store of the bucket to which what lies in
	// the directory can't be read, as another user's folder: for stores of which a part
	// may be unreadable, which are disks. The suite closes it.
	Unreadable func(t T, b files.Bucket, dir string) files.Bucket
	// Root opens a directory of the bucket's store as a bucket with a root of its own,
	// in which the bucket's file dir+"/a" is "a": for stores whose roots may lie in each
	// other, such as folders. It is called once there is a file below dir. The suite
	// closes it.
	Root func(t T, b files.Bucket, dir string) files.Bucket
	// Cut makes the connection of every body that is opened from now on break after n
	// bytes; below 0, none.
	Cut func(t T, b files.Bucket, n int64)
	// Leftovers counts what the driver holds beside the files of the bucket: temporaries,
	// unfinished uploads.
	Leftovers func(t T, b files.Bucket) int
	// Requests counts what the bucket has asked its store for until now: the requests to
	// a service, the calls of a backend. Calls of other cases don't count. Without it the
	// suite can't see whether a call that is refused has sent something first.
	Requests func(t T, b files.Bucket) int64
	// Vanish takes the whole store away from beneath the bucket: the folder is removed,
	// the bucket deleted.
	Vanish func(t T, b files.Bucket)
	// Foreign puts an object under each of ForeignKeys, which the naming rule doesn't
	// have, behind the bucket's back. It is also called for such a key behind a
	// directory ("d/e/"+key), which is no name either.
	Foreign     func(t T, b files.Bucket, key, content string)
	ForeignKeys []string
	// Send sends a signed request of the bucket and returns the answer's HTTP status
	// and content.
	Send func(t T, b files.Bucket, s files.SignedURL, content []byte) (status int, answer []byte)
	// Link puts, at the name, something that is no file: a symbolic link to one outside
	// the store.
	Link func(t T, b files.Bucket, name string)
	// URL returns a URL of an empty bucket in a store of its own; with Store, that of
	// the store, to which the suite adds prefix=.
	URL func(t T) string
	// Secrets are texts that no error may show: the physical path, the prefix.
	Secrets func(b files.Bucket) []string
	// Limit ends a case that hangs; 0 is a minute. For a slow store it is the slowest
	// that a case may be.
	Limit time.Duration
	// MaxContent is the largest content, in bytes, that the suite may put, for a store
	// where that is slow or costs; 0 is no limit. A case that needs a larger one is not
	// applicable.
	MaxContent int64
	// MaxFiles is how many files a case may put, for a store where that is slow or
	// costs; 0 is no limit. A case that needs more is not applicable.
	MaxFiles int
	// Known says which cases fail, by their IDs, and why: what the store can't do and
	// Features don't tell. Such a case must fail: one that passes is an error, so that
	// the list stays true.
	Known map[string]string
	// ServerFaults are like Known, for what the server that the tests run on breaks,
	// while the service that it stands for and the driver keep it: case to documented
	// proof, and where else the case is run, such as against a replayed exchange.
	ServerFaults map[string]string
	// ServerRaces are like ServerFaults, for cases that race, so that the server's
	// fault breaks them in some runs only: they may pass.
	ServerRaces map[string]string
	// Unclaimed says why the bucket does not claim a feature, by the name of the field of
	// files.Features, for reports. One that is claimed is an error.
	Unclaimed map[string]string

	// Name, Server and Versions are for reports: the driver's short name, which names
	// the report's file, the server with its version, and the versions of what else
	// counts, beside those of the program's modules.
	Name     string
	Server   string
	Versions map[string]string
	// Seed is that of everything random in the suite. 0 is the environment variable
	// CLOUDFILES_SEED's, or a new one. Reports tell it.
	Seed uint64
	// Soak multiplies how many random sequences and concurrent rounds are run; 0 is 1.
	// Whatever it is, half of a case's Limit is all that they take.
	Soak int
}

// DefaultLimit is how long a case may take where the harness doesn't say.
const DefaultLimit = time.Minute
