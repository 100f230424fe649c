package driver

import (
	"context"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/blockcache"
)

// New makes a bucket of a backend. It does everything in the contract that is the same
// for all backends. The bucket has every optional ability of package files that the
// backend has.
func New(backend Backend) files.Bucket {
	b := &bucket{
		backend:   backend,
		features:  usable(backend.Features()),
		readAhead: readAheadOf(backend),
	}
	b.varying, _ = backend.(Varying)
	b.releaseFn = b.release
	return b
}

// Varying is an optional interface of a Backend whose Features may change, because only
// its calls show what the store can and can't do. The Features of other backends are
// read once.
type Varying interface {
	Backend
	// Varied returns a different number whenever the Features may have changed. New
	// calls it in every call to the bucket, so it must be cheap. It must be safe for
	// concurrent use.
	Varied() uint64
}

// varied are the Features as they were when Varied returned the number.
type varied struct {
	number   uint64
	features files.Features
}

// usable sets MaxName to 1024 if the backend gives none, or more.
func usable(f files.Features) files.Features {
	if f.MaxName <= 0 || f.MaxName > files.MaxName {
		f.MaxName = files.MaxName
	}
	return f
}

type bucket struct {
	backend   Backend
	features  files.Features // at New
	varying   Varying        // nil for most backends
	varied    atomic.Pointer[varied]
	releaseFn func()
	readAhead ReadAhead

	versionless atomic.Bool // a file without a version was seen
	memory      blockcache.Owner

	mu     sync.Mutex
	closed bool
	users  int // calls in flight and open bodies
}

// Unwrap returns the backend of a bucket that New made, or nil.
func Unwrap(b files.Bucket) Backend {
	if b, ok := b.(*bucket); ok {
		return b.backend
	}
	return nil
}

func (b *bucket) Features() files.Features { return *b.feat() }

// feat returns what the backend can do, as far as it is known now. If a store has
// returned one file without a version, as a gateway without ETags does, the bucket
// claims nothing that depends on versions.
func (b *bucket) feat() *files.Features {
	f := b.claimed()
	if !b.versionless.Load() {
		return f
	}
	c := *f
	c.Versions, c.VersionPerPut, c.PutReturnsVersion = false, false, false
	c.IfVersion, c.DeleteIfVersion, c.ReadConditions = false, false, false
	return &c
}

// seen notes if a file has no version.
func (b *bucket) seen(info *files.Info, key Key) {
	if info.Version == "" && !key.Raw && b.claimed().Versions {
		b.versionless.Store(true)
	}
}

// claimed returns what the backend itself claims.
func (b *bucket) claimed() *files.Features {
	if b.varying == nil {
		return &b.features
	}
	number := b.varying.Varied() // before the Features, which may be newer
	if v := b.varied.Load(); v != nil && v.number == number {
		return &v.features
	}
	v := &varied{number, usable(b.varying.Features())}
	b.varied.Store(v)
	return &v.features
}

// acquire keeps the backend open until release.
func (b *bucket) acquire() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return files.ErrClosed
	}
	b.users++
	return nil
}

// hold keeps the backend open until release, for a caller that already keeps it open.
func (b *bucket) hold() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users++
}

func (b *bucket) release() {
	b.mu.Lock()
	b.users--
	last := b.closed && b.users == 0
	b.mu.Unlock()
	if last {
		b.backend.Close() // no caller is left to get the error
	}
}

// Close closes the backend once nobody uses it any more (X3).
func (b *bucket) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	idle := b.users == 0
	b.mu.Unlock()
	b.memory.Close()
	if !idle {
		return nil
	}
	return NewError(files.OpClose, "", b.backend.Close())
}

// BlockShare returns the memory for blocks of open files, for package files.
func (b *bucket) BlockShare() blockcache.Share { return b.memory.Share(nil) }

// isClosed is for methods that make no request.
func (b *bucket) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

// enter checks what every call on one file checks, in the order of rule E2: closed,
// name, options, context. If it returns nil, the caller must release.
func (b *bucket) enter(ctx context.Context, key Key, options func() error) error {
	if err := b.acquire(); err != nil {
		return err
	}
	err := b.checkKey(key)
	if err == nil && ctx == nil {
		err = errNilContext
	}
	if err == nil && options != nil {
		err = options()
	}
	if err == nil && ctx.Err() != nil {
		err = ContextError(ctx)
	}
	if err != nil {
		b.release()
	}
	return err
}

var errNilContext = Errorf(files.ErrInvalid, "the context is nil")

func (b *bucket) checkKey(key Key) error {
	if !key.Raw {
		return CheckNameMax(key.Name, b.feat().MaxName)
	}
	if !b.feat().ForeignKeys {
		return Errorf(files.ErrUnsupported, "the bucket doesn't support raw keys")
	}
	return nil
}

// target returns the Key for a name or for the Key option, which exclude each other
// (L7).
func target(name, key string) (Key, error) {
	if key == "" {
		return Key{Name: name}, nil
	}
	if name != "" {
		return Key{}, Errorf(files.ErrInvalidName, "name and key are both given")
	}
	return Key{Name: key, Raw: true}, nil
}
