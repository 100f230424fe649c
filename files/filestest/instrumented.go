package filestest

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// breakKey is the key of a *breakAt in the context of a call.
type breakKey struct{}

// breakAt is where a body or a listing breaks or, without an error, waits.
type breakAt struct {
	after int64
	err   error
	stall time.Duration

	once sync.Once
	at   int64
}

// reached returns the error at that place, if only that of a wait that was cut short.
func (c *breakAt) reached(ctx context.Context, stop <-chan struct{}) error {
	if c.err != nil {
		return c.err
	}
	return wait(ctx, c.stall, stop)
}

// end is the offset in the file at which a body breaks that began at off. A body that
// is continued breaks at the same place.
func (c *breakAt) end(off int64) int64 {
	c.once.Do(func() { c.at = off + c.after })
	return c.at
}

// memory is what the backend of the memory driver can do.
type memory interface {
	driver.Backend
	driver.Copier
	driver.ManyDeleter
	driver.Identifier
	driver.Checker
}

var _ memory = (*instrumented)(nil)

// Layer is shown by files.Layers.
func (i *instrumented) Layer() string { return "mem" }

// instrumented is the memory driver's backend below the instruments that a wrapper
// can't have without losing abilities: bodies that break, and a look at what is
// committed.
type instrumented struct {
	driver.Backend
	fake        *Bucket
	personality Personality
}

func (b *instrumented) below() memory { return b.Backend.(memory) }

// Features implements driver.Backend.
func (b *instrumented) Features() files.Features {
	f := b.Backend.Features()
	f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = true, true, true, true
	f.SignHead, f.SignResponse, f.SignSize, f.SignIfAbsent = true, true, true, f.IfAbsent
	if b.personality.features != nil {
		b.personality.features(&f)
	}
	return f
}

// Put implements driver.Backend.
func (b *instrumented) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	if err := b.fake.refuses(req.Name); err != nil {
		return files.Info{}, err
	}
	var info files.Info
	err := b.fake.changes.stored(req.Name, func() (err error) {
		info, err = b.Backend.Put(ctx, req)
		return err
	})
	if sent := b.charging(ctx); sent != nil {
		b.personality.costs.put(req, max(req.Content.Count(), req.Size), sent)
	}
	return info, err
}

// Open implements driver.Backend.
func (b *instrumented) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	o, err := b.Backend.Open(ctx, req)
	if sent := b.charging(ctx); sent != nil {
		b.personality.costs.open(req, o, err, sent)
	}
	cut, ok := ctx.Value(breakKey{}).(*breakAt)
	if err != nil || !ok || o.Body == nil {
		return o, err
	}
	o.Body = newBreaking(ctx, o.Body, cut, max(cut.end(o.Offset)-o.Offset, 0))
	return o, nil
}

// breaking is a body that breaks or waits.
type breaking struct {
	io.ReadCloser
	ctx  context.Context // until the body's end
	cut  *breakAt
	left int64
	past bool          // it has waited
	stop chan struct{} // closed by Close
	once sync.Once
}

func newBreaking(ctx context.Context, body io.ReadCloser, cut *breakAt, left int64) *breaking {
	return &breaking{
		ReadCloser: body,
		ctx:        ctx,
		cut:        cut,
		left:       left,
		stop:       make(chan struct{}),
	}
}

func (b *breaking) Read(p []byte) (int, error) {
	if b.past {
		return b.ReadCloser.Read(p)
	}
	if b.left == 0 {
		if err := b.cut.reached(b.ctx, b.stop); err != nil {
			return 0, err
		}
		b.past = true
		return b.ReadCloser.Read(p)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// Close ends a Read that waits.
func (b *breaking) Close() error {
	b.once.Do(func() { close(b.stop) })
	return b.ReadCloser.Close()
}

// Delete implements driver.Backend.
func (b *instrumented) Delete(ctx context.Context, key driver.Key,
	ifVersion files.Version) error {
	if sent := b.charging(ctx); sent != nil {
		b.personality.costs.delete(sent)
	}
	return b.fake.changes.deleted([]string{key.Name}, func() []error {
		return []error{b.Backend.Delete(ctx, key, ifVersion)}
	})[0]
}

// DeleteMany implements driver.ManyDeleter.
func (b *instrumented) DeleteMany(ctx context.Context, names []string) []error {
	if sent := b.charging(ctx); sent != nil {
		b.personality.costs.deleteMany(len(names), sent)
	}
	return b.fake.changes.deleted(names, func() []error {
		return b.below().DeleteMany(ctx, names)
	})
}

// MaxDeleteMany implements driver.ManyDeleter.
func (b *instrumented) MaxDeleteMany() int {
	if c := b.personality.costs; c != nil {
		return c.maxDeleteMany()
	}
	return b.below().MaxDeleteMany()
}

// Copy implements driver.Copier.
func (b *instrumented) Copy(ctx context.Context, src driver.Backend,
	req *driver.CopyRequest) (info files.Info, err error) {
	if err := b.fake.refuses(req.Dst); err != nil {
		return files.Info{}, err
	}
	itself := false
	if from, ok := src.(*instrumented); ok {
		itself = from.fake == b.fake && req.Src == req.Dst
		src = from.Backend
	}
	err = b.fake.changes.stored(req.Dst, func() error {
		info, err = b.below().Copy(ctx, src, req)
		return err
	})
	if sent := b.charging(ctx); sent != nil && files.KindOf(err) != errors.ErrUnsupported {
		b.personality.costs.copy(req, itself, err, sent)
	}
	return info, err
}

// Store implements driver.Identifier.
func (b *instrumented) Store() any { return b.below().Store() }

// Check implements driver.Checker.
func (b *instrumented) Check(ctx context.Context) error {
	if sent := b.charging(ctx); sent != nil {
		b.personality.costs.check(sent)
	}
	return b.below().Check(ctx)
}
