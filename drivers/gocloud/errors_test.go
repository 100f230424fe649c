package gocloud

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
)

// TestErrorTexts: an error's text has neither the folder nor Go CDK's text, and
// errors.As finds the cause (E1).
func TestErrorTexts(t *testing.T) {
	dir := t.TempDir()
	b := New(openFile(t, dir, nil), nil)
	put(t, b, "d/f", "x", nil)
	long := strings.Repeat("l", 255)
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"a file as a directory", func() error {
			_, err := b.Put(t.Context(), "d/f/g", bytes.NewReader(nil), nil)
			return err
		}, files.ErrUnsupported},
		{"a directory as a file", func() error {
			_, err := b.Put(t.Context(), "d", bytes.NewReader(nil), nil)
			return err
		}, files.ErrUnsupported},
		{"a long element", func() error {
			_, err := b.Put(t.Context(), long, bytes.NewReader(nil), nil)
			return err
		}, files.ErrInvalidName},
		{"fileblob's own suffix", func() error {
			_, err := b.Stat(t.Context(), "x.attrs", nil)
			return err
		}, files.ErrInvalidName},
		{"an illegal name", func() error {
			_, err := b.Stat(t.Context(), "./d", nil)
			return err
		}, files.ErrInvalidName},
		{"missing", func() error {
			_, err := b.Get(t.Context(), "none", nil)
			return err
		}, files.ErrNotExist},
	} {
		err := c.do()
		if !errors.Is(err, c.want) {
			t.Errorf("%s = %v, want %v", c.name, err, c.want)
			continue
		}
		if s := err.Error(); strings.Contains(s,
			dir) || strings.Contains(s,
			"blob") && !strings.Contains(s, "fileblob's own") || strings.Contains(s, "code=") {
			t.Errorf("%s: the text is %q", c.name, s)
		}
	}
	_, err := b.Get(t.Context(), "none", nil)
	if pe, ok := errors.AsType[*os.PathError](err); !ok || pe.Path == "" {
		t.Errorf("errors.As finds no *os.PathError in %v", err)
	}
}

func TestVanishedFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bucket")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	b := New(openFile(t, dir, nil), nil)
	put(t, b, "f", "x", nil)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	_, putErr := b.Put(t.Context(), "g", strings.NewReader("x"), nil)
	_, getErr := b.Get(t.Context(), "f", nil)
	_, statErr := b.Stat(t.Context(), "f", nil)
	var listErr error
	for _, err := range b.List(t.Context(), "", nil) {
		listErr = err
	}
	for what, err := range map[string]error{
		"put":    putErr,
		"get":    getErr,
		"stat":   statErr,
		"list":   listErr,
		"delete": b.Delete(t.Context(), "f", nil),
		"check":  files.Check(t.Context(), b),
	} {
		if !errors.Is(err,
			files.ErrNoBucket) || errors.Is(err,
			files.ErrNotExist) && files.KindOf(err) == files.ErrNotExist {
			t.Errorf("%s of a missing folder: %v, want ErrNoBucket and not ErrNotExist", what, err)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("Put created the folder")
	}
}

func TestPermissionDenied(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("root has all permissions: only the mapping is tested")
		if _, _, k := mapFileError(opRead, &os.PathError{
			Op:   "open",
			Path: "/secret",
			Err:  os.ErrPermission,
		}); k != files.ErrPermission {
			t.Errorf("sentinel = %v, want ErrPermission", k)
		}
		return
	}
	dir := t.TempDir()
	b := New(openFile(t, dir, nil), nil)
	put(t, b, "f", "x", nil)
	if err := os.Chmod(filepath.Join(dir, "f"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(t.Context(), "f",
		nil); !errors.Is(err, files.ErrPermission) || strings.Contains(err.Error(), dir) {
		t.Errorf("Get = %v, want ErrPermission without the folder", err)
	}
}

// TestCloseLeavesBucketOpen: Close leaves the caller's bucket open, unless Options.Own
// is set (X3).
func TestCloseLeavesBucketOpen(t *testing.T) {
	raw := memblob.OpenBucket(nil)
	b := New(raw, nil)
	put(t, b, "f", "x", nil)
	b.Close()
	if _, err := b.Stat(t.Context(), "f", nil); !errors.Is(err, files.ErrClosed) {
		t.Errorf("Get after Close = %v, want ErrClosed", err)
	}
	if ok, err := raw.Exists(t.Context(), "f"); !ok || err != nil {
		t.Errorf("Exists in the caller's bucket = %v, %v, want true and nil", ok, err)
	}
	own := New(raw, &Options{Own: true})
	other := New(raw, nil)
	if err := own.Close(); err != nil {
		t.Errorf("Close = %v, want nil", err)
	}
	if _, err := raw.Exists(t.Context(), "f"); err == nil {
		t.Error("the owned bucket is still open")
	}
	if _, err := other.Stat(t.Context(), "f", nil); !errors.Is(err, files.ErrClosed) {
		t.Errorf("Get over a closed *blob.Bucket = %v, want ErrClosed", err)
	}
	if _, err := other.Put(t.Context(), "f", strings.NewReader("y"),
		&files.PutOptions{If: files.IfAbsent()}); !errors.Is(err,
		files.ErrClosed) || errors.Is(err, files.ErrExist) {
		t.Errorf("Put over a closed *blob.Bucket = %v, want ErrClosed, not ErrExist", err)
	}
}

func TestAsReachesGoCDK(t *testing.T) {
	raw := openFile(t, t.TempDir(), nil)
	b := New(raw, nil)
	if got, ok := files.As[*blob.Bucket](b); !ok || got != raw {
		t.Error("As doesn't return the *blob.Bucket")
	}
	if fi, ok := files.As[os.FileInfo](b); !ok || !fi.IsDir() {
		t.Error("As doesn't return the driver's own value")
	}
	if _, ok := files.As[*testing.T](b); ok {
		t.Error("As returns any type")
	}
}
