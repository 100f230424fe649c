package driver_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

type nextFunc = func(context.Context) error

// hooked returns a bucket of the backend through a wrapper with the Around.
func hooked(b driver.Backend, around func(ctx context.Context, next nextFunc) error) files.Bucket {
	return files.Wrap(driver.New(b), files.Hooks{
		Uploads: true,
		Around: func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			return around(ctx, next)
		},
	})
}

// TestStepsFollowEachOther: a hook may call a step several times at once. The first
// success counts, and the others are ErrClosed.
func TestStepsFollowEachOther(t *testing.T) {
	p := newPartTaker()
	var errs [3]error
	b := hooked(p, func(ctx context.Context, next nextFunc) error {
		done := make(chan struct{})
		for i := range errs {
			go func() {
				errs[i] = next(ctx)
				done <- struct{}{}
			}()
		}
		for range errs {
			<-done
		}
		return nil
	})
	lost := func(what string) {
		t.Helper()
		n := 0
		for _, err := range errs {
			if errors.Is(err, files.ErrClosed) {
				n++
			} else if err != nil {
				t.Errorf("%s: %v, want ErrClosed", what, err)
			}
		}
		if n != len(errs)-1 {
			t.Errorf("%s: %d calls of %d have lost", what, n, len(errs))
		}
	}
	u := beginSigned(t, b, "a", "0123456789", driver.SignedUploadOptions{})
	lost("begin")
	if names, err := unfinished(t.Context(), b, "", ""); err != nil || len(names) != 1 {
		t.Errorf("the uploads are %q, %v, want one", names, err)
	}
	if n := p.took("BeginUpload"); n != 1 {
		t.Errorf("%d uploads were begun", n)
	}
	if s, err := driver.SignPart(t.Context(), b, u, 1, 0); err != nil || s.URL == "" {
		t.Errorf("SignPart: %v, %v", s, err)
	}
	lost("sign")
	receive(t, b, u, "0123456789", 1, 2, 3)
	lost("receive")
	info, err := driver.CompleteSignedUpload(t.Context(), b, u)
	if err != nil || info.Size != 10 || p.took("CompleteUpload") != 1 {
		t.Errorf("%+v, %v, completed %d times", info, err, p.took("CompleteUpload"))
	}
	lost("complete")
}

// TestStepsEndWithTheOperation: a step that a hook has left behind ends before the
// operation does, and none begins later.
func TestStepsEndWithTheOperation(t *testing.T) {
	boom := errors.New("boom")
	began, ended := make(chan struct{}), false
	var late nextFunc
	b := hooked(newPartTaker(), func(ctx context.Context, next nextFunc) error {
		late = next
		go next(ctx)
		<-began
		return boom
	})
	err := driver.WithUploader(t.Context(), b, "a",
		func(context.Context, *driver.Uploader) error {
			close(began)
			<-time.After(20 * time.Millisecond) // the operation would have ended by now
			ended = true
			return boom
		})
	if !errors.Is(err, boom) || !ended {
		t.Errorf("%v; the step has ended: %v", err, ended)
	}
	if err := late(t.Context()); !errors.Is(err, files.ErrClosed) {
		t.Errorf("a later step: %v, want ErrClosed", err)
	}
}
