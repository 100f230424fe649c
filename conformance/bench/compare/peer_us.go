package main

import (
	"context"
	"io"
	"os"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/iofs"
	"cloudfiles.dev/files/transfer"

	_ "cloudfiles.dev/drivers/azure"
	_ "cloudfiles.dev/drivers/gcs"
	_ "cloudfiles.dev/drivers/local"
	_ "cloudfiles.dev/drivers/s3"
)

// us is a client of this library.
type us struct{ b files.Bucket }

func openUs(ctx context.Context, t target) (client, error) {
	b, err := files.Open(ctx, t.URL)
	return us{b}, err
}

func (u us) put(ctx context.Context, name string, content io.ReadSeeker, _ int64) error {
	_, err := u.b.Put(ctx, name, content, nil)
	return err
}

func (u us) get(ctx context.Context, name string, w io.Writer) error {
	r, err := u.b.Get(ctx, name, nil)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

func (u us) getAt(ctx context.Context, name string, w io.WriterAt, _ int64) error {
	_, err := files.DownloadAt(ctx, u.b, name, w, nil)
	return err
}

func (u us) stat(ctx context.Context, name string) error {
	_, err := u.b.Stat(ctx, name, nil)
	return err
}

func (u us) del(ctx context.Context, name string) error { return u.b.Delete(ctx, name, nil) }

func (u us) list(ctx context.Context, dir string, parallel int) (n int, err error) {
	for _, err := range u.b.List(ctx, dir, &files.ListOptions{Parallel: parallel}) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// treeParallel is how many files are copied at a time, as in the peers' best settings.
const treeParallel = 64

func (u us) up(ctx context.Context, folder, dir string) (int, error) {
	src, err := iofs.FromFS(os.DirFS(folder), nil)
	if err != nil {
		return 0, err
	}
	plan, err := transfer.Copy(
		transfer.Tree{Bucket: u.b, Dir: dir},
		transfer.Tree{Bucket: src},
		&transfer.Options{Parallel: treeParallel})
	if err != nil {
		return 0, err
	}
	did, err := plan.Apply(ctx)
	return int(did.Copied + did.Equal), err
}

// down makes every file durable. The peers don't.
func (u us) down(ctx context.Context, dir, folder string) (int, error) {
	did, err := transfer.DownloadDir(ctx, folder, transfer.Tree{Bucket: u.b, Dir: dir},
		&transfer.Options{Parallel: treeParallel})
	return int(did.Copied), err
}
