package conformance_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

const maskHeader = 16

// mask changes each byte by a key with which the file begins. It is no encryption, but
// it has the same properties: bytes and a size that differ from the caller's, and a key
// that is used once.
func mask(b files.Bucket) files.Bucket {
	return files.Wrap(b, files.Hooks{
		Features: func(f files.Features) files.Features {
			if f.MaxSize > 0 {
				f.MaxSize -= maskHeader
			}
			return f
		},
		Transform: &files.Transform{
			Put: func(_ context.Context, _ *files.Call, plain io.Reader, size int64,
				_ *files.PutOptions) (io.Reader, int64, error) {
				key := make([]byte, maskHeader)
				rand.Read(key)
				if size >= 0 {
					size += maskHeader
				}
				return io.MultiReader(bytes.NewReader(key), masked(plain, key, 0)), size, nil
			},
			Open: openMasked,
			Info: func(_ *files.Call, i files.Info) (files.Info, error) { return unmask(i) },
		},
	})
}

func unmask(i files.Info) (files.Info, error) {
	i.Digest = files.Digest{}
	if i.Size -= maskHeader; i.Size < 0 {
		return i, driver.Errorf(files.ErrCorrupt, "the file has no key")
	}
	return i, nil
}

func openMasked(ctx context.Context, _ *files.Call, r files.Range,
	get func(context.Context, files.Range) (*files.Reader, error)) (files.Info, io.Reader, error) {
	part := files.Bytes(0, maskHeader)
	if r.IsWhole() {
		part = files.Range{} // one request, of one version
	}
	head, err := get(ctx, part)
	if err != nil {
		return files.Info{}, nil, err
	}
	key, err := head.ReadN(maskHeader)
	if err != nil {
		return files.Info{}, nil, err
	}
	info, err := unmask(head.Info())
	if err != nil {
		return files.Info{}, nil, err
	}
	if r.IsWhole() {
		return info, masked(head, key, 0), nil
	}
	off, n := r.Resolve(info.Size)
	body, err := get(ctx, files.Bytes(maskHeader+off, n))
	if err != nil {
		return files.Info{}, nil, err
	}
	return info, masked(body, key, off), nil
}

func masked(r io.Reader, key []byte, at int64) io.Reader {
	return readFunc(func(p []byte) (int, error) {
		n, err := r.Read(p)
		for i := range p[:n] {
			p[i] ^= key[at%maskHeader] ^ 0x55
			at++
		}
		return n, err
	})
}

// TestWrapperTransform: a wrapper that stores other bytes keeps the contract
// with what it claims.
func TestWrapperTransform(t *testing.T) {
	conformance.RunWrapper(t, mask, &conformance.WrapperOptions{
		Only: rerun.Light(t),
		Features: func(f files.Features) files.Features {
			f.ServerCopy, f.Digests, f.ForeignKeys = false, false, false
			f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = false, false, false, false
			if f.MaxSize > 0 {
				f.MaxSize -= maskHeader
			}
			return f
		},
	})
}
