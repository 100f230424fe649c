// Package driver is for authors of drivers. A [Backend] moves bytes and decides
// conditions; [New] makes a files.Bucket of it and does everything else once: names,
// content types, metadata, digests, ranges, errors, chunks, timeouts and closing.
//
// A Backend sees only legal names, checked options and a context that has not ended. It
// returns the sentinels of package files, bare or through files.Errorf and
// files.WithCause; New adds operation and name. What it returns is passed on as it is:
// an error text of its own must hold no physical path, prefix or secret (E1).
//
// Package cloudfiles.dev/conformance says step by step how a driver is written and held
// to the contract, and cloudfiles.dev/examples/mapdriver is a whole one.
package driver

import (
	"context"
	"io"
	"iter"

	"cloudfiles.dev/files"
)

// Backend is what a driver implements. Its methods are called concurrently. No method
// is called after Close, and Close is called when the last call ended and the last body
// was closed.
type Backend interface {
	// Put reads req.Content to io.EOF and then commits, all or nothing. Any other error
	// of Content means: abort, change nothing and return that error. The Info returned
	// needs Size, ModTime, Version and whatever else the commit's answer told; name,
	// attributes and digest are filled in by New. The conditions are decided at the
	// commit: files.ErrExist, files.ErrPrecondition.
	Put(ctx context.Context, req *PutRequest) (files.Info, error)

	// Open opens the file for reading; the Info is that of the whole file. A missing file
	// is files.ErrNotExist. ctx governs the body until it is closed.
	Open(ctx context.Context, req OpenRequest) (Object, error)

	// Stat returns the Info of the file that key names.
	Stat(ctx context.Context, key Key) (files.Info, error)

	// List yields entries with full names in ascending byte order, ending with the
	// first error. It may yield more than req.Limit entries: New cuts. An error of what
	// it could not read, while it went on with the rest, comes last (L9), or with the
	// entry that is the req.Limit-th. If it is an *files.Error of files.OpList, its
	// name, which is below the directory, is kept.
	List(ctx context.Context, req ListRequest) iter.Seq2[files.Entry, error]

	// Delete removes the file; a missing one is nil, or files.ErrPrecondition under a
	// condition.
	Delete(ctx context.Context, key Key, ifVersion files.Version) error

	// Features tells what the backend can do. New asks once.
	Features() files.Features

	// Close releases what the backend holds.
	Close() error
}

// Key names a file: a legal name, or the raw key of an object outside the naming rule
// (L7).
type Key struct {
	Name string
	Raw  bool // Name is a raw key, as an entry's Key field told it
}

// PutRequest is one Put.
type PutRequest struct {
	Name string
	// Attributes are complete: the content type is found, metadata is checked and folded.
	// The backend may keep the map, which nobody changes.
	Attributes files.Attributes
	// TypeFound is true where the content type isn't the caller's but was found by
	// ContentType: a backend that stores no attributes finds it again.
	TypeFound bool
	// If is the condition; the zero one is none. IfVersion("") never comes here.
	If files.Condition
	// Size is the content's length in bytes as declared or as the reader tells, or -1.
	// Content verifies a declared one; a backend must not rely on another.
	Size int64
	// SizeDeclared is true where the caller declared it.
	SizeDeclared bool
	// Content is the content; it ends with io.EOF only when size and digests match.
	Content *Upload
	// Native are the caller's options that NativeTaker let pass.
	Native []files.NativeOption
}

// OpenRequest is one Get.
type OpenRequest struct {
	Key   Key
	Range files.Range
	// IfNotVersion: answer files.ErrNotModified where the file is of that version; ""
	// is none.
	IfNotVersion files.Version
	// IfVersion: answer files.ErrPrecondition where it is not; "" is none.
	IfVersion files.Version
	// Growing: other programs may append to the file in place, which is not
	// files.ErrChanged: the body ends where the file ended at the opening. The Info has
	// no digest but of that content.
	Growing bool
}

// Object is an open file.
type Object struct {
	Info files.Info // of the whole file
	// Offset and Length are what the body delivers, as Range.Resolve says.
	Offset, Length int64
	// Body delivers Length bytes from Offset. Its Close may be called during a Read,
	// which it ends. Where it implements files.ImmediateBody or files.FileBody, that is
	// used. May be nil where Length is 0.
	Body io.ReadCloser
}

// ListRequest is one listing, in terms of keys.
type ListRequest struct {
	// Prefix is what full names begin with: "", "dir/", or "dir/pre".
	Prefix string
	// Shallow cuts names behind the first "/" after the directory part of Prefix (up to
	// its last "/"), and yields each such directory once, marked IsDir.
	Shallow bool
	// StartAfter is exclusive, compared with what is yielded; in a shallow listing "d/"
	// goes on behind all of "d/…".
	StartAfter string
	// Limit is how many entries are wanted at most, 0 for all: a hint to read no more
	// than needed.
	Limit int
	// PageSize is how many to ask for at a time, 0 for the backend's choice.
	PageSize int
	// NamesOnly: Size, ModTime and Version may stay zero.
	NamesOnly bool
	// Foreign: yield objects outside the naming rule, with Key and no Name, in the
	// order of their keys.
	Foreign bool
}

// Dir returns the directory part of the prefix, up to and with its last "/", or "".
func (r ListRequest) Dir() string {
	for i := len(r.Prefix); i > 0; i-- {
		if r.Prefix[i-1] == '/' {
			return r.Prefix[:i]
		}
	}
	return ""
}

// CopyRequest is one copy; the target is in the backend that is asked.
type CopyRequest struct {
	Src, Dst string
	// IfSource copies only that version of the source: files.ErrPrecondition otherwise;
	// "" is none.
	IfSource files.Version
	// If is the condition on the target.
	If files.Condition
	// Attributes replace those of the source, complete as in PutRequest; nil keeps them.
	Attributes *files.Attributes
	// FullInfo: the Info must be that of Stat. Without it, it may have Size -1 and no
	// attributes where finding them costs a request.
	FullInfo bool
	// Native are the caller's options that NativeTaker let pass.
	Native []files.NativeOption
}

// Copier is a Backend that copies by itself (C1). from is the source's backend: this
// one, or another of the same type; a Copier that can't reach it answers
// files.ErrUnsupported and changes nothing. A copy onto itself comes here only with
// Attributes or Native.
type Copier interface {
	Copy(ctx context.Context, from Backend, req *CopyRequest) (files.Info, error)
}

// Identifier is a Backend that several handles may share: backends with equal Store are
// one store. Without it, every backend is its own; one whose versions repeat for
// identical bytes (Features.VersionPerPut is false) must have it, or a Move onto the
// same file by another handle would delete it. The value must be comparable.
type Identifier interface {
	Store() any
}

// Signer is a Backend that signs URLs (W1). Method, expiry and content type of the
// options are checked.
type Signer interface {
	SignURL(ctx context.Context, name string, opts files.SignOptions) (files.SignedURL, error)
}

// ManyDeleter is a Backend that deletes many files in one request.
type ManyDeleter interface {
	// DeleteMany deletes at most MaxDeleteMany names; the result has one error, or nil,
	// a name.
	DeleteMany(ctx context.Context, names []string) []error
	MaxDeleteMany() int
}

// Checker is a Backend that can tell whether the bucket is there and may be used, in
// one request. Without it a listing of one entry tells.
type Checker interface {
	Check(ctx context.Context) error
}

// Aser is a Backend that gives away its SDK's own client: As sets *target and returns
// true where it has a value of that type.
type Aser interface {
	As(target any) bool
}
