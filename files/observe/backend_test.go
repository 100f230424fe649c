package observe_test

import (
	"context"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/mount"
	"cloudfiles.dev/files/observe"
	"cloudfiles.dev/files/overlay"
	"cloudfiles.dev/files/retry"
)

// backendOf notes the backends of the operations.
type backendOf struct{ seen string }

func (b *backendOf) Begin(ctx context.Context, o *observe.Operation) context.Context {
	b.seen = o.Backend
	return ctx
}
func (b *backendOf) Passed(context.Context, *observe.Operation, int64) {}
func (b *backendOf) End(context.Context, *observe.Operation)           {}

// TestBackendOfJoinedBuckets: a bucket that reads from several has the name of the layer
// that joins them, without the directories and layers that its text shows, because
// metrics have no names.
func TestBackendOfJoinedBuckets(t *testing.T) {
	ok := func(b files.Bucket, err error) files.Bucket {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	some := func() files.Bucket { return retry.Wrap(mem.New(nil), nil) }
	for want, b := range map[string]files.Bucket{
		"mem":     some(),
		"mount":   ok(mount.New(map[string]files.Bucket{"": some(), "private": some()})),
		"overlay": ok(overlay.New([]files.Bucket{files.ReadOnly(some()), some()}, nil)),
	} {
		var got backendOf
		b = ok(observe.New(b, &observe.Options{Observers: []observe.Observer{&got}}))
		if _, err := files.Exists(t.Context(), b, "a"); err != nil {
			t.Fatal(err)
		}
		if got.seen != want {
			t.Errorf("the backend is %q, want %q", got.seen, want)
		}
	}
}
