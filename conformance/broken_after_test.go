package conformance_test

import (
	"bytes"
	"context"
	"io"
	"iter"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// putting is a bucket with another Put.
type putting struct {
	files.Bucket
	put func(ctx context.Context, b files.Bucket, name string, content io.Reader,
		opts *files.PutOptions) (files.Info, error)
}

func (b *putting) Put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	return b.put(ctx, b.Bucket, name, content, opts)
}

// draining is the fault that the rest of some contents is read after Put has returned.
func draining(which func(ctx context.Context, err error) bool) func(files.Bucket) files.Bucket {
	return func(b files.Bucket) files.Bucket {
		return &putting{b, func(ctx context.Context, b files.Bucket, name string,
			content io.Reader, opts *files.PutOptions) (files.Info, error) {
			info, err := b.Put(ctx, name, content, opts)
			if content != nil && which(ctx, err) {
				go content.Read(make([]byte, 100))
			}
			return info, err
		}}
	}
}

// sized is the fault that the size that a content reports is trusted.
func sized(of func(content io.Reader) (io.Reader, bool)) func(files.Bucket) files.Bucket {
	return func(b files.Bucket) files.Bucket {
		return &putting{b, func(ctx context.Context, b files.Bucket, name string,
			content io.Reader, opts *files.PutOptions) (files.Info, error) {
			if content != nil {
				if other, ok := of(content); ok {
					content = other
				}
			}
			return b.Put(ctx, name, content, opts)
		}}
	}
}

// asking calls the store before it checks a name.
type asking struct {
	files.Bucket
	op files.Op
}

func (b *asking) ask(ctx context.Context, op files.Op, name string) {
	if op == b.op && files.CheckName(name) != nil {
		b.Bucket.Stat(ctx, "a", nil)
	}
}

func (b *asking) Put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	b.ask(ctx, files.OpPut, name)
	return b.Bucket.Put(ctx, name, content, opts)
}

func (b *asking) Get(ctx context.Context, name string,
	opts *files.GetOptions) (*files.Reader, error) {
	b.ask(ctx, files.OpGet, name)
	return b.Bucket.Get(ctx, name, opts)
}

func (b *asking) Stat(ctx context.Context, name string,
	opts *files.StatOptions) (files.Info, error) {
	b.ask(ctx, files.OpStat, name)
	return b.Bucket.Stat(ctx, name, opts)
}

func (b *asking) Delete(ctx context.Context, name string, opts *files.DeleteOptions) error {
	b.ask(ctx, files.OpDelete, name)
	return b.Bucket.Delete(ctx, name, opts)
}

func (b *asking) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		if dir != "" {
			b.ask(ctx, files.OpList, dir)
		}
		for e, err := range b.Bucket.List(ctx, dir, opts) {
			if !yield(e, err) {
				return
			}
		}
	}
}

func (b *asking) DeleteMany(ctx context.Context, names []string) []error {
	for _, name := range names {
		b.ask(ctx, files.OpDeleteMany, name)
	}
	return b.Bucket.(driver.BucketManyDeleter).DeleteMany(ctx, names)
}

func (b *asking) CopyFrom(ctx context.Context, dst string, src files.Bucket, srcName string,
	opts *files.CopyOptions) (files.Info, error) {
	b.ask(ctx, files.OpCopy, dst)
	b.ask(ctx, files.OpMove, srcName)
	if other, ok := src.(*asking); ok {
		src = other.Bucket
	}
	return b.Bucket.(driver.BucketCopier).CopyFrom(ctx, dst, src, srcName, opts)
}

// curious is the fault that an operation sends a request before it checks the name.
func curious(op files.Op, fault string) broken {
	return broken{
		fault:  fault,
		caught: []string{"N1/before-io"},
		faulty: faulty{cp: soundCopy},
		wrap:   func(b files.Bucket) files.Bucket { return &asking{b, op} },
	}
}

// abandoned is the fault that the parts of an upload remain if a Put fails in some way.
func abandoned(which func(req *driver.PutRequest, n int, err error) bool) faulty {
	return faulty{
		put: func(ctx context.Context, req *driver.PutRequest, m *mapBackend) (files.Info, error) {
			content, err := io.ReadAll(req.Content)
			n := len(content)
			var info files.Info
			if err == nil {
				info, err = m.store(req.Name, req, content)
			}
			if err != nil && n > 5<<20 && which(req, n, err) {
				m.left.Add(1)
			}
			return info, err
		},
	}
}

var brokenAfter = []broken{
	{
		fault:  "reads on when IfAbsent has refused the content",
		caught: []string{"P12/not-read-later"},
		wrap: draining(func(_ context.Context, err error) bool {
			return files.KindOf(err) == files.ErrExist
		}),
	},
	{
		fault:  "reads on when a version has refused the content",
		caught: []string{"P12/not-read-later"},
		wrap: draining(func(_ context.Context, err error) bool {
			return files.KindOf(err) == files.ErrPrecondition
		}),
	},
	{
		fault:  "reads on when the context has ended",
		caught: []string{"P12/not-read-later"},
		wrap:   draining(func(ctx context.Context, err error) bool { return ctx.Err() != nil }),
	},
	{
		fault:  "reads on when content was found wrong",
		caught: []string{"P12/not-read-later"},
		wrap: draining(func(_ context.Context, err error) bool {
			return files.KindOf(err) == files.ErrCorrupt
		}),
	},
	{
		fault:  "reads the content of a refused name",
		caught: []string{"P12/not-read-later"},
		wrap: draining(func(_ context.Context, err error) bool {
			return files.KindOf(err) == files.ErrInvalidName
		}),
	},
	{
		fault:  "reads on when the content is stored",
		caught: []string{"P12/not-read-later"},
		wrap:   draining(func(_ context.Context, err error) bool { return err == nil }),
	},
	{
		fault:  "trusts the content's Size",
		caught: []string{"P12/wrong-size"},
		wrap: sized(func(content io.Reader) (io.Reader, bool) {
			s, ok := content.(interface{ Size() int64 })
			if !ok {
				return nil, false
			}
			return io.LimitReader(content, max(s.Size(), 0)), true
		}),
	},
	{
		fault:  "trusts the content's Seek",
		caught: []string{"P12/wrong-size"},
		wrap: sized(func(content io.Reader) (io.Reader, bool) {
			s, ok := content.(io.Seeker)
			if !ok {
				return nil, false
			}
			at, err := s.Seek(0, io.SeekCurrent)
			if err != nil {
				return nil, false
			}
			end, err := s.Seek(0, io.SeekEnd)
			if err != nil {
				return nil, false
			}
			s.Seek(at, io.SeekStart)
			return io.LimitReader(content, end-at), true
		}),
	},
	{
		fault:  "fails if Seek of the content fails",
		caught: []string{"P12/wrong-size"},
		wrap: sized(func(content io.Reader) (io.Reader, bool) {
			if s, ok := content.(io.Seeker); ok {
				if _, err := s.Seek(0, io.SeekCurrent); err != nil {
					return io.MultiReader(content, strings.NewReader(err.Error())), true
				}
			}
			return nil, false
		}),
	},
	{
		fault:  "allocates as much as the content's Size",
		caught: []string{"P12/wrong-size"},
		wrap: sized(func(content io.Reader) (io.Reader, bool) {
			s, ok := content.(interface{ Size() int64 })
			if !ok {
				return nil, false
			}
			var buf bytes.Buffer
			buf.Grow(int(s.Size()))
			io.Copy(&buf, content)
			return &buf, true
		}),
	},
	curious(files.OpPut, "sends a request before it checks the name of a Put"),
	curious(files.OpGet, "sends a request before it checks the name of a Get"),
	curious(files.OpStat, "sends a request before it checks the name of a Stat"),
	curious(files.OpDelete, "sends a request before it checks the name of a Delete"),
	curious(files.OpList, "sends a request before it checks the name of a directory"),
	curious(files.OpCopy, "sends a request before it checks the name of a copy's target"),
	curious(files.OpMove, "sends a request before it checks the name of a copy's source"),
	curious(files.OpDeleteMany, "sends a request before it checks the names of a bulk delete"),
	{
		fault:  "leaves the parts of an upload that IfAbsent refuses",
		caught: []string{"X2/no-parts"},
		faulty: abandoned(func(_ *driver.PutRequest, _ int, err error) bool {
			return err == files.ErrExist
		}),
	},
	{
		fault:  "leaves the parts of an upload that a version refuses",
		caught: []string{"X2/no-parts"},
		faulty: abandoned(func(_ *driver.PutRequest, _ int, err error) bool {
			return err == files.ErrPrecondition
		}),
	},
	{
		fault:  "leaves the parts of an upload whose size or digest is wrong",
		caught: []string{"X2/no-parts"},
		faulty: abandoned(func(_ *driver.PutRequest, _ int, err error) bool {
			return files.KindOf(err) == files.ErrCorrupt
		}),
	},
	{
		fault:  "leaves the parts of an upload whose last bytes fail",
		caught: []string{"X2/no-parts"},
		faulty: abandoned(func(req *driver.PutRequest, n int, err error) bool {
			return files.KindOf(err) == nil && req.SizeDeclared
		}),
	},
}
