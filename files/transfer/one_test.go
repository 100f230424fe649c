package transfer_test

import (
	"errors"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// TestCopyFile: one file is copied under another name, with its attributes, and is
// continued if it is large. The options hold.
func TestCopyFile(t *testing.T) {
	p := random(30, largeSize)
	dst, dir, inner := fine(), memdir.New(t), fine()
	putBytes(t, inner, "a/big", p, &files.PutOptions{
		Attributes: files.Attributes{ContentType: "text/x-own"},
	})
	put(t, inner, "small")
	src := readsOf(inner)
	src.most.Store(largeSize / 2)
	one := func(name, from string, o *transfer.Options) (transfer.Result, error) {
		return transfer.CopyFile(t.Context(), dst, name, src, from, o)
	}
	_, err := one("b", "a/big", resuming(dir))
	is(t, err, files.ErrUnavailable)
	src.most.Store(0)
	src.n.Store(0)
	res, err := one("b", "a/big", resuming(dir))
	if err != nil || res.Copied != 1 || res.CopiedBytes != largeSize ||
		src.n.Load() > largeSize*6/10 {
		t.Errorf("%+v, %v; %d bytes were read", res, err, src.n.Load())
	}
	if info := wantBytes(t, dst, "b", p); info.ContentType != "text/x-own" {
		t.Errorf("the copy is %+v", info)
	}
	wantNothingLeft(t, dst, dir)

	o := &transfer.Options{DryRun: true}
	if res, err := one("dry", "small", o); err != nil || res.Copied != 1 {
		t.Errorf("a dry run: %+v, %v", res, err)
	}
	if ok, err := files.Exists(t.Context(), dst, "dry"); ok || err != nil {
		t.Errorf("the dry run has made the file: %t, %v", ok, err)
	}
	_, err = one("b", "small", &transfer.Options{NoOverwrite: true})
	is(t, err, files.ErrExist)
	wantBytes(t, dst, "b", p)
	if _, err = one("b", "small", nil); err != nil { // it replaces
		t.Error(err)
	}
	wantBytes(t, dst, "b", []byte("content of small"))
	_, err = one("c", "missing", nil)
	is(t, err, files.ErrNotExist)
	_, err = one("c//d", "small", nil)
	is(t, err, files.ErrInvalidName)
	_, err = one("c", "small", &transfer.Options{Parallel: -1})
	is(t, err, files.ErrInvalid)
	_, err = transfer.CopyFile(t.Context(), nil, "c", src, "small", nil)
	is(t, err, files.ErrInvalid)
	var e *files.Error
	if !errors.As(err, &e) || e.Op != files.OpCopy {
		t.Errorf("the error is %v", err)
	}
}
