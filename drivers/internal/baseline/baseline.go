// Package baseline compares a driver with the bare SDK and the bare Go CDK: the same
// calls, on one server, in one process.
package baseline

import (
	"context"
	"io"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
)

// ContentType is the content type of every client's Put.
const ContentType = "text/plain"

// Client does what the driver does, in another way. Each call requests the same from
// the server, and uses the same of the response.
type Client struct {
	Name string
	// Put stores content under name with ContentType, in one request.
	Put func(ctx context.Context, name string, content []byte) error
	// Get reads the file to its end, and Range the n bytes from off on.
	Get   func(ctx context.Context, name string) error
	Range func(ctx context.Context, name string, off, n int64) error
	Stat  func(ctx context.Context, name string) error
	// Delete removes an existing file.
	Delete func(ctx context.Context, name string) error
	// Copy copies inside the bucket.
	Copy func(ctx context.Context, dst, src string) error
	// List reads all names that begin with dir, with their sizes, times and versions,
	// and counts them.
	List func(ctx context.Context, dir string) (int, error)
}

// Driver returns the Client that calls the driver.
func Driver(b files.Bucket) Client {
	get := func(ctx context.Context, name string, opts *files.GetOptions) error {
		r, err := b.Get(ctx, name, opts)
		if err != nil {
			return err
		}
		return Discard(r)
	}
	return Client{
		Name: "driver",
		Put: func(ctx context.Context, name string, content []byte) error {
			_, err := files.PutBytes(ctx, b, name, content,
				&files.PutOptions{Attributes: files.Attributes{ContentType: ContentType}})
			return err
		},
		Get: func(ctx context.Context, name string) error { return get(ctx, name, nil) },
		Range: func(ctx context.Context, name string, off, n int64) error {
			return get(ctx, name, &files.GetOptions{Range: files.Bytes(off, n)})
		},
		Stat: func(ctx context.Context, name string) error {
			_, err := b.Stat(ctx, name, nil)
			return err
		},
		Delete: func(ctx context.Context, name string) error { return b.Delete(ctx, name, nil) },
		Copy: func(ctx context.Context, dst, src string) error {
			_, err := files.Copy(ctx, b, dst, b, src, nil)
			return err
		},
		List: func(ctx context.Context, dir string) (n int, err error) {
			for _, err := range b.List(ctx, dir, nil) {
				if err != nil {
					return n, err
				}
				n++
			}
			return n, nil
		},
	}
}

// GoCDK returns the Client that calls the Go CDK without the driver.
func GoCDK(b *blob.Bucket) Client {
	read := func(r *blob.Reader, err error) error {
		if err != nil {
			return err
		}
		return Discard(r)
	}
	return Client{
		Name: "gocdk",
		Put: func(ctx context.Context, name string, content []byte) error {
			return b.WriteAll(ctx, name, content, &blob.WriterOptions{ContentType: ContentType})
		},
		Get: func(ctx context.Context, name string) error {
			return read(b.NewReader(ctx, name, nil))
		},
		Range: func(ctx context.Context, name string, off, n int64) error {
			return read(b.NewRangeReader(ctx, name, off, n, nil))
		},
		Stat: func(ctx context.Context, name string) error {
			_, err := b.Attributes(ctx, name)
			return err
		},
		Delete: b.Delete,
		Copy: func(ctx context.Context, dst, src string) error {
			return b.Copy(ctx, dst, src, nil)
		},
		List: func(ctx context.Context, dir string) (n int, err error) {
			for i := b.List(&blob.ListOptions{Prefix: dir}); ; n++ {
				if _, err := i.Next(ctx); err == io.EOF {
					return n, nil
				} else if err != nil {
					return n, err
				}
			}
		},
	}
}

// Discard reads r to its end and closes it.
func Discard(r io.ReadCloser) error {
	defer r.Close()
	_, err := io.Copy(io.Discard, r)
	return err
}
