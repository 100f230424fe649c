package files

import (
	"context"
	"io"
	"iter"
	"time"
)

// Bucket is a store of named files: a process's memory, a local folder, a bucket of S3
// or GCS, a container of Azure. Every implementation keeps the same contract, which the
// package documentation numbers.
//
// A Bucket is safe for concurrent use, and the calls for one name are linearizable
// (X1). Options may be nil, which is the same as a pointer to the zero value; they are
// neither kept nor changed. Names obey [CheckName]. Besides the errors that a method
// lists, it may return ErrUnavailable, ErrUnsupported (see [Features]), ErrClosed and
// the error of the context. Every failure is an [*Error].
//
// After version 1 the interface gains no method. Only the option structs and the
// optional abilities, such as a server-side copy, may grow.
type Bucket interface {
	// Put stores the content under the name and replaces the file that is there, all or
	// nothing (P1). Readers see the old file until the commit, and keep seeing it if
	// Put fails. When Put returns nil the file is durable (P4), and the Info is exactly
	// that of what was written (P3).
	//
	// Put reads from content's current position to io.EOF and does not close it (P12).
	// The memory of a bytes.Reader, bytes.Buffer or strings.Reader may be sent without
	// a copy: it must not change until Put returns, and is not read afterwards.
	//
	// Errors: ErrInvalidName, ErrInvalid (options, metadata, nil content), ErrExist and
	// ErrPrecondition (by PutOptions.If), ErrCorrupt (size or digest do not match),
	// ErrTooLarge, ErrUncertain, ErrPermission, ErrNoBucket, and whatever content's
	// Read returned.
	Put(ctx context.Context, name string, content io.Reader, opts *PutOptions) (Info, error)

	// Get opens the file for reading. A missing file is ErrNotExist, here and
	// not at the first Read (G1). The caller closes the Reader; ctx governs it
	// until then (G9).
	//
	// Errors: ErrNotExist, ErrNotModified (by GetOptions.IfNotVersion),
	// ErrPrecondition (by GetOptions.IfVersion), ErrInvalid, ErrInvalidName,
	// ErrPermission, ErrNoBucket; ErrCorrupt and ErrChanged come from reading.
	Get(ctx context.Context, name string, opts *GetOptions) (*Reader, error)

	// Stat returns the Info that Get returns, without the content (S1). A directory is
	// not a file: it is ErrNotExist.
	//
	// Errors: ErrNotExist, ErrInvalid, ErrInvalidName, ErrPermission, ErrNoBucket.
	Stat(ctx context.Context, name string, opts *StatOptions) (Info, error)

	// List yields the files below the directory dir in ascending byte order of their
	// full names; "" is the whole bucket (L1). Each range over the result is a new
	// listing. The first error ends it and comes with a zero Entry (L9). A directory
	// that does not exist is empty (L6). The loop's body may call any method of the
	// bucket.
	//
	// Errors: ErrInvalid (options), ErrInvalidName (dir), ErrPermission, ErrNoBucket.
	List(ctx context.Context, dir string, opts *ListOptions) iter.Seq2[Entry, error]

	// Delete removes the file. A missing file is not an error (D1).
	//
	// Errors: ErrPrecondition (by DeleteOptions.IfVersion), ErrInvalidName,
	// ErrPermission, ErrNoBucket.
	Delete(ctx context.Context, name string, opts *DeleteOptions) error

	// Features returns what the bucket can do, without a request. The result changes
	// only if a call to the bucket shows that the store can or can't do something.
	Features() Features

	// Close ends the use of the bucket: afterwards every method returns ErrClosed. It
	// waits for nothing: calls in flight finish and open Readers stay readable (X3).
	// Closing again is allowed.
	Close() error
}

// Version names one state of one file's content. It is opaque, printable ASCII without
// quotes. Equal versions mean equal content (V1). "" is not a version.
type Version string

// Entry is what a listing reports of a file or a directory.
type Entry struct {
	// Name is the full name of the file in its bucket. The name of a directory ends in
	// "/".
	Name string `json:"name"`
	// Size is the content's length in bytes; 0 for a directory.
	Size int64 `json:"size"`
	// ModTime is the time of the last Put, in UTC, truncated to
	// Features.TimeResolution. It is zero if it isn't known (V2).
	ModTime time.Time `json:"modTime,omitzero"`
	// Version is the content's version, or "" if the bucket has none.
	Version Version `json:"version,omitempty"`
	// IsDir is true for a directory, which only shallow listings yield.
	IsDir bool `json:"isDir,omitempty"`
	// Key is empty, except for an object whose name is outside the naming rule
	// (ListOptions.Foreign). Such an entry's Name is empty: Get, Stat and Delete take
	// the Key in their options, with the name "".
	Key string `json:"key,omitempty"`
}

// Attributes are what a caller can store with a file beside its content. Each Put
// replaces them as a whole (P5). Each of the five headers is printable ASCII without a
// space at either end, of at most [MaxHeader] bytes ([MaxContentLanguage] for the
// language), and all together have at most [MaxHeaders]. Anything else is ErrInvalid
// (P7).
type Attributes struct {
	// ContentType is a media type such as "text/plain; charset=utf-8". If it is empty,
	// Put finds the type by the name's extension in a fixed table, or else by the first
	// 512 bytes (P6).
	ContentType string `json:"contentType,omitempty"`

	// CacheControl, ContentDisposition and ContentLanguage are stored and returned as
	// they are.
	CacheControl       string `json:"cacheControl,omitempty"`
	ContentDisposition string `json:"contentDisposition,omitempty"`
	// ContentEncoding is stored and returned; Get never decodes (P7).
	ContentEncoding string `json:"contentEncoding,omitempty"`
	ContentLanguage string `json:"contentLanguage,omitempty"`

	// Metadata holds the caller's own keys and values: at most 1,900 bytes in all,
	// counted as URL-escaped. Keys are non-empty, and their ASCII letters are folded to
	// lower case (P7). A map that the package returns belongs to the caller.
	Metadata map[string]string `json:"metadata,omitempty"`
}

// Info is everything that is known of one file. Put, Get and Stat return it.
type Info struct {
	Entry
	Attributes
	// Digest holds the digests of the whole content that the bucket knows.
	Digest Digest `json:"digest,omitzero"`
}
