package driver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// copying is a closing that can copy, from any mapdriver.
type copying struct{ *closing }

func (c copying) Features() files.Features {
	f := c.closing.Features()
	f.ServerCopy = true
	return f
}

func (c copying) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	o, err := from.Open(ctx, driver.OpenRequest{Key: driver.Key{Name: req.Src}})
	if err != nil {
		return files.Info{}, err
	}
	defer o.Body.Close()
	_, err = driver.New(c.closing.Backend).Put(ctx, req.Dst, o.Body, nil)
	return files.Info{Entry: files.Entry{Size: -1}}, err
}

// TestEveryOperationReleasesTheBackend: Close closes the backend, once, whatever was
// called on the bucket before and however it ended.
func TestEveryOperationReleasesTheBackend(t *testing.T) {
	other := driver.New(copying{&closing{Backend: mapdriver.New()}})
	put := func(ctx context.Context, b files.Bucket, name string) error {
		_, err := b.Put(ctx, name, strings.NewReader(name), nil)
		return err
	}
	for what, call := range map[string]func(context.Context, files.Bucket) error{
		"put": func(ctx context.Context, b files.Bucket) error { return put(ctx, b, "x") },
		"put that fails": func(ctx context.Context, b files.Bucket) error {
			_, err := b.Put(ctx, "x", strings.NewReader("x"), &files.PutOptions{Size: size(5)})
			return err
		},
		"get": func(ctx context.Context, b files.Bucket) error {
			r, err := b.Get(ctx, "a", nil)
			if err != nil {
				return err
			}
			return r.Close()
		},
		"get of nothing": func(ctx context.Context, b files.Bucket) error {
			_, err := b.Get(ctx, "none", nil)
			return err
		},
		"stat": func(ctx context.Context, b files.Bucket) error {
			_, err := b.Stat(ctx, "a", nil)
			return err
		},
		"delete": func(ctx context.Context, b files.Bucket) error {
			return b.Delete(ctx, "a", nil)
		},
		"delete many": func(ctx context.Context, b files.Bucket) error {
			_, err := files.DeleteMany(ctx, b, slices.Values([]string{"a", "b"}))
			return err
		},
		"list": func(ctx context.Context, b files.Bucket) error {
			for _, err := range b.List(ctx, "", nil) {
				return err
			}
			return nil
		},
		"copy inside": func(ctx context.Context, b files.Bucket) error {
			_, err := files.Copy(ctx, b, "x", b, "a", nil)
			return err
		},
		"copy onto itself": func(ctx context.Context, b files.Bucket) error {
			_, err := files.Copy(ctx, b, "a", b, "a", nil)
			return err
		},
		"copy from": func(ctx context.Context, b files.Bucket) error {
			_, err := files.Copy(ctx, other, "x", b, "a", nil)
			return err
		},
		"copy to": func(ctx context.Context, b files.Bucket) error {
			if err := put(ctx, other, "o"); err != nil {
				return err
			}
			_, err := files.Copy(ctx, b, "x", other, "o", nil)
			return err
		},
		"check": files.Check,
		"sign": func(ctx context.Context, b files.Bucket) error {
			_, err := files.SignURL(ctx, b, "a", nil)
			return err
		},
	} {
		for _, ended := range []bool{false, true} {
			back := &closing{Backend: mapdriver.New()}
			b := driver.New(copying{back})
			for _, name := range []string{"a", "b"} {
				if err := put(t.Context(), b, name); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			if ended {
				cancel()
			}
			err := call(ctx, b)
			cancel()
			if cerr := b.Close(); cerr != nil || back.closes.Load() != 1 {
				t.Errorf("%s (%v), then Close: %v, and the backend was closed %d times, want once",
					what, err, cerr, back.closes.Load())
			}
		}
	}
}

// teller stores what it is given, reads the content's digest after each byte, and
// reports another size.
type teller struct {
	*mapdriver.Backend
	t *testing.T
}

func (w teller) Features() files.Features {
	f := w.Backend.Features()
	f.MaxSize = 4
	return f
}

func (w teller) Put(_ context.Context, req *driver.PutRequest) (files.Info, error) {
	var got []byte
	for {
		var p [1]byte
		n, err := req.Content.Read(p[:])
		got = append(got, p[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			return files.Info{}, err
		}
		if d := req.Content.Digest(); d.CRC32C != crcOf(got) {
			w.t.Errorf("after %q the digest is %s, want %s", got, d.CRC32C, crcOf(got))
		}
		if n := req.Content.Count(); n != int64(len(got)) {
			w.t.Errorf("after %q the count is %d", got, n)
		}
	}
	return files.Info{Entry: files.Entry{Size: 99, Version: "1"}}, nil
}

func crcOf(p []byte) string {
	return fmt.Sprintf("%08x", crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)))
}

// TestPutAtTheLimit: content of the largest size is stored, declared or not, and one byte
// more is refused. The Info's size is that of what was read, whatever the backend
// reports. A backend may read the digest of what it has read so far.
func TestPutAtTheLimit(t *testing.T) {
	b := driver.New(teller{mapdriver.New(), t})
	declared := files.Digest{CRC32C: crcOf([]byte("four"))}
	stream := func(s string) io.Reader { return io.MultiReader(strings.NewReader(s)) }
	for _, c := range []struct {
		content io.Reader
		opts    *files.PutOptions
		size    int64 // -1 if it is too large
	}{
		{stream(""), nil, 0},
		{stream("four"), nil, 4},
		{stream("four"), &files.PutOptions{Size: size(4)}, 4},
		{stream("four"), &files.PutOptions{Digest: declared}, 4},
		{bytes.NewReader([]byte("four")), nil, 4},
		{stream("five5"), nil, -1},
		{stream("five5"), &files.PutOptions{Size: size(5)}, -1},
		{bytes.NewReader([]byte("five5")), nil, -1},
	} {
		info, err := b.Put(t.Context(), "a.txt", c.content, c.opts)
		if c.size < 0 {
			if !errors.Is(err, files.ErrTooLarge) {
				t.Errorf("%T %+v: %v, want ErrTooLarge", c.content, c.opts, err)
			}
		} else if err != nil || info.Size != c.size {
			t.Errorf("%T %+v: size %d, %v, want %d", c.content, c.opts, info.Size, err, c.size)
		}
	}
}
