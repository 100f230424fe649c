package files

import (
	"context"
	"io"
	"iter"
)

// Call is one operation that passes through a wrapper. Its options are those that the
// caller gave, or nil. To change options, a hook changes a copy of them and sets the
// pointer to it before it calls next.
type Call struct {
	Op   Op
	Name string // the file or directory, as the caller named it; "" for DeleteMany
	// Source and SourceName are the source of a copy or move, as the caller gave them.
	Source     Bucket
	SourceName string

	// The options of the operation, as the caller gave them.
	Put    *PutOptions
	Get    *GetOptions
	Stat   *StatOptions
	List   *ListOptions
	Delete *DeleteOptions
	Copy   *CopyOptions
	Sign   *SignOptions
	Names  []string // of DeleteMany; a hook may remove deleted ones before it calls next again
	// Content is what a Put reads, or nil. A hook that calls next again must rewind it
	// first, if it can seek.
	Content io.Reader
	// Errors are those of DeleteMany, set once next has returned: an error, or nil, for
	// each of Names. When Around returns, they must be for the names that the caller
	// gave.
	Errors []error

	// Info is set by next for OpPut, OpGet, OpStat and OpCopy if they succeed. Around
	// may change it, except for OpGet.
	Info Info
	// Signed is set by next for OpSignGet, OpSignPut and OpSignDelete. Around may
	// replace it. A wrapper that signs by itself sets it without calling next. What it
	// sets must be bound to every option of Sign (W1).
	Signed SignedURL
	// Around may set Opened, without calling next, if it has a body of its own for
	// OpGet, such as one from a cache. The Reader must be for the same file, and for
	// the part that the options name. The caller's context governs it, and the wrapper
	// closes it if it isn't used. Body isn't called for it.
	Opened *Reader

	// State belongs to the wrapper: Begin can keep something in it for Passed and Done.
	State any

	won   winner
	w     *wrapped
	ctx   context.Context // that Begin returned
	step  step            // what next does
	below *Call           // that of the next wrapper below that also waits for the body's end
}

// Hooks are what a wrapper does to the operations that pass through it. A nil hook does
// nothing. Hooks are called concurrently.
//
// The wrapper refuses by itself what its Features don't claim, before a hook is called:
// with errors.ErrUnsupported, or with ErrPermission if it is ReadOnly.
type Hooks struct {
	// Layer is what the function Layers shows for this wrapper: a short text of one
	// line, without secrets, such as "timeout 5s".
	Layer string
	// Observes says that Content and Body only observe: the program loses nothing if
	// content that is copied inside the store, or transferred with a signed URL,
	// doesn't pass them. So server-side copies, signed URLs and As work as if the two
	// hooks were nil. The readers that the hooks return must deliver the same bytes and
	// errors as the readers that they are given. The one of Content must be able to
	// seek if the content can: then the content's size stays known, and a retry can
	// rewind it. Observes concerns no other hook.
	Observes bool
	// Begin is called at the beginning of each operation except Features and Close. The
	// context that it returns governs the operation, including a listing or a body
	// until its end, and is the one that the other hooks get; Done may cancel it. If
	// Begin returns an error, the operation fails with it before anything is done.
	// Begin with Done costs less than Around. If Begin returns a nil context, ctx is
	// used.
	Begin func(ctx context.Context, call *Call) (context.Context, error)
	// Around is called for each operation except Features and Close; next carries the
	// operation out.
	//
	//   - The caller gets the error that Around returns.
	//   - If Around doesn't call next, nothing happens: then it must return an error,
	//     or set Call.Signed or Call.Opened.
	//   - For a listing next returns at once, and for OpGet as soon as the body is
	//     open.
	//   - Around may call next again if next has failed and the content, if any, can be
	//     read again.
	//   - Around may make several calls of next at once, except with a Put's content.
	//     The first call that succeeds counts. The others are ErrClosed, and their
	//     bodies are closed.
	//
	// The context that is given to next governs the operation, and then the listing or
	// the body until its end; so does its deadline. The exception is a cancellation
	// before Around has returned, such as that of a deferred cancel: it doesn't end
	// what next has opened.
	Around func(ctx context.Context, call *Call, next func(context.Context) error) error
	// Done is called once for each operation for which Begin and Around are called: for
	// OpGet when the body is closed, for a listing when the loop ends, and otherwise
	// when the operation is over. n is the bytes of the body that were read or stored,
	// or the entries that were listed. If the caller breaks out of a loop, err is nil.
	//
	// Done is called whatever ends the operation. If a panic or runtime.Goexit does,
	// err says so: in a hook, a reader, a writer that the body is written to, or the
	// body of a loop over a listing or over Chunks. Each range over a listing is an
	// operation of its own; a listing that is never ranged over is not an operation.
	Done func(ctx context.Context, call *Call, n int64, err error)
	// Passed is called with the number of bytes that have passed: bytes of a Get's body
	// when they are read, and bytes of a Put's content when the bucket below has taken
	// them. It is the cheapest way to count, because sizes, seeking, and copies by the
	// operating system still work. It is called with 0 when a body has been opened, and
	// again when its first byte is requested. What a retry below reads again is counted
	// again. The calls for one operation don't overlap, and reading continues when
	// Passed has returned.
	Passed func(ctx context.Context, call *Call, n int64)
	// Content replaces the reader of a Put's content. A content that can seek stays
	// seekable only if the replacement can seek. Content is for observers: a wrapper
	// that stores other bytes than it is given uses Transform.
	Content func(ctx context.Context, call *Call, content io.Reader) io.Reader
	// Body replaces the reader of a Get's body, below the check against the digest,
	// which is that of the stored bytes. A replacement whose Read may block should have
	// a Close that ends the Read, with or without an error result; the body itself is
	// closed anyway, and a replacement may close it before. A wrapper with Body refuses
	// server-side copies and signed URLs, because they would bypass it, unless it only
	// Observes.
	Body func(ctx context.Context, call *Call, body io.Reader) io.Reader
	// Transform, if not nil, stores other bytes than the caller's: compression,
	// encryption. A wrapper with a Transform decides sizes, digests, ranges and
	// content; no other hook can.
	Transform *Transform
	// List replaces the listing of the bucket below. Each call of list begins a listing
	// of that bucket with the options that it is given, so that a hook can continue one
	// that ended early. Names and options are those of the bucket below.
	List func(ctx context.Context, call *Call, opts ListOptions,
		list func(context.Context, ListOptions) iter.Seq2[Entry, error]) iter.Seq2[Entry, error]
	// Entry reports whether a listing yields the entry e; if it returns false, the
	// entry is left out.
	Entry func(call *Call, e Entry) bool
	// Names, if not nil, gives the files other names in the bucket below.
	Names *NameMap
	// Features changes what the bucket claims. It may be called again when more is
	// known about what the bucket below can do.
	Features func(Features) Features
	// Restrict stops As at this wrapper. A wrapper with Names, Body or Transform stops
	// it anyway.
	Restrict bool
	// Uploads says that the hooks support OpUpload: a step of an upload that continues
	// in another process (package files/resume). Such an upload stores a file without
	// an OpPut, and the Calls of its steps have only the name. If Around calls next
	// several times at once, the calls follow each other, and the first that succeeds
	// counts. Content doesn't get the bytes, so a wrapper with Content must also say
	// that it only Observes. If this field is false, a wrapper whose hooks get Calls
	// supports no such uploads, and package resume makes a Put instead.
	Uploads bool
	// CloseInner closes the wrapped bucket with the wrapper, which then owns the
	// bucket.
	CloseInner bool
	// OnClose, if not nil, is called once when the wrapper is closed, before CloseInner
	// closes the bucket below. It releases whatever else the wrapper owns. Close
	// returns its error.
	OnClose func() error
}

// usesCalls reports whether a hook gets the Call.
func (h *Hooks) usesCalls() bool {
	return h.Begin != nil || h.Around != nil || h.Done != nil || h.Passed != nil ||
		h.Content != nil || h.Body != nil || h.Transform != nil
}

// intercepts reports whether contents pass through a hook that server-side copies and
// signed URLs must not bypass.
func (h *Hooks) intercepts() bool { return h.reads() || h.stores() }

// reads reports whether what is read passes through such a hook.
func (h *Hooks) reads() bool { return h.Transform != nil || h.Body != nil && !h.Observes }

// stores reports whether what is stored passes through such a hook.
func (h *Hooks) stores() bool { return h.Transform != nil || h.Content != nil && !h.Observes }

// NameMap is a one-to-one mapping of the names above a wrapper to some of those below.
// It keeps directories, and byte order too unless the wrapper's Features don't claim
// Ordered.
type NameMap struct {
	// Extra is how many bytes longer a name below can be than the name above.
	Extra int
	// Check returns an error for names that the mapping does not have. If Check is nil,
	// only illegal names (N1) are refused.
	Check func(name string) error
	// In returns the name below for a name above, and Out does the reverse; ok is false
	// for a name below that has no name above.
	In  func(name string) string
	Out func(inner string) (name string, ok bool)
	// List returns the directory below for a listing's directory dir (without a
	// trailing slash), and changes opts, which is a copy, to match the names below.
	List func(dir string, opts *ListOptions) (innerDir string)
}

// complete fills in nil functions with ones that change nothing.
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
