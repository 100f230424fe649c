package lease

import (
	"context"
	"fmt"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// view is what a waiting process last read: a record that another Lease holds.
type view struct {
	version files.Version
	content string
	record  *record
}

// look asks whether the file has changed since the view was read, in one request. It
// returns ErrHeld if another Lease still holds it, and nil if the lease may be free, or
// if nothing is known.
func (t *try) look(ctx context.Context) error {
	if t.view == nil || t.view.version == "" || !t.bucket.Features().ReadConditions {
		return nil
	}
	v, err := t.read(ctx)
	if err != nil {
		t.view = nil
		return driver.NewError(files.OpUpdate, t.name, err)
	}
	if v != nil && !t.busy(v) {
		v = nil
	}
	if t.view = v; v == nil {
		return nil
	}
	return t.errHeld()
}

// read returns the view if it is still current, or the new one. It returns nil if the
// file has no lease of another process, which Update then reads.
func (t *try) read(ctx context.Context) (*view, error) {
	r, err := t.bucket.Get(ctx, t.name, &files.GetOptions{IfNotVersion: t.view.version})
	var content []byte
	if err == nil {
		defer r.Close()
		content, err = io.ReadAll(io.LimitReader(r, maxRecord))
	}
	switch kind := files.KindOf(err); {
	case kind == files.ErrNotModified:
		return t.view, nil
	case kind == files.ErrNotExist, kind == files.ErrChanged:
		return nil, nil
	case err != nil:
		return nil, err
	}
	v := &view{version: r.Info().Version, content: string(content)}
	if v.record, err = parse(content); err != nil || v.record.ID == t.id {
		return nil, nil
	}
	return v, nil
}

// busy reports whether another Lease holds the record, and records how long it may.
func (t *try) busy(v *view) bool {
	free, left := t.observe(v.content, v.record)
	if free {
		return false
	}
	t.left = left
	t.unknown = t.unknown && v.content == t.over // otherwise that write can't succeed
	return true
}

func (t *try) errHeld() error {
	return fmt.Errorf("lease: %s: %w by %q", files.Printable(t.name), ErrHeld,
		files.Printable(t.view.record.Holder))
}
