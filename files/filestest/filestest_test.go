package filestest_test

import (
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/filestest"
)

// TestURLFindsTheFake: every Open is this fake, and its handles close alone.
func TestURLFindsTheFake(t *testing.T) {
	b, other := filestest.New(t), filestest.New(t)
	if b.URL() == other.URL() {
		t.Fatal("two fakes have one URL")
	}
	first, err := files.Open(t.Context(), b.URL())
	if err != nil {
		t.Fatal(err)
	}
	put(t, first, "a", "text")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := files.Open(t.Context(), b.URL()+"?prefix=p/")
	if err != nil {
		t.Fatal(err)
	}
	put(t, second, "b", "text")
	b.Want(t, filestest.Tree{"a": "text", "p/b": "text"})
	other.Want(t, filestest.Tree{})
}

// TestAbilities: the fake has every ability that package driver has an interface for.
func TestAbilities(t *testing.T) {
	b := filestest.New(t)
	var _ interface {
		driver.BucketAser
		driver.BucketChecker
		driver.BucketCopier
		driver.BucketCopySource
		driver.BucketLocator
		driver.BucketManyDeleter
		driver.BucketNativeChecker
		driver.BucketURLSigner
	} = b
	if f := b.Features(); !f.ServerCopy || !f.Ordered || !f.IfAbsent {
		t.Errorf("Features = %+v, want those that all clouds have", f)
	}
	put(t, b, "a", "text")
	b.Within(t, filestest.Budget{Calls: 1, Bytes: 1}, func() {
		if _, err := files.Copy(t.Context(), b, "b", b, "a", nil); err != nil {
			t.Error(err)
		}
	})
	for _, op := range b.Calls()[1:] {
		if op.Op != files.OpCopy {
			t.Errorf("the copy called %s", op)
		}
	}
}
