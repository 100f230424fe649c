package gocloud

import (
	"context"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/gcerrors"
)

// refusing is a bucket whose store refuses keys outside the naming rule, as MinIO
// refuses "../a".
type refusing struct {
	files.Bucket
	with error
}

func (r refusing) Stat(ctx context.Context, name string, o *files.StatOptions) (files.Info, error) {
	if o != nil && o.Key != "" {
		return files.Info{}, driver.NewError(files.OpStat, "", r.with)
	}
	return r.Bucket.Stat(ctx, name, o)
}

func (r refusing) Get(ctx context.Context, name string, o *files.GetOptions) (
	*files.Reader, error,
) {
	if o != nil && o.Key != "" {
		return nil, driver.NewError(files.OpGet, "", r.with)
	}
	return r.Bucket.Get(ctx, name, o)
}

// TestRefusedKeys: the store's refusal of a raw key is not the result of an operation
// on the file.
func TestRefusedKeys(t *testing.T) {
	ctx := t.Context()
	for _, with := range []error{files.ErrUnsupported, files.ErrInvalid, files.ErrInvalidName} {
		b := ToBlob(refusing{New(memblob.OpenBucket(nil), nil), with}, nil)
		for _, key := range []string{"../a", "a//b", "dir/"} {
			create := &blob.WriterOptions{IfNotExist: true}
			if _, err := b.ReadAll(ctx, key); gcerrors.Code(err) != gcerrors.NotFound {
				t.Errorf("%v, reading the missing %q: %v", with, key, err)
			}
			if err := b.WriteAll(ctx, key, []byte("x"), create); err != nil {
				t.Errorf("%v, writing %q: %v, want nil", with, key, err)
			}
			if err := b.Copy(ctx, "copy", key, nil); err != nil {
				t.Errorf("%v, copying %q: %v, want nil", with, key, err)
			}
			if err := b.Delete(ctx, key); err != nil {
				t.Errorf("%v, Delete(%q) = %v, want nil", with, key, err)
			}
			if ok, err := b.Exists(ctx, key); ok || err != nil {
				t.Errorf("%v, Exists(%q) after Delete = %v, %v, want false and nil", with, key, ok,
					err)
			}
			if err := b.Delete(ctx, key); gcerrors.Code(err) != gcerrors.NotFound {
				t.Errorf("%v, Delete of the missing %q = %v", with, key, err)
			}
		}
	}
	// If the raw key may not be read, the Delete has still succeeded.
	b := ToBlob(refusing{New(memblob.OpenBucket(nil), nil), files.ErrPermission}, nil)
	if err := b.WriteAll(ctx, "../a", []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(ctx, "../a"); err != nil {
		t.Errorf("Delete(../a) = %v, want nil", err)
	}
}
