package gocloud

import (
	"context"
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
)

// TestLostResponse: if everything was sent and the response is lost, the outcome is
// unknown (P2).
func TestLostResponse(t *testing.T) {
	f := newFake(t)
	b := New(blob.NewBucket(f), cloud)
	reset := errors.New("connection to 10.0.0.1 reset")
	f.onClose = func(commit func() error) error {
		if err := commit(); err != nil {
			return err
		}
		return reset
	}
	_, err := b.Put(t.Context(), "f", strings.NewReader("new"), nil)
	if !errors.Is(err,
		files.ErrUncertain) || !errors.Is(err, reset) || strings.Contains(err.Error(), "10.0.0.1") {
		t.Errorf("Put = %v, want ErrUncertain, %v and no %q", err, reset, "10.0.0.1")
	}
	ctx, cancel := context.WithCancel(t.Context())
	f.onClose = func(commit func() error) error { cancel(); return context.Canceled }
	_, err = b.Put(ctx, "f", strings.NewReader("new"), nil)
	if !errors.Is(err, files.ErrUncertain) || !errors.Is(err, context.Canceled) {
		t.Errorf("Put that is cancelled in the commit = %v, want ErrUncertain and context.Canceled",
			err)
	}
	f.onClose = func(commit func() error) error { return files.ErrExist }
	if _, err = b.Put(t.Context(), "f", strings.NewReader("new"),
		&files.PutOptions{If: files.IfAbsent()}); !errors.Is(err,
		files.ErrExist) || errors.Is(err, files.ErrUncertain) {
		t.Errorf("Put that is refused = %v, want ErrExist, not ErrUncertain", err)
	}
}
