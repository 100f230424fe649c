package files_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestFailuresAtOnce: a Read that gets no bytes returns the body's failure itself, not
// only the next one, for each kind of body and of failure.
func TestFailuresAtOnce(t *testing.T) {
	for what, c := range map[string]struct {
		body func(p []byte) (int, error)
		want error
	}{
		"fails": {func([]byte) (int, error) { return 0, errBroken }, errBroken},
		"ends":  {func([]byte) (int, error) { return 0, io.EOF }, files.ErrCorrupt},
		"is impossible": {func(p []byte) (int, error) { return len(p) + 1, nil },
			files.ErrUnavailable},
		"is negative": {func([]byte) (int, error) { return -1, nil }, files.ErrUnavailable},
		"is wrong":    {func(p []byte) (int, error) { return len(p), nil }, files.ErrCorrupt},
	} {
		for _, timeout := range []time.Duration{0, time.Hour} {
			r, _ := reader(ctx, readerFunc(c.body), alphabet, func(c *driver.ReaderConfig) {
				c.Timeout = timeout
			})
			for range 2 {
				n, err := r.Read(make([]byte, 100))
				if n != 0 || !errors.Is(err, c.want) {
					t.Errorf("a body that %s: Read = %d, %v, want 0 and %v", what, n, err, c.want)
				}
			}
			r.Close()
		}
	}
}

// TestLateReaderFails: the failure of a hook's reader whose Close has no result, as a
// decoder's, is the caller's, each time that it reads.
func TestLateReaderFails(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	b := files.Wrap(store, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, _ io.Reader) io.Reader {
			fails := readerFunc(func([]byte) (int, error) { return 0, errBroken })
			return &closing{fails, func() {}}
		},
	})
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := r.Read(make([]byte, 9)); n != 0 || !errors.Is(err, errBroken) {
		t.Errorf("Read = %d, %v, want 0 and the reader's error", n, err)
	}
}
