package local

import (
	"context"
	"runtime"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Put stages the content, with all that belongs to it, inside the bucket's file system,
// and then commits it by one rename.
func (b *backend) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	return b.store(ctx, req, nil)
}

// store is Put, of the upload c, unless that is nil.
func (b *backend) store(ctx context.Context, req *driver.PutRequest,
	c *completion) (files.Info, error) {
	defer runtime.KeepAlive(b)
	begun := time.Now()
	root, err := b.aliveStat()
	if err != nil {
		return files.Info{}, err
	}
	like, err := b.pathsOf(driver.Key{Name: req.Name})
	if err != nil {
		return files.Info{}, err
	}
	var st *staged
	if c != nil {
		st, err = c.adopt(ctx, b, b.ownershipOf(&like))
	}
	if st == nil && err == nil {
		st, err = b.beginStage(ctx, &like, ownership{})
	}
	if err != nil {
		return files.Info{}, err
	}
	st.begun, st.root = begun, root
	p := b.pathsOfName(req.Name) // by the rules that beginStage has found
	defer func() { st.close() }()
	if err := b.conditional(req.If); err != nil {
		return files.Info{}, err
	}
	_, known := driver.TypeByName(req.Name)
	fill := st.fill
	if st.content {
		fill = st.read
	}
	if err := fill(req.Content, !known || b.opts.SkipMetadata); err != nil {
		return files.Info{}, err
	}
	b.describeStaged(st, &p, req.Attributes, req.Content.Digest(), req.TypeFound)
	if c != nil {
		st.rec.token = tokenOf(c.u.ID)
	}
	if st, err = b.sealNew(ctx, st); err != nil {
		return files.Info{}, err
	}
	if st, err = b.commit(ctx, st, &p, req.If); err != nil {
		return files.Info{}, err
	}
	e, err := b.entry(st)
	return files.Info{Entry: b.truncateTime(e)}, err
}
