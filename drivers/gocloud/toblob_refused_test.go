package gocloud

import (
	"context"
	"testing"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/gcerrors"
)

// refusing is a bucket whose store refuses keys outside of the naming rule, as MinIO
// does "../a".
type refusing struct {
	files.Bucket
	with error
}

func (r refusing) Stat(ctx context.Context, name string, o *files.StatOptions) (files.Info, error) {
	if o != nil && o.Key != "" {
		return files.Info{}, files.NewError(files.OpStat, "", r.with)
	}
	return r.Bucket.Stat(ctx, name, o)
}

func (r refusing) Get(ctx context.Context, name string, o *files.GetOptions) (
	*files.Reader, error,
) {
	if o != nil && o.Key != "" {
		return nil, files.NewError(files.OpGet, "", r.with)
	}
	return r.Bucket.Get(ctx, name, o)
}

// TestRefusedKeys: the store's refusal of a raw key is no result of an operation on the
// file.
func TestRefusedKeys(t *testing.T) {
	ctx := t.Context()
	for _, with := range []error{files.ErrUnsupported, files.ErrInvalid, files.ErrInvalidName} {
		b := ToBlob(refusing{New(memblob.OpenBucket(nil), nil), with}, nil)
		for _, key := range []string{"../a", "a//b", "dir/"} {
			create := &blob.WriterOptions{IfNotExist: true}
			if _, err := b.ReadAll(ctx, key); gcerrors.Code(err) != gcerrors.NotFound {
				t.Errorf("%v, read of a missing %q: %v", with, key, err)
			}
			if err := b.WriteAll(ctx, key, []byte("x"), create); err != nil {
				t.Errorf("%v, write of %q: %v", with, key, err)
			}
			if err := b.Copy(ctx, "copy", key, nil); err != nil {
				t.Errorf("%v, copy of %q: %v", with, key, err)
			}
			if err := b.Delete(ctx, key); err != nil {
				t.Errorf("%v, delete of %q: %v", with, key, err)
			}
			if ok, err := b.Exists(ctx, key); ok || err != nil {
				t.Errorf("%v, %q after its delete: %v, %v", with, key, ok, err)
			}
			if err := b.Delete(ctx, key); gcerrors.Code(err) != gcerrors.NotFound {
				t.Errorf("%v, delete of a missing %q: %v", with, key, err)
			}
		}
	}
	// What may not be seen is no reason to tell that the delete failed, which was done.
	b := ToBlob(refusing{New(memblob.OpenBucket(nil), nil), files.ErrPermission}, nil)
	if err := b.WriteAll(ctx, "../a", []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(ctx, "../a"); err != nil {
		t.Error(err)
	}
}
