package filestest

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"iter"
	"sync"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/blockcache"
)

// Bucket is a fake that belongs to one test. It is a files.Bucket with every optional
// ability that its personality has.
type Bucket struct {
	// Clock is the time of what is stored from now on.
	Clock *Clock

	t       testing.TB
	store   files.Bucket // memory
	seen    files.Bucket // the instruments over the store, which all handles share
	outer   files.Bucket // this handle
	host    string       // of the fake's URLs
	secret  [32]byte
	rules   rules
	record  record
	changes changes
	pending pending

	mu       sync.Mutex
	signBase string
}

// Option is an option of New.
type Option func(*config)

type config struct {
	personality Personality
}

// As makes the fake answer as a service does where services differ.
func As(p Personality) Option { return func(c *config) { c.personality = p } }

// New returns an empty fake, which lives until the test ends.
func New(t testing.TB, opts ...Option) *Bucket {
	t.Helper()
	c := config{personality: Clouds}
	for _, o := range opts {
		o(&c)
	}
	b := &Bucket{
		Clock: &Clock{},
		t:     t,
	}
	memory := c.personality.memory
	memory.Clock = b.Clock.Now
	b.store = mem.New(&memory)
	inner := driver.New(&instrumented{
		Backend:     driver.Unwrap(b.store),
		fake:        b,
		personality: c.personality,
	})
	b.seen = files.Wrap(inner, files.Hooks{
		Layer:  "recorder",
		Around: b.around,
		Done:   b.done,
		List:   b.list,
	})
	b.outer = b.handle()
	b.changes.reset()
	rand.Read(b.secret[:]) // never fails
	b.host = register(b)
	t.Cleanup(b.end)
	return b
}

// handle returns another handle on the fake, which is closed alone.
func (b *Bucket) handle() files.Bucket {
	return files.Wrap(b.seen, files.Hooks{Layer: "filestest"})
}

// end is called when the test is over.
func (b *Bucket) end() {
	b.t.Helper()
	unregister(b)
	for _, leak := range b.pending.finish() {
		b.t.Errorf("filestest: %s", leak)
	}
	for _, unspent := range b.rules.unspent() {
		if b.t.Failed() {
			b.t.Logf("filestest: %s", unspent)
		} else {
			b.t.Errorf("filestest: %s", unspent)
		}
	}
}

// Put implements files.Bucket.
func (b *Bucket) Put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	return b.outer.Put(ctx, name, content, opts)
}

// Get implements files.Bucket.
func (b *Bucket) Get(ctx context.Context, name string, opts *files.GetOptions) (*files.Reader,
	error) {
	return b.outer.Get(ctx, name, opts)
}

// Stat implements files.Bucket.
func (b *Bucket) Stat(ctx context.Context, name string, opts *files.StatOptions) (files.Info,
	error) {
	return b.outer.Stat(ctx, name, opts)
}

// List implements files.Bucket.
func (b *Bucket) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	return b.outer.List(ctx, dir, opts)
}

// Delete implements files.Bucket.
func (b *Bucket) Delete(ctx context.Context, name string, opts *files.DeleteOptions) error {
	return b.outer.Delete(ctx, name, opts)
}

// Features implements files.Bucket.
func (b *Bucket) Features() files.Features { return b.outer.Features() }

// Close implements files.Bucket. Other handles, which URL gives, go on, and what was
// stored can still be compared.
func (b *Bucket) Close() error { return b.outer.Close() }

// What follows forwards the optional abilities.

// As implements driver.BucketAser.
func (b *Bucket) As(target any) bool { return b.outer.(driver.BucketAser).As(target) }

// Check implements driver.BucketChecker.
func (b *Bucket) Check(ctx context.Context) error {
	return b.outer.(driver.BucketChecker).Check(ctx)
}

// CopyFrom implements driver.BucketCopier.
func (b *Bucket) CopyFrom(ctx context.Context, dstName string, src files.Bucket, srcName string,
	opts *files.CopyOptions) (files.Info, error) {
	if src == files.Bucket(b) {
		src = b.outer
	}
	return b.outer.(driver.BucketCopier).CopyFrom(ctx, dstName, src, srcName, opts)
}

// WithCopySource implements driver.BucketCopySource.
func (b *Bucket) WithCopySource(ctx context.Context, name string,
	fn func(ctx context.Context, b files.Bucket, name string) error) error {
	return b.outer.(driver.BucketCopySource).WithCopySource(ctx, name, fn)
}

// WithSignPost implements driver.BucketPostSigner.
func (b *Bucket) WithSignPost(ctx context.Context, name string,
	fn func(ctx context.Context, b files.Bucket, name string) error) error {
	return b.outer.(driver.BucketPostSigner).WithSignPost(ctx, name, fn)
}

// Layers implements driver.BucketLayers.
func (b *Bucket) Layers() []string { return files.Layers(b.outer) }

// Locate implements driver.BucketLocator.
func (b *Bucket) Locate(name string) (store any, key string) {
	return b.outer.(driver.BucketLocator).Locate(name)
}

// DeleteMany implements driver.BucketManyDeleter.
func (b *Bucket) DeleteMany(ctx context.Context, names []string) []error {
	return b.outer.(driver.BucketManyDeleter).DeleteMany(ctx, names)
}

// CheckNative implements driver.BucketNativeChecker.
func (b *Bucket) CheckNative(op files.Op, options []files.NativeOption) error {
	return b.outer.(driver.BucketNativeChecker).CheckNative(op, options)
}

// SignURL implements driver.BucketURLSigner.
func (b *Bucket) SignURL(ctx context.Context, name string,
	opts *files.SignOptions) (files.SignedURL, error) {
	return b.outer.(driver.BucketURLSigner).SignURL(ctx, name, opts)
}

// BlockShare is where the blocks of open files are kept, as with every wrapper.
func (b *Bucket) BlockShare() blockcache.Share {
	return b.outer.(interface{ BlockShare() blockcache.Share }).BlockShare()
}

// register makes the fake what its URL opens, and returns the URL's host.
func register(b *Bucket) string {
	open.Lock()
	defer open.Unlock()
	open.next++
	host := fmt.Sprintf("fake-%d", open.next)
	open.fakes[host] = b
	return host
}

func unregister(b *Bucket) {
	open.Lock()
	defer open.Unlock()
	for host, fake := range open.fakes {
		if fake == b {
			delete(open.fakes, host)
			open.ended[host] = b.t.Name()
		}
	}
}

// open are the fakes of the tests that run, by the host of their URLs.
var open = struct {
	sync.Mutex
	next  int
	fakes map[string]*Bucket
	ended map[string]string // the names of the tests
}{fakes: map[string]*Bucket{}, ended: map[string]string{}}
