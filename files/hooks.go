package files

import (
	"context"
	"io"
	"iter"
)

// Call is one operation on its way through a wrapper. The options are those that the caller gave, or nil; a hook that
// changes them replaces the pointer by one to a copy, before it calls next.
type Call struct {
	Op   Op
	Name string // the file or directory, as the caller named it; for DeleteMany ""
	// Source and SourceName are a copy's or move's source, as the caller gave them.
	Source     Bucket
	SourceName string

	Put    *PutOptions
	Get    *GetOptions
	Stat   *StatOptions
	List   *ListOptions
	Delete *DeleteOptions
	Copy   *CopyOptions
	Sign   *SignOptions
	Names  []string // of DeleteMany; a hook that calls next again may leave out what is done
	// Content is what a Put reads: a hook that calls next again rewinds it before, if it can seek.
	Content io.Reader
	// Errors are those of DeleteMany, one, or nil, for each of Names, once next has returned. When Around returns, they are for the names that
	// the caller gave.
	Errors []error

	// Info is filled in by next for OpPut, OpGet, OpStat and OpCopy, where they succeed.
	Info Info
}

// Hooks say what a wrapper does to the operations that pass through it. Nil hooks do nothing.
// Hooks are called concurrently.
type Hooks struct {
	// Around is called for each operation but Features and Close; next carries it out. An error that Around
	// returns is what the caller sees. Not calling next means that nothing happens:
	// then Around must return an error. For a listing next returns at once, and for OpGet as soon as the
	// body is open: the context given to next goes on to govern the loop or the body.
	// Around may call next again where next has failed and the content, if any, can be read again.
	Around func(ctx context.Context, call *Call, next func(context.Context) error) error
	// Done is called once for each operation that Around let through: for OpGet when the body is closed, for a
	// listing when the loop ends, otherwise when the operation is over. n is the bytes of the body that were read or
	// stored, or the entries that were listed; a loop that breaks off early has a nil err.
	Done func(ctx context.Context, call *Call, n int64, err error)
	// Content replaces the reader of a Put's content. A content that can seek stays seekable only if the
	// replacement can.
	Content func(ctx context.Context, call *Call, content io.Reader) io.Reader
	// Body replaces the reader of a Get's body, beneath the check against the digest. One whose Read may block
	// should have a Close that ends it; the body itself is closed anyway. Server-side copies from such a wrapper and
	// signed URLs are refused, since they would get round it.
	Body func(ctx context.Context, call *Call, body io.Reader) io.Reader
	// List replaces the listing of the bucket below, which list begins with the options that it is given: how a hook
	// goes on with one that broke off. Names and options are those below.
	List func(ctx context.Context, call *Call, opts ListOptions, list func(context.Context, ListOptions) iter.Seq2[Entry, error]) iter.Seq2[Entry, error]
	// Entry keeps a listed entry if it returns true.
	Entry func(call *Call, e Entry) bool
	// Names, if not nil, gives the files other names below than above.
	Names *NameMap
	// Features changes what the bucket says that it can do.
	Features func(Features) Features
	// Restrict stops As at this wrapper, which a wrapper with Names or Body does anyway.
	Restrict bool
	// CloseInner closes the wrapped bucket with the wrapper, which then owns it.
	CloseInner bool
}

// NameMap is a one-to-one mapping of the names above a wrapper to some of those below, which
// keeps byte order and directories.
type NameMap struct {
	// Extra is by how many bytes a name grows at most.
	Extra int
	// Check refuses names that the mapping does not have; nil refuses none beyond the naming rule.
	Check func(name string) error
	// In maps a name, Out maps back; ok is false for names below that have none above.
	In  func(name string) string
	Out func(inner string) (name string, ok bool)
	// List maps a listing's directory (without a trailing slash) and options, which are a copy.
	List func(dir string, opts *ListOptions) (innerDir string)
}
