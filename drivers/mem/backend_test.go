package mem

import (
	"context"
	"errors"
	"strings"
	"testing"
	"unsafe"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestCopyFromAnotherKind: a copy from a backend of another kind is ErrUnsupported, so
// that package files streams it.
func TestCopyFromAnotherKind(t *testing.T) {
	var other struct{ driver.Backend }
	if _, err := newBackend(nil).Copy(t.Context(), other, &driver.CopyRequest{
		Src: "a",
		Dst: "b",
	}); !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("%v, want ErrUnsupported", err)
	}
}

func TestCheck(t *testing.T) {
	b := New(nil)
	if err := files.Check(t.Context(), b); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := files.Check(t.Context(), b); !errors.Is(err, files.ErrClosed) {
		t.Errorf("%v, want ErrClosed", err)
	}
}

// TestNameIsNotShared: a stored name that was a part of a large string doesn't keep
// that string in memory.
func TestNameIsNotShared(t *testing.T) {
	large := strings.Repeat("n", 1<<20)
	b := New(nil)
	if _, err := b.Put(t.Context(), large[:5], strings.NewReader(""), nil); err != nil {
		t.Fatal(err)
	}
	for e, err := range b.List(t.Context(), "", nil) {
		if err != nil || unsafe.StringData(e.Name) == unsafe.StringData(large) {
			t.Errorf("the name %q shares the caller's memory; %v", e.Name, err)
		}
	}
}

// TestContextEndsBeforeCommit: a context that ends after the content was read prevents
// the commit (P2).
func TestContextEndsBeforeCommit(t *testing.T) {
	s := newBackend(nil)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	u := &driver.Upload{Name: "a", Size: 1}
	req := u.PutRequest(t.Context(), strings.NewReader("x"))
	if _, err := s.Put(ended, req); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want Canceled", err)
	}
	if _, ok := s.get("a"); ok {
		t.Error("the file was stored")
	}
}
