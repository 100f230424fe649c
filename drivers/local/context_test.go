package local

import (
	"context"
	"errors"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The error of a context that ends with a cause matches both the cause and
// context.Canceled, also if the driver itself finds it while waiting for a lock (E1).
func TestEndedContextIsCanceled(t *testing.T) {
	b, err := open(t.TempDir(), nil, fsys.OS())
	if err != nil {
		t.Fatal(err)
	}
	bucket := driver.New(b)
	defer bucket.Close()
	if _, err := files.PutString(t.Context(), bucket, "f", "x", nil); err != nil {
		t.Fatal(err)
	}
	lock, err := b.lockDir(t.Context(), b.root, "")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.unlock()
	boom := errors.New("boom")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(boom)
	_, copied := b.Copy(ctx, b, &driver.CopyRequest{
		Src:        "f",
		Dst:        "f",
		Attributes: &files.Attributes{ContentType: "text/plain"},
	})
	for what, err := range map[string]error{
		"delete": b.Delete(ctx, driver.Key{Name: "f"}, ""),
		"copy":   copied,
	} {
		if !errors.Is(err, boom) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s = %v, want the cause and context.Canceled", what, err)
		}
	}
}
