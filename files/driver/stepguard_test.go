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

// TestSignPartEndsWithTheOperation: so does the signing of a part.
func TestSignPartEndsWithTheOperation(t *testing.T) {
	p := newPartTaker()
	var late nextFunc
	b := hooked(p, func(ctx context.Context, next nextFunc) error {
		late = next
		return next(ctx)
	})
	u := beginSigned(t, b, "a", "0123456789", driver.SignedUploadOptions{})
	if _, err := driver.SignPart(t.Context(), b, u, 1, 0); err != nil {
		t.Fatal(err)
	}
	if err := late(t.Context()); !errors.Is(err, files.ErrClosed) || p.took("SignPart") != 1 {
		t.Errorf("signing later: %v, want ErrClosed", err)
	}
	p.errs["SignPart"] = []error{files.ErrPermission}
	_, err := driver.SignPart(t.Context(), b, u, 1, 0)
	if !errors.Is(err, files.ErrPermission) {
		t.Fatal(err)
	}
	if err := late(t.Context()); !errors.Is(err, files.ErrClosed) || p.took("SignPart") != 2 {
		t.Errorf("signing after a failure: %v, want ErrClosed", err)
	}
}

// leaving is a wrapper that panics, and leaves behind a call of the step.
type leaving struct {
	files.Bucket
	late func() error
}

func (l *leaving) WithSignPart(ctx context.Context, name string,
	fn func(context.Context, files.Bucket, string) error) error {
	l.late = func() error { return fn(ctx, l.Bucket, name) }
	panic("in a wrapper")
}

// TestSignPartEndsWithAPanic: nothing is signed after a wrapper has panicked.
func TestSignPartEndsWithAPanic(t *testing.T) {
	p := newPartTaker()
	b := &leaving{Bucket: driver.New(p)}
	u := beginSigned(t, b.Bucket, "a", "0123456789", driver.SignedUploadOptions{})
	func() {
		defer func() { recover() }()
		_, err := driver.SignPart(t.Context(), b, u, 1, 0)
		t.Errorf("SignPart returned %v, want its panic", err)
	}()
	if err := b.late(); !errors.Is(err, files.ErrClosed) || p.took("SignPart") != 0 {
		t.Errorf("signing later: %v, %d parts are signed, want ErrClosed and 0", err,
			p.took("SignPart"))
	}
}

// idle is a wrapper that passes uploads, and carries out only some of the steps.
type idle struct {
	files.Bucket
	steps []bool // whether they are carried out
}

func (i *idle) step(f func() error) error {
	done := i.steps[0]
	i.steps = i.steps[1:]
	if !done {
		return nil
	}
	return f()
}

func (i *idle) WithUpload(ctx context.Context, name string,
	fn func(context.Context, files.Bucket, string) error) error {
	return i.step(func() error { return fn(ctx, i.Bucket, name) })
}

func (i *idle) WithUploads(ctx context.Context, dir, prefix string,
	fn func(context.Context, files.Bucket, string, string) error,
) (func(string) (string, bool), error) {
	return func(name string) (string, bool) { return name, true },
		i.step(func() error { return fn(ctx, i.Bucket, dir, prefix) })
}

func (i *idle) WithSignPart(ctx context.Context, name string,
	fn func(context.Context, files.Bucket, string) error) error {
	return i.WithUpload(ctx, name, fn)
}

// TestStepsThatArentCarriedOut: a wrapper that does nothing and reports success has not
// carried out the step, whichever it is.
func TestStepsThatArentCarriedOut(t *testing.T) {
	p := newPartTaker()
	b := driver.New(p)
	made := sent(t, b, "made", driver.SignedUploadOptions{})
	if _, err := driver.CompleteSignedUpload(t.Context(), b, made); err != nil {
		t.Fatal(err)
	}
	u := sent(t, b, "a", driver.SignedUploadOptions{})
	o := driver.SignedUploadOptions{Size: 1}
	for what, c := range map[string]struct {
		steps []bool
		call  func(b files.Bucket) error
	}{
		"any": {[]bool{false}, func(b files.Bucket) error {
			return driver.WithUploader(t.Context(), b, "a",
				func(context.Context, *driver.Uploader) error { return nil })
		}},
		"check": {[]bool{false, true}, func(b files.Bucket) error {
			_, err := driver.BeginSignedUpload(t.Context(), b, "a", o)
			return err
		}},
		"begin": {[]bool{true, false}, func(b files.Bucket) error {
			_, err := driver.BeginSignedUpload(t.Context(), b, "a", o)
			return err
		}},
		"sign": {[]bool{false}, func(b files.Bucket) error {
			_, err := driver.SignPart(t.Context(), b, u, 1, 0)
			return err
		}},
		"list": {[]bool{false}, func(b files.Bucket) error {
			_, err := driver.SignedParts(t.Context(), b, u)
			return err
		}},
		"store": {[]bool{true, false}, func(b files.Bucket) error {
			_, err := driver.CompleteSignedUpload(t.Context(), b, u)
			return err
		}},
		"find": {[]bool{true, false}, func(b files.Bucket) error {
			_, err := driver.CompleteSignedUpload(t.Context(), b, made)
			return err
		}},
		"abort": {[]bool{false}, func(b files.Bucket) error {
			return driver.AbortSignedUpload(t.Context(), b, u)
		}},
		"receive": {[]bool{false}, func(b files.Bucket) error {
			_, err := driver.ReceivePart(t.Context(), b, "a", u.ID, 1, 1, nil)
			return err
		}},
	} {
		err := c.call(&idle{b, c.steps})
		if !errors.Is(err, files.ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", what, err)
		}
	}
	if len(p.uploads) != 1 {
		t.Errorf("there are %d uploads, want 1", len(p.uploads))
	}
}
