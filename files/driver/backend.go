package driver

import (
	"context"
	"io"
	"iter"

	"cloudfiles.dev/files"
)

// Backend is what a driver implements.
//
//   - Its methods are called concurrently.
//   - No method is called after Close.
//   - Close is called when the last call has ended and the last body is closed.
type Backend interface {
	// Put reads req.Content to io.EOF and then commits, all or nothing. If Content
	// returns any other error, Put aborts, changes nothing and returns that error. The
	// conditions are decided at the commit: files.ErrExist, files.ErrPrecondition.
	//
	// The Info needs Size, ModTime, Version and whatever else the response to the
	// commit has. New fills in name, attributes and digest.
	Put(ctx context.Context, req *PutRequest) (files.Info, error)

	// Open opens the file for reading. The Info describes the whole file. A missing
	// file is files.ErrNotExist. ctx governs the body until it is closed.
	Open(ctx context.Context, req OpenRequest) (Object, error)

	// Stat returns the Info that Open returns, without opening the file. A missing file
	// is files.ErrNotExist, and so is a directory.
	Stat(ctx context.Context, key Key) (files.Info, error)

	// List yields entries with full names in ascending byte order, and ends with the
	// first error. It may yield more than req.Limit entries: New ignores the rest.
	//
	// If List could not read something and continued with the rest, it yields the error
	// last (L9), or together with entry number req.Limit. If the error is an
	// *files.Error of files.OpList, its name, which is below the directory, is kept.
	List(ctx context.Context, req ListRequest) iter.Seq2[files.Entry, error]

	// Delete removes the file. For a missing file it returns nil, or
	// files.ErrPrecondition if there is a condition.
	Delete(ctx context.Context, key Key, ifVersion files.Version) error

	// Features returns what the backend can do. New calls it once, unless the backend
	// is [Varying].
	Features() files.Features

	// Close releases what the backend holds. files.Bucket.Close returns its error, unless
	// a call was in progress or a body open at that time.
	Close() error
}

// Key is the key of a file: a legal name, or the raw key of an object outside the
// naming rule (L7).
type Key struct {
	Name string
	Raw  bool // Name is a raw key, as in an entry's Key field
}

// PutRequest is one Put.
type PutRequest struct {
	Name string
	// Attributes are complete: the content type is found, and the metadata is checked
	// and folded. The backend may keep the map, which nobody changes.
	Attributes files.Attributes
	// TypeFound is true if the caller gave no content type, and the function
	// ContentType found it. A backend that stores no attributes finds the same type
	// again when the file is read. If TypeFound is false and the type isn't the one
	// that ContentType would find, such a backend returns errors.ErrUnsupported (P6).
	TypeFound bool
	// If is the condition; the zero Condition is none. It is never IfVersion("").
	If files.Condition
	// Size is the content's length in bytes, as the caller declared it or as the
	// content's reader reports it, or -1. Content checks a declared size. A backend
	// must not rely on a size that wasn't declared, because a reader may report a wrong
	// one.
	Size int64
	// SizeDeclared is true if the caller declared the size.
	SizeDeclared bool
	// Content is the content. It ends with io.EOF only if size and digests match.
	Content *Content
	// Native are the caller's options, checked by NativeChecker.
	Native []files.NativeOption
}

// OpenRequest is one Get.
type OpenRequest struct {
	Key   Key
	Range files.Range
	// IfNotVersion: return files.ErrNotModified if the file is of that version; "" is
	// no condition.
	IfNotVersion files.Version
	// IfVersion: return files.ErrPrecondition if the file isn't of that version; "" is
	// no condition.
	IfVersion files.Version
	// Growing: other programs may append to the file in place, which is not
	// files.ErrChanged. The body ends where the file ended when it was opened. The Info
	// has only digests of that content.
	Growing bool
}

// Object is an open file.
type Object struct {
	Info files.Info // of the whole file
	// Offset and Length are those of the requested range, as Range.Resolve returns
	// them.
	Offset, Length int64
	// Before is how many bytes the body delivers in front of Offset, if the service
	// doesn't support ranges and sends the whole file. New skips them; if there are
	// more than MaxBefore, Get is files.ErrUnavailable (G3).
	Before int64
	// Body delivers Length bytes from Offset. If it has more bytes after these, they
	// are not read. It may be nil if Length is 0. Close may be called during a Read,
	// and must end it. Body may implement [ImmediateBody], [AtBody], [BytesBody] or
	// [FileBody], which are then used.
	//
	// New resumes a body that ends too early: one whose Read returns
	// files.ErrUnavailable or io.ErrUnexpectedEOF, or io.EOF before Length bytes (G5).
	// It opens the rest of the same version, and gives up after five attempts in a row
	// that brought no byte. A file without a version can't be resumed, so reading it
	// fails with files.ErrUnavailable. Any other error is returned to the caller as it
	// is. If the caller's context ends, reading fails with the error of [ContextError].
	Body io.ReadCloser
}

// ListRequest is one listing, in terms of keys.
type ListRequest struct {
	// Prefix is what full names begin with: "", "dir/", or "dir/pre".
	Prefix string
	// Shallow cuts names after the first "/" that follows the directory part of Prefix,
	// which ends at its last "/". Each such directory is yielded once, with IsDir true.
	Shallow bool
	// StartAfter is exclusive. It is compared with the names that are yielded, so in a
	// shallow listing "d/" continues after everything in d.
	StartAfter string
	// Limit is how many entries are wanted at most, or 0 for all. It is a hint to read
	// no more than needed.
	Limit int
	// PageSize is how many entries to request at a time; 0 leaves the choice to the
	// backend.
	PageSize int
	// NamesOnly: Size, ModTime and Version may stay zero.
	NamesOnly bool
	// Foreign: yield objects outside the naming rule, with Key and no Name, in the
	// order of their keys.
	Foreign bool
	skip    *skipper
}

// skipper is behind a pointer, so that requests can be compared.
type skipper struct{ dir func(dir string) bool }

// SkipDir reports whether nothing is wanted whose name, or key, begins with dir, which
// ends in a slash and is below the directory of Prefix. A backend that reads directories
// need not read such a one, and then doesn't report that it can't be read. It may ignore
// SkipDir, and makes one call at a time.
func (r ListRequest) SkipDir(dir string) bool { return r.skip != nil && r.skip.dir(dir) }

// Dir returns the directory part of the prefix, up to and including its last "/", or
// "".
func (r ListRequest) Dir() string {
	for i := len(r.Prefix); i > 0; i-- {
		if r.Prefix[i-1] == '/' {
			return r.Prefix[:i]
		}
	}
	return ""
}

// CopyRequest is one copy to the backend that gets it.
type CopyRequest struct {
	// Src is the name in the source's backend, and Dst the name in this one.
	Src, Dst string
	// IfSource copies only that version of the source. If the source has another
	// version, the copy is files.ErrPrecondition. "" is no condition.
	IfSource files.Version
	// If is the condition on the target.
	If files.Condition
	// Attributes replace those of the source, complete as in PutRequest; nil keeps them.
	Attributes *files.Attributes
	// FullInfo: the Info must be the one that Stat returns. Without it, the Info may
	// have Size -1 and no attributes if finding them costs a request.
	FullInfo bool
	// Native are the caller's options, checked by NativeChecker.
	Native []files.NativeOption
}

// Copier is a Backend that copies inside its store (C1). from is the backend of the
// source: the Copier itself, or another of the same type. A Copier that can't reach the
// source returns files.ErrUnsupported and changes nothing. A copy onto itself is only
// requested with Attributes or Native.
type Copier interface {
	// Copy copies req.Src of from to req.Dst.
	Copy(ctx context.Context, from Backend, req *CopyRequest) (files.Info, error)
}

// Identifier is a Backend that says which store it works on: two backends for which
// Store returns equal values work on the same store. The value must be comparable.
//
// A backend that isn't an Identifier counts as a store of its own. A backend must be an
// Identifier if its versions repeat for identical bytes (Features.VersionPerPut is
// false): otherwise a Move of a file onto itself, between two buckets that were opened
// separately, would delete it.
type Identifier interface {
	// Store returns a value that is equal for backends of the same store, and only for
	// these.
	Store() any
}

// Layerer is a Backend that describes itself for files.Layers. Others are shown by the
// name of their package.
type Layerer interface {
	// Layer returns a short text of one line, without secrets, such as "s3, retry 5
	// attempts".
	Layer() string
}

// Signer is a Backend that signs URLs (W1). The options have passed
// files.SignOptions.Check with the backend's Features, and Method and Expiry are set.
type Signer interface {
	// SignURL returns the signed request. It makes no request itself.
	SignURL(ctx context.Context, name string, opts files.SignOptions) (files.SignedURL, error)
}

// ManyDeleter is a Backend that deletes many files in one request.
type ManyDeleter interface {
	// DeleteMany deletes at most MaxDeleteMany names and returns one error, or nil, for
	// each name.
	DeleteMany(ctx context.Context, names []string) []error
	// MaxDeleteMany returns how many names one request takes.
	MaxDeleteMany() int
}

// Checker is a Backend that can check in one request whether the bucket is there and
// may be used. For other backends New lists one entry.
type Checker interface {
	// Check makes the request.
	Check(ctx context.Context) error
}

// Aser is a Backend that gives access to its SDK's own client. As sets *target and
// returns true if the backend has a value of that type.
type Aser interface {
	// As sets *target if it points to a type that the backend has.
	As(target any) bool
}
