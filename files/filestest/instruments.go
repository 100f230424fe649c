package filestest

import (
	"context"
	"io"
	"iter"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/blockcache"
	"cloudfiles.dev/files/internal/callers"
)

// instruments are what the fake has and a real bucket gets: rules, the record, the look
// at what was left open.
type instruments struct {
	t       testing.TB
	self    files.Bucket // what the program has
	store   files.Bucket // below the instruments
	seen    files.Bucket // the instruments over the store, which all handles share
	outer   files.Bucket // this handle
	rules   rules
	record  record
	pending pending
	changes *changes // what was committed
	looks   bool     // changes are seen by the instruments, not in the backend
	// storable returns why the service can't hold a file of this name; it may be nil.
	storable func(name string) error
	unwatch  func()
	repeats  bool // the driver repeats what failed, and marks its last word
	// gives, if not nil, reports whether the driver returns errors of a kind.
	gives  func(op files.Op, kind error) bool
	driver string // whose errors they are
}

// begin lets the instruments belong to a test.
func (b *instruments) begin(t testing.TB, self files.Bucket) {
	b.t, b.self, b.changes = t, self, &changes{}
	b.unwatch = callers.Watch()
}

// hooks are those of the layer that records and applies rules.
func (b *instruments) hooks() files.Hooks {
	return files.Hooks{
		Layer:  "recorder",
		Around: b.around,
		Done:   b.done,
		List:   b.list,
		// What an upload in parts stores is looked for when the changes are checked.
		Uploads: true,
	}
}

// handle returns another handle on the fake, which is closed alone.
func (b *instruments) handle() files.Bucket {
	return files.Wrap(b.seen, files.Hooks{Layer: "filestest"})
}

// finish reports what the test has left open, and rules that weren't applied.
func (b *instruments) finish() {
	b.t.Helper()
	b.unwatch()
	b.pending.settle()
	for _, leak := range b.pending.finish(b.t.Name()) {
		b.t.Errorf("filestest: %s", leak)
	}
	for _, unspent := range b.rules.unspent() {
		if b.t.Failed() {
			b.t.Logf("filestest: %s", unspent)
		} else {
			b.t.Errorf("filestest: %s", unspent)
		}
	}
	if b.t.Failed() {
		for _, chance := range b.rules.byChance() {
			b.t.Logf("filestest: %s", chance)
		}
	}
}

// refuses returns why the service can't hold a file of this name, or nil.
func (b *instruments) refuses(name string) error {
	if b.storable == nil {
		return nil
	}
	return b.storable(name)
}

// errorf fails the test, unless it has ended: then there is nothing left to fail.
func (b *instruments) errorf(format string, args ...any) {
	b.t.Helper()
	b.pending.mu.Lock() // lets the end of the test wait
	defer b.pending.mu.Unlock()
	if b.pending.test == "" {
		b.t.Errorf(format, args...)
	}
}

// lives ends a test that works with a fake of a test that has ended.
func (b *instruments) lives(t testing.TB, what string) {
	t.Helper()
	b.pending.mu.Lock()
	test := b.pending.test
	b.pending.mu.Unlock()
	if test != "" {
		t.Fatalf("filestest: %s: the test %s, which made the fake, has ended", what, test)
	}
}

// Put implements files.Bucket.
func (b *instruments) Put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	return b.outer.Put(ctx, name, content, opts)
}

// Get implements files.Bucket.
func (b *instruments) Get(ctx context.Context, name string, opts *files.GetOptions) (*files.Reader,
	error) {
	return b.outer.Get(ctx, name, opts)
}

// Stat implements files.Bucket.
func (b *instruments) Stat(ctx context.Context, name string, opts *files.StatOptions) (files.Info,
	error) {
	return b.outer.Stat(ctx, name, opts)
}

// List implements files.Bucket.
func (b *instruments) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	return b.outer.List(ctx, dir, opts)
}

// Delete implements files.Bucket.
func (b *instruments) Delete(ctx context.Context, name string, opts *files.DeleteOptions) error {
	return b.outer.Delete(ctx, name, opts)
}

// Features implements files.Bucket.
func (b *instruments) Features() files.Features { return b.outer.Features() }

// Close implements files.Bucket. It closes only this handle: what was stored can still
// be compared, and other handles, or the bucket below, continue to work.
func (b *instruments) Close() error { return b.outer.Close() }

// What follows forwards the optional abilities.

// As implements driver.BucketAser.
func (b *instruments) As(target any) bool { return b.outer.(driver.BucketAser).As(target) }

// Check implements driver.BucketChecker.
func (b *instruments) Check(ctx context.Context) error {
	return b.outer.(driver.BucketChecker).Check(ctx)
}

// CopyFrom implements driver.BucketCopier.
func (b *instruments) CopyFrom(ctx context.Context, dstName string, src files.Bucket,
	srcName string,
	opts *files.CopyOptions) (files.Info, error) {
	if src == b.self {
		src = b.outer
	}
	return b.outer.(driver.BucketCopier).CopyFrom(ctx, dstName, src, srcName, opts)
}

// WithCopySource implements driver.BucketCopySource.
func (b *instruments) WithCopySource(ctx context.Context, name string,
	fn func(ctx context.Context, b files.Bucket, name string) error) error {
	return b.outer.(driver.BucketCopySource).WithCopySource(ctx, name, fn)
}

// WithSignPost implements driver.BucketPostSigner.
func (b *instruments) WithSignPost(ctx context.Context, name string,
	fn func(ctx context.Context, b files.Bucket, name string) error) error {
	return b.outer.(driver.BucketPostSigner).WithSignPost(ctx, name, fn)
}

// WithSignPart implements driver.BucketPartSigner.
func (b *instruments) WithSignPart(ctx context.Context, name string,
	fn func(ctx context.Context, b files.Bucket, name string) error) error {
	return b.outer.(driver.BucketPartSigner).WithSignPart(ctx, name, fn)
}

// Layers implements driver.BucketLayers.
func (b *instruments) Layers() []string { return files.Layers(b.outer) }

// Locate implements driver.BucketLocator.
func (b *instruments) Locate(name string) (store any, key string) {
	return b.outer.(driver.BucketLocator).Locate(name)
}

// DeleteMany implements driver.BucketManyDeleter.
func (b *instruments) DeleteMany(ctx context.Context, names []string) []error {
	return b.outer.(driver.BucketManyDeleter).DeleteMany(ctx, names)
}

// CheckNative implements driver.BucketNativeChecker.
func (b *instruments) CheckNative(op files.Op, options []files.NativeOption) error {
	return b.outer.(driver.BucketNativeChecker).CheckNative(op, options)
}

// SignURL implements driver.BucketURLSigner.
func (b *instruments) SignURL(ctx context.Context, name string,
	opts *files.SignOptions) (files.SignedURL, error) {
	return b.outer.(driver.BucketURLSigner).SignURL(ctx, name, opts)
}

// View implements driver.BucketViewer.
func (b *instruments) View(name string) any { return b.outer.(driver.BucketViewer).View(name) }

// WithUpload implements driver.BucketUploader.
func (b *instruments) WithUpload(ctx context.Context, name string,
	fn func(ctx context.Context, b files.Bucket, name string) error) error {
	return b.outer.(driver.BucketUploader).WithUpload(ctx, name, fn)
}

// WithUploads implements driver.BucketUploader.
func (b *instruments) WithUploads(ctx context.Context, dir, prefix string,
	fn func(ctx context.Context, b files.Bucket, dir, prefix string) error,
) (out func(inner string) (name string, ok bool), err error) {
	return b.outer.(driver.BucketUploader).WithUploads(ctx, dir, prefix, fn)
}

// BlockShare returns the memory for blocks of open files, for package files.
func (b *instruments) BlockShare() blockcache.Share {
	return b.outer.(interface{ BlockShare() blockcache.Share }).BlockShare()
}
