package files

import (
	"context"
	"io"
	"iter"
	"time"
)

// Bucket is a store of named files: a process's memory, a local folder, a bucket
// of S3 or GCS, a container of Azure. Every implementation keeps the same
// contract, which the package documentation numbers.
//
// A Bucket is safe for concurrent use, and every name is linearizable (X1).
// Options may be nil, which is the same as a pointer to the zero value; they are
// neither kept nor changed. Names obey [CheckName]. Every failure is an [*Error].
//
// After version 1 the interface gains no method: what grows are the option
// structs, and optional abilities such as [Copier].
type Bucket interface {
	// Put stores the content under the name, replacing what is there, all or
	// nothing (P1): until it is committed, and for ever when Put fails, readers
	// see the old file. It reads from content's current position to io.EOF and
	// does not close it (P12). What a bytes.Reader, bytes.Buffer or strings.Reader
	// holds may be sent as it is, without a copy: it must not change until Put
	// returns; after that nothing reads it. The Info tells exactly what was written (P3).
	// When Put returns nil the file is durable (P4).
	//
	// Errors: ErrInvalidName, ErrInvalid (options, metadata, nil content),
	// ErrExist and ErrPrecondition (by PutOptions.If), ErrCorrupt (size or digest do
	// not match), ErrTooLarge, ErrUncertain, ErrPermission, ErrNoBucket, and
	// whatever content's Read returned.
	Put(ctx context.Context, name string, content io.Reader, opts *PutOptions) (Info, error)

	// Get opens the file for reading. A missing file is ErrNotExist, here and
	// not at the first Read (G1). The caller closes the Reader; ctx governs it
	// until then (G9).
	//
	// Errors: ErrNotExist, ErrNotModified (by GetOptions.IfNotVersion),
	// ErrPrecondition (by GetOptions.IfVersion), ErrInvalid, ErrInvalidName,
	// ErrPermission, ErrNoBucket; ErrCorrupt and ErrChanged come from reading.
	Get(ctx context.Context, name string, opts *GetOptions) (*Reader, error)

	// Stat tells what Get tells, without the content (S1). A directory is
	// not a file: ErrNotExist.
	Stat(ctx context.Context, name string, opts *StatOptions) (Info, error)

	// List yields the files below the directory dir, "" being the whole bucket,
	// in ascending byte order of their full names (L1). Each range over
	// the result is a new listing; the first error ends it and comes with a
	// zero Entry (L9). A directory that does not exist is empty (L6).
	// The loop's body may call any method of the bucket.
	List(ctx context.Context, dir string, opts *ListOptions) iter.Seq2[Entry, error]

	// Delete removes the file; a missing one is no error (D1).
	//
	// Errors: ErrPrecondition (by DeleteOptions.IfVersion), ErrInvalidName,
	// ErrPermission, ErrNoBucket.
	Delete(ctx context.Context, name string, opts *DeleteOptions) error

	// Features tells what the bucket can do, without a request. During the bucket's
	// life it changes only where use shows that the store can do less, or what it can.
	Features() Features

	// Close ends the use of the bucket: afterwards every method gives
	// ErrClosed. It waits for nothing: calls in flight finish and open
	// Readers stay readable (X3). Closing twice is fine.
	Close() error
}

// Version names one state of one file's content. It is opaque, printable ASCII
// without quotes; equal versions mean equal content (V1). "" is no version.
type Version string

// Entry is what every listing tells of a file or a directory.
type Entry struct {
	// Name is the full name of the file in its bucket; that of a
	// directory ends in "/".
	Name string `json:"name"`
	// Size is the content's length in bytes; 0 for a directory.
	Size int64 `json:"size"`
	// ModTime is the time of the last Put, in UTC, cut to Features.TimeResolution;
	// zero where it isn't known (V2).
	ModTime time.Time `json:"modTime,omitzero"`
	// Version is the content's version, "" where the bucket has none.
	Version Version `json:"version,omitempty"`
	// IsDir is true for a directory, which only shallow listings yield.
	IsDir bool `json:"isDir,omitempty"`
	// Key is empty but for an object whose name is outside the naming rule
	// (ListOptions.Foreign). Such an entry's Name is empty: Get, Stat and Delete
	// take the Key in their options, with the name "".
	Key string `json:"key,omitempty"`
}

// Attributes are what a caller may say of a file beside its content. They are
// replaced as a whole by each Put (P5). The five headers are printable ASCII of at most
// [MaxHeader] bytes each ([MaxContentLanguage] for the language) and [MaxHeaders]
// together, without a space at either end; anything else is ErrInvalid (P7).
type Attributes struct {
	// ContentType is a media type such as "text/plain; charset=utf-8". When
	// Put is given none, it is found by the name's extension in a
	// fixed table, else from the first 512 bytes (P6).
	ContentType string `json:"contentType,omitempty"`

	CacheControl       string `json:"cacheControl,omitempty"`
	ContentDisposition string `json:"contentDisposition,omitempty"`
	// ContentEncoding is stored and told; Get never decodes (P7).
	ContentEncoding string `json:"contentEncoding,omitempty"`
	ContentLanguage string `json:"contentLanguage,omitempty"`

	// Metadata are the caller's own pairs: at most 1,900 bytes in all, counted
	// as URL-escaped; keys are non-empty, their ASCII letters folded to lower case
	// (P7). A map that the package returns is the caller's to keep.
	Metadata map[string]string `json:"metadata,omitempty"`
}

// Info is everything that is known of one file: what Put, Get and Stat return.
type Info struct {
	Entry
	Attributes
	// Digest holds the digests of the whole content that the bucket knows.
	Digest Digest `json:"digest,omitzero"`
}
