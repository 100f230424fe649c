package files_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Compress what is put in one piece. The metadata holds the plain size.
func ExampleTransform() {
	const sizeKey = "plain-size"
	store := mem.New(nil)
	info := func(_ *files.Call, stored files.Info) (files.Info, error) {
		n, err := strconv.ParseInt(stored.Metadata[sizeKey], 10, 64)
		if err != nil {
			return files.Info{}, driver.Errorf(files.ErrCorrupt, "the plain size is missing")
		}
		stored.Size, stored.Digest = n, files.Digest{}
		delete(stored.Metadata, sizeKey)
		return stored, nil
	}
	b := files.Wrap(store, files.Hooks{Transform: &files.Transform{
		Metadata: 40, // bytes that the plain size takes at most
		Put: func(_ context.Context, _ *files.Call, plain io.Reader, _ int64,
			opts *files.PutOptions) (io.Reader, int64, error) {
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			n, err := io.Copy(z, plain)
			if err == nil {
				err = z.Close()
			}
			opts.Metadata[sizeKey] = strconv.FormatInt(n, 10)
			return &packed, int64(packed.Len()), err
		},
		Open: func(ctx context.Context, c *files.Call, r files.Range,
			get func(context.Context, files.Range) (*files.Reader, error)) (files.Info,
			io.Reader, error) {
			stored, err := get(ctx, files.Range{})
			if err != nil {
				return files.Info{}, nil, err
			}
			plain, err := info(c, stored.Info())
			if err != nil {
				return files.Info{}, nil, err
			}
			z, err := gzip.NewReader(stored)
			if err != nil {
				return files.Info{}, nil, err
			}
			off, _ := r.Resolve(plain.Size)
			// gzip can't begin in its middle
			if _, err := io.CopyN(io.Discard, z, off); err != nil {
				return files.Info{}, nil, err
			}
			return plain, z, nil
		},
		Info: info,
		// A listing has no metadata, and so no plain size.
		Entry: func(_ *files.Call, e files.Entry) (files.Entry, error) { return e, nil },
	}})

	ctx := context.Background()
	put, err := files.PutString(ctx, b, "log.txt", strings.Repeat("Rain again. ", 1000), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	stored, err := store.Stat(ctx, "log.txt", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	last, err := files.ReadString(ctx, b, "log.txt",
		&files.ReadOptions{GetOptions: files.GetOptions{Range: files.Last(12)}})
	fmt.Println(put.Size, stored.Size < 200, stored.ContentType, last, err)
	// Output: 12000 true text/plain; charset=utf-8 Rain again.  <nil>
}
