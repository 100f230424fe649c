package driver_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// able is a Bucket that implements every optional ability by the interfaces of package
// driver, and notes which are used.
type able struct {
	files.Bucket
	asked []string
}

var (
	_ driver.BucketAser          = (*able)(nil)
	_ driver.BucketChecker       = (*able)(nil)
	_ driver.BucketCopier        = (*able)(nil)
	_ driver.BucketCopySource    = (*able)(nil)
	_ driver.BucketLocator       = (*able)(nil)
	_ driver.BucketManyDeleter   = (*able)(nil)
	_ driver.BucketNativeChecker = (*able)(nil)
	_ driver.BucketURLSigner     = (*able)(nil)
)

func (a *able) note(what string) { a.asked = append(a.asked, what) }

func (a *able) As(any) bool { a.note("As"); return false }

func (a *able) Check(context.Context) error { a.note("Check"); return nil }

func (a *able) CopyFrom(context.Context, string, files.Bucket, string,
	*files.CopyOptions) (files.Info, error) {
	a.note("CopyFrom")
	return files.Info{}, nil
}

func (a *able) WithCopySource(ctx context.Context, name string,
	fn func(context.Context, files.Bucket, string) error) error {
	a.note("WithCopySource")
	return fn(ctx, a.Bucket, name)
}

func (a *able) Locate(name string) (any, string) { a.note("Locate"); return a, name }

func (a *able) DeleteMany(_ context.Context, names []string) []error {
	a.note("DeleteMany")
	return make([]error, len(names))
}

func (a *able) CheckNative(files.Op, []files.NativeOption) error {
	a.note("CheckNative")
	return nil
}

func (a *able) SignURL(context.Context, string, *files.SignOptions) (files.SignedURL, error) {
	a.note("SignURL")
	return files.SignedURL{}, nil
}

// TestBucketAbilities: the functions of package files use each ability that a Bucket
// implements by the interfaces of this package, and a wrapper has all of them.
func TestBucketAbilities(t *testing.T) {
	store := mem.New(nil)
	if _, err := files.PutString(t.Context(), store, "a", "x", nil); err != nil {
		t.Fatal(err)
	}
	b := &able{Bucket: store}
	_, isChan := files.As[chan int](b)
	_, cerr := files.Copy(t.Context(), b, "b", b, "a", nil)
	_, derr := files.DeleteMany(t.Context(), b, slices.Values([]string{"c"}))
	_, serr := files.SignURL(t.Context(), b, "a", nil)
	_, through := files.Copy(t.Context(), store, "d", b, "a", nil)
	native := &files.CopyOptions{Native: []files.NativeOption{option{}}}
	_, nerr := files.Copy(t.Context(), b, "e", b, "a", native)
	_, merr := files.Move(t.Context(), b, "f", &able{Bucket: store}, "a", nil)
	err := errors.Join(files.Check(t.Context(), b), cerr, derr, serr, through, nerr, merr)
	if err != nil || isChan {
		t.Errorf("%v, As found a channel: %v, want no error and false", err, isChan)
	}
	for _, what := range []string{
		"As",
		"Check",
		"CopyFrom",
		"WithCopySource",
		"Locate",
		"DeleteMany",
		"CheckNative",
		"SignURL",
	} {
		if !slices.Contains(b.asked, what) {
			t.Errorf("no function called %s; called were %v", what, b.asked)
		}
	}
	var w any = files.Wrap(store, files.Hooks{})
	if _, ok := w.(interface {
		driver.BucketAser
		driver.BucketChecker
		driver.BucketCopier
		driver.BucketCopySource
		driver.BucketLocator
		driver.BucketManyDeleter
		driver.BucketNativeChecker
		driver.BucketURLSigner
	}); !ok {
		t.Error("a wrapper lacks an ability")
	}
}

type option struct{}

func (option) NativeOption() string { return "driver_test.option" }
