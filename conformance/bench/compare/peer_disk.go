package main

import (
	"context"
	"io"
	"io/fs"
	"path"

	"github.com/spf13/afero"
	"gocloud.dev/blob/fileblob"
)

var diskPeers = []peer{
	{
		name:    "cloudfiles",
		service: "disk",
		open:    openUs,
	},
	{
		name:    "Go CDK",
		service: "disk",
		module:  "gocloud.dev",
		open: func(_ context.Context, t target) (client, error) {
			b, err := fileblob.OpenBucket(t.Bucket, &fileblob.Options{NoTempDir: true})
			return cdk{b}, err
		},
	},
	{
		name:    "afero",
		service: "disk",
		module:  "github.com/spf13/afero",
		open: func(_ context.Context, t target) (client, error) {
			return aferoClient{afero.NewBasePathFs(afero.NewOsFs(), t.Bucket)}, nil
		},
	},
}

// aferoClient is a client of afero's file system. Its put neither replaces a file
// atomically nor syncs it, because afero has no function for that.
type aferoClient struct{ fs afero.Fs }

func (c aferoClient) put(_ context.Context, name string, content io.ReadSeeker, _ int64) error {
	if err := c.fs.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	return afero.WriteReader(c.fs, name, content)
}

func (c aferoClient) get(_ context.Context, name string, w io.Writer) error {
	f, err := c.fs.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

func (c aferoClient) getAt(ctx context.Context, name string, w io.WriterAt, _ int64) error {
	return c.get(ctx, name, &inOrder{w: w})
}

func (c aferoClient) stat(_ context.Context, name string) error {
	_, err := c.fs.Stat(name)
	return err
}

func (c aferoClient) del(_ context.Context, name string) error { return c.fs.Remove(name) }

func (c aferoClient) list(_ context.Context, dir string, _ int) (n int, err error) {
	err = afero.Walk(c.fs, dir, func(_ string, info fs.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			n++
		}
		return err
	})
	return n, err
}
