package driver_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

type closing struct {
	*mapdriver.Backend
	closes atomic.Int32
}

func (c *closing) Close() error { c.closes.Add(1); return nil }

func TestCloseWaitsForNobodyAndCutsNobodyOff(t *testing.T) {
	back := &closing{Backend: mapdriver.New()}
	b := driver.New(back)
	ctx := t.Context()
	for _, n := range []string{"a", "b"} {
		if _, err := b.Put(ctx, n, strings.NewReader(n), nil); err != nil {
			t.Fatal(err)
		}
	}
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	listed := 0
	for _, err := range b.List(ctx, "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if listed++; listed == 1 {
			if err := b.Close(); err != nil { // in the middle of the loop, and with an open body
				t.Fatal(err)
			}
		}
	}
	if listed != 2 || back.closes.Load() != 0 {
		t.Errorf("%d entries, backend closed %d times while a body was open, want 2 and 0",
			listed, back.closes.Load())
	}
	if s, err := r.ReadString(); s != "a" || err != nil {
		t.Errorf(`the open body gave %q, %v, want "a" and no error`, s, err)
	}
	r.Close()
	r.Close()
	b.Close()
	if n := back.closes.Load(); n != 1 {
		t.Errorf("backend closed %d times, want once, with the last body", n)
	}
	for name, err := range afterClose(ctx, b) {
		if !errors.Is(err, files.ErrClosed) {
			t.Errorf("%s after Close: %v, want ErrClosed", name, err)
		}
	}
}

// afterClose calls every method, with bad names too: closed comes first (E2).
func afterClose(ctx context.Context, b files.Bucket) map[string]error {
	res := map[string]error{}
	_, res["put"] = b.Put(ctx, "", nil, nil)
	_, res["get"] = b.Get(ctx, "//", &files.GetOptions{Key: "x"})
	_, res["stat"] = b.Stat(ctx, "a", &files.StatOptions{Key: "x"})
	res["delete"] = b.Delete(ctx, "a", &files.DeleteOptions{Key: "x"})
	for _, err := range b.List(ctx, "//", nil) {
		res["list"] = err
	}
	_, res["sign"] = files.SignURL(ctx, b, "", nil)
	_, res["copy"] = files.Copy(ctx, b, "", b, "", nil)
	res["check"] = files.Check(ctx, b)
	res["delete many"] = b.(driver.BucketManyDeleter).DeleteMany(ctx, []string{"a"})[0]
	return res
}
