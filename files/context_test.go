package files_test

import (
	"context"
	"errors"
	"testing"

	"cloudfiles.dev/files/driver"
)

func TestContextError(t *testing.T) {
	own := errors.New("own")
	ctx, cancel := context.WithCancelCause(t.Context())
	if err := driver.ContextError(ctx); err != nil {
		t.Errorf("before the end: %v, want no error", err)
	}
	cancel(own)
	if err := driver.ContextError(ctx); !errors.Is(err,
		own) || !errors.Is(err, context.Canceled) || err.Error() != "own" {
		t.Errorf("cancelled with a cause: %v, want the cause and context.Canceled", err)
	}
	plain, stop := context.WithCancel(t.Context())
	stop()
	if err := driver.ContextError(plain); err != context.Canceled {
		t.Errorf("cancelled without a cause: %v, want context.Canceled", err)
	}
}
