package conformance_test

import (
	"context"
	"io"
	"iter"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenNoVersions = []broken{
	{
		fault:  "claims Versions and reports none",
		caught: []string{"P9/no-version"},
		wrap:   func(b files.Bucket) files.Bucket { return &unversioned{b} },
	},
	{
		fault:  "moves and updates without a condition if there is no version",
		caught: []string{"P9/no-version"},
		wrap:   func(b files.Bucket) files.Bucket { return &careless{unversioned{b}} },
	},
}

// unversioned reports no versions.
type unversioned struct{ files.Bucket }

func (b *unversioned) Stat(
	ctx context.Context, name string, o *files.StatOptions,
) (files.Info, error) {
	info, err := b.Bucket.Stat(ctx, name, o)
	info.Version = ""
	return info, err
}

func (b *unversioned) Get(
	ctx context.Context, name string, o *files.GetOptions,
) (*files.Reader, error) {
	r, err := b.Bucket.Get(ctx, name, o)
	if err != nil {
		return nil, err
	}
	info := r.Info()
	info.Version = ""
	return driver.NewReader(ctx, driver.ReaderConfig{
		Name:   name,
		Info:   info,
		Offset: r.Offset(),
		Length: r.Len(),
		Body:   r,
	}), nil
}

func (b *unversioned) List(
	ctx context.Context, dir string, o *files.ListOptions,
) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		for e, err := range b.Bucket.List(ctx, dir, o) {
			e.Version = ""
			if !yield(e, err) {
				return
			}
		}
	}
}

// careless makes up a version for a file without one, and then doesn't compare it: it
// claims that there are none.
type careless struct{ unversioned }

func (b *careless) Features() files.Features {
	f := b.Bucket.Features()
	f.Versions, f.VersionPerPut, f.PutReturnsVersion, f.ReadConditions = false, false, false, false
	f.IfVersion, f.DeleteIfVersion = false, false
	return f
}

func (b *careless) Put(
	ctx context.Context, name string, r io.Reader, o *files.PutOptions,
) (files.Info, error) {
	if o != nil {
		if v, ok := o.If.Version(); ok && v == "" {
			free := *o
			free.If = files.Condition{}
			o = &free
		}
	}
	return b.Bucket.Put(ctx, name, r, o)
}

func (b *careless) Delete(ctx context.Context, name string, o *files.DeleteOptions) error {
	if o != nil {
		free := *o
		free.IfVersion = ""
		o = &free
	}
	return b.Bucket.Delete(ctx, name, o)
}
