package gocloud

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"

	"cloudfiles.dev/files"
	cfdriver "cloudfiles.dev/files/driver"
	"gocloud.dev/blob/driver"
)

// smallWrite is how many bytes a writer buffers before it begins to stream. A smaller
// file is put as a whole at Close.
const smallWrite = 128 << 10

// NewTypedWriter makes a writer that puts at Close. Go CDK has found the content type
// by the first bytes only.
func (b *bridge) NewTypedWriter(ctx context.Context, key, contentType string,
	opts *driver.WriterOptions) (driver.Writer, error) {
	name := nameOf(key)
	if err := cfdriver.CheckNameMax(name, b.b.Features().MaxName); err != nil {
		return nil, err
	}
	if contentType == "" { // the caller has disabled detection
		contentType = "application/octet-stream"
	}
	o := &files.PutOptions{Attributes: files.Attributes{
		ContentType:        contentType,
		CacheControl:       opts.CacheControl,
		ContentDisposition: opts.ContentDisposition,
		ContentEncoding:    opts.ContentEncoding,
		ContentLanguage:    opts.ContentLanguage,
		Metadata:           opts.Metadata,
	}}
	if opts.IfNotExist {
		o.If = files.IfAbsent()
	}
	if len(opts.ContentMD5) == 16 {
		o.Digest.MD5 = hex.EncodeToString(opts.ContentMD5)
	}
	if err := before(opts.BeforeWrite, o); err != nil {
		return nil, err
	}
	return &bridgeWriter{
		b:    b,
		ctx:  ctx,
		key:  key,
		opts: o,
	}, nil
}

// bridgeWriter buffers what is written up to smallWrite, and then streams it through a
// pipe to a Put. The Put commits when the pipe is closed, unless the context has ended
// by then. It is for one goroutine.
type bridgeWriter struct {
	b    *bridge
	ctx  context.Context
	key  string
	opts *files.PutOptions

	small  []byte
	pipe   *io.PipeWriter // nil while the content is buffered
	stop   func() bool    // stops waiting for the end of ctx
	done   chan struct{}
	err    error // of the Put, once done is closed
	upload bool  // Upload has put already
}

func (w *bridgeWriter) put(content io.Reader) error {
	return w.b.put(w.ctx, w.key, content, w.opts)
}

func (w *bridgeWriter) Write(p []byte) (int, error) {
	if w.pipe == nil {
		if len(w.small)+len(p) <= smallWrite {
			w.small = append(w.small, p...)
			return len(p), nil
		}
		if err := w.begin(); err != nil {
			return 0, err
		}
	}
	return w.pipe.Write(p)
}

// begin starts the Put with what was buffered.
func (w *bridgeWriter) begin() error {
	r, pipe := io.Pipe()
	w.pipe, w.done = pipe, make(chan struct{})
	w.stop = context.AfterFunc(w.ctx, func() { pipe.CloseWithError(cfdriver.ContextError(w.ctx)) })
	go func() {
		defer close(w.done)
		w.err = w.put(r)
		if w.err == nil {
			r.Close()
		} else {
			r.CloseWithError(w.err)
		}
	}()
	small := w.small
	w.small = nil
	_, err := pipe.Write(small)
	return err
}

// Upload puts the content of r, all or nothing.
func (w *bridgeWriter) Upload(r io.Reader) error {
	w.upload = true
	w.err = w.put(r)
	return w.err
}

func (w *bridgeWriter) Close() error {
	if w.upload {
		return w.err
	}
	if w.pipe == nil {
		if w.ctx.Err() != nil {
			return cfdriver.ContextError(w.ctx)
		}
		return w.put(bytes.NewReader(w.small))
	}
	if w.ctx.Err() != nil {
		w.pipe.CloseWithError(cfdriver.ContextError(w.ctx))
	} else {
		w.pipe.Close()
	}
	<-w.done
	w.stop()
	return w.err
}
