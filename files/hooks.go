package files

import (
	"context"
	"io"
	"iter"
)

// Call is one operation on its way through a wrapper. The options are those that the
// caller gave, or nil; a hook that changes them replaces the pointer by one to a copy,
// before it calls next.
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
	// Content is what a Put reads, or nil; a hook that calls next again rewinds it
	// before, if it can seek.
	Content io.Reader
	// Errors are those of DeleteMany, one, or nil, for each of Names, once next has
	// returned. When Around returns, they are for the names that the caller gave.
	Errors []error

	// Info is filled in by next for OpPut, OpGet, OpStat and OpCopy, where they
	// succeed. Around may change it, but for OpGet.
	Info Info
	// Signed is filled in by next for OpSignGet, OpSignPut and OpSignDelete. Around may
	// replace it, or set it without calling next: a wrapper that signs by itself.
	Signed SignedURL

	won winner
}

// Hooks say what a wrapper does to the operations that pass through it. Nil hooks do
// nothing. Hooks are called concurrently.
//
// What the wrapper doesn't claim in its Features, it refuses by itself, before a hook
// is called: errors.ErrUnsupported, or ErrPermission where it is ReadOnly.
type Hooks struct {
	// Around is called for each operation but Features and Close; next carries it out.
	// An error that Around returns is what the caller sees. Not calling next means that
	// nothing happens: then Around must return an error, or set Call.Signed. For a
	// listing next returns at once, and for OpGet as soon as the body is open.
	//
	// Around may call next again where next has failed and the content, if any, can be
	// read again. Of several calls at once, which a Put's content rules out, the first
	// that succeeds counts: the others are ErrClosed, and their bodies are closed.
	//
	// The context that is given to next governs the operation, and goes on to govern
	// the listing or the body: a deadline holds until its end. Only a cancellation that
	// comes before Around has returned, as by a deferred cancel, ends nothing that next
	// has opened.
	Around func(ctx context.Context, call *Call, next func(context.Context) error) error
	// Done is called once for each operation that began, which is when Around is
	// called: for OpGet when the body is closed, for a listing when the loop ends,
	// otherwise when the operation is over. n is the bytes of the body that were read
	// or stored, or the entries that were listed; a loop that breaks off early has a
	// nil err.
	//
	// It is called whatever ends the operation: where a panic or runtime.Goexit does,
	// of a hook, a reader, a writer that the body is written to, or the body of a loop
	// over a listing or over Chunks, err says so. Each range over a listing is an
	// operation of its own, and one that isn't run is none.
	Done func(ctx context.Context, call *Call, n int64, err error)
	// Content replaces the reader of a Put's content. A content that can seek stays
	// seekable only if the replacement can. It is for observers: what stores other
	// bytes than it is given is a Transform.
	Content func(ctx context.Context, call *Call, content io.Reader) io.Reader
	// Body replaces the reader of a Get's body, beneath the check against the digest,
	// which is that of the bytes stored. One whose Read may block should have a Close
	// that ends it, with an error or without; the body itself is closed anyway.
	// Server-side copies from such a wrapper and signed URLs are refused, since they
	// would get round it.
	Body func(ctx context.Context, call *Call, body io.Reader) io.Reader
	// Transform, if not nil, stores other bytes than the caller's: compression,
	// encryption. It is the one place where sizes, digests, ranges and content are the
	// wrapper's to say.
	Transform *Transform
	// List replaces the listing of the bucket below, which list begins with the options
	// that it is given: how a hook goes on with one that broke off. Names and options
	// are those below.
	List func(ctx context.Context, call *Call, opts ListOptions,
		list func(context.Context, ListOptions) iter.Seq2[Entry, error]) iter.Seq2[Entry, error]
	// Entry keeps a listed entry if it returns true.
	Entry func(call *Call, e Entry) bool
	// Names, if not nil, gives the files other names below than above.
	Names *NameMap
	// Features changes what the bucket says that it can do. It may be called again,
	// when what the bucket below can do has become known.
	Features func(Features) Features
	// Restrict stops As at this wrapper, which a wrapper with Names, Body or Transform
	// does anyway.
	Restrict bool
	// CloseInner closes the wrapped bucket with the wrapper, which then owns it.
	CloseInner bool
}

// looks reports whether contents pass through a hook, which server-side copies and
// signed URLs would get round.
func (h *Hooks) looks() bool { return h.Body != nil || h.Content != nil || h.Transform != nil }

// NameMap is a one-to-one mapping of the names above a wrapper to some of those below,
// which keeps byte order and directories.
type NameMap struct {
	// Extra is by how many bytes a name grows at most.
	Extra int
	// Check refuses names that the mapping does not have; nil refuses none beyond the
	// naming rule.
	Check func(name string) error
	// In maps a name, Out maps back; ok is false for names below that have none above.
	In  func(name string) string
	Out func(inner string) (name string, ok bool)
	// List maps a listing's directory (without a trailing slash) and options, which are
	// a copy.
	List func(dir string, opts *ListOptions) (innerDir string)
}

// complete gives what is nil the meaning of no change.
func (n *NameMap) complete() *NameMap {
	if n == nil {
		return nil
	}
	c := *n
	if c.In == nil {
		c.In = func(name string) string { return name }
	}
	if c.Out == nil {
		c.Out = func(inner string) (string, bool) { return inner, true }
	}
	if c.List == nil {
		c.List = func(dir string, _ *ListOptions) string { return dir }
	}
	return &c
}
