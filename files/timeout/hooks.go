package timeout

import (
	"bytes"
	"context"
	"io"
	"iter"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	readable "cloudfiles.dev/files/internal/content"
)

// layer has one bucket's limits.
type layer struct{ Options }

func (l *layer) call(ctx context.Context) *call { return &call{Context: ctx, layer: l} }

// of returns the call of this layer that the context belongs to.
func (l *layer) of(ctx context.Context) *call {
	if c, ok := ctx.(*call); ok && c.layer == l {
		return c
	}
	c, _ := ctx.Value(callKey{l}).(*call)
	return c
}

func (l *layer) around(ctx context.Context, fc *files.Call,
	next func(context.Context) error) error {
	limit, first := "FirstByte", l.FirstByte
	switch fc.Op {
	case files.OpList, files.OpCopyFrom: // these only begin what is bounded elsewhere
		return next(ctx)
	case files.OpCopy, files.OpMove:
		first = 0
	case files.OpUpload: // a step sends a part, or waits for a response
		if l.Idle > first {
			limit = "Idle"
		}
		if first > 0 && l.Idle > 0 {
			first = max(first, l.Idle)
		} else {
			first = 0
		}
	}
	c := l.call(ctx)
	keep := false
	defer func() {
		if !keep {
			c.release()
		}
	}()
	c.begin(limit, first)
	err := next(c)
	late := c.pause()
	if fc.Op == files.OpDeleteMany && late != nil {
		for i, each := range fc.Errors {
			if each != nil {
				fc.Errors[i] = c.explain(fc.Op, late, each)
			}
		}
	}
	switch {
	case err != nil && late != nil:
		return c.explain(fc.Op, late, err)
	case err == nil && fc.Op == files.OpGet && c.expired.Load():
		// The context under which the body was opened has ended.
		return driver.WithCause(files.ErrUnavailable, late, late.Error())
	}
	keep = err == nil && fc.Op == files.OpGet
	return err
}

// immediate is a body from memory or a local disk, which never waits for another side.
type immediate interface{ Immediate() }

func (l *layer) body(ctx context.Context, _ *files.Call, from io.Reader) io.Reader {
	c := l.of(ctx)
	if c == nil {
		return nil
	}
	if _, ok := from.(immediate); ok && c.inner.Load() == nil {
		c.stop()
		return nil
	}
	return &body{c: c, from: from}
}

// stop stops the timer of a call that has no more waits.
func (c *call) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.late.Load() == nil {
		c.over = true
		c.end.Store(0)
		if c.timer != nil {
			c.timer.Stop()
		}
	}
}

// body is a Get's body.
type body struct {
	c     *call
	from  io.Reader
	first bool // a byte has come
}

func (b *body) Read(p []byte) (int, error) {
	b.c.govern(b)
	limit, after := "Idle", b.c.layer.Idle
	if !b.first && b.c.layer.FirstByte > 0 {
		limit, after = "FirstByte", b.c.layer.FirstByte
	}
	if late := b.c.pause(); late != nil {
		return 0, driver.WithCause(files.ErrUnavailable, late, late.Error())
	}
	b.c.begin(limit, after)
	n, err := b.from.Read(p)
	if late := b.c.pause(); late != nil && err != io.EOF {
		if n > 0 {
			return n, nil // the next Read returns the error
		}
		return n, driver.WithCause(files.ErrUnavailable, &caused{late, err}, late.Error())
	}
	b.first = b.first || n > 0
	return n, err
}

// govern makes a wait that is too long close the body, in place of ending the context.
func (c *call) govern(b *body) {
	c.mu.Lock()
	c.body, _ = b.from.(io.Closer)
	c.mu.Unlock()
}

// Close frees what the call holds. Package files closes the body itself.
func (b *body) Close() error {
	b.c.release()
	return nil
}

// inMemory is the largest size of content in memory that counts as one piece.
const inMemory = 1 << 20

func (l *layer) content(ctx context.Context, _ *files.Call, from io.Reader) io.Reader {
	c := l.of(ctx)
	if c == nil || from == nil {
		return from
	}
	switch from.(type) {
	case *bytes.Reader, *bytes.Buffer, *strings.Reader:
		if readable.Remaining(from) <= inMemory {
			return from // so that a driver needn't copy it
		}
	}
	c.setContent(content{watched: true})
	return readable.Through(from, func(p []byte) (int, error) {
		if late := c.pause(); late != nil {
			return 0, driver.WithCause(files.ErrUnavailable, late, late.Error())
		}
		n, err := from.Read(p)
		now := content{watched: true}
		limit, after := "Idle", l.Idle
		if err == io.EOF || n > 0 && readable.Remaining(from) == 0 {
			now.whole = true
			limit, after = "FirstByte", l.FirstByte
		} else {
			now.failure = err
		}
		c.setContent(now)
		c.begin(limit, after)
		return n, err
	})
}

func (l *layer) list(ctx context.Context, _ *files.Call, o files.ListOptions,
	list func(context.Context,
		files.ListOptions) iter.Seq2[files.Entry, error]) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		c := l.call(ctx)
		defer c.release()
		limit, after := "Page", l.Page
		if l.FirstByte > 0 {
			limit, after = "FirstByte", l.FirstByte
		}
		c.begin(limit, after)
		for e, err := range list(c, o) {
			if late := c.pause(); late != nil && err != nil {
				err = c.explain(files.OpList, late, err)
			}
			if !yield(e, err) {
				return
			}
			c.begin("Page", l.Page)
		}
	}
}
