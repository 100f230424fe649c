package mem

import (
	"errors"
	"strings"
	"testing"
	"unsafe"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// A backend of another kind is copied from by streaming, which package files does.
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

// A name that is cut out of something large must not keep all of it in memory.
func TestNameIsNotShared(t *testing.T) {
	large := strings.Repeat("n", 1<<20)
	b := New(nil)
	if _, err := b.Put(t.Context(), large[:5], strings.NewReader(""), nil); err != nil {
		t.Fatal(err)
	}
	for e, err := range b.List(t.Context(), "", nil) {
		if err != nil || unsafe.StringData(e.Name) == unsafe.StringData(large) {
			t.Errorf("%q, %v shares the caller's memory", e.Name, err)
		}
	}
}
