package files_test

import (
	"reflect"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestReadOnlyFeatures: a read-only bucket claims features for reading, and none for
// writing.
func TestReadOnlyFeatures(t *testing.T) {
	claims := mem.New(nil).Features()
	b := files.Wrap(mem.New(nil), files.Hooks{Features: func(f files.Features) files.Features {
		f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = true, true, true, true
		return f
	}})
	want := claims
	want.ReadOnly = true
	want.IfAbsent, want.IfVersion, want.DeleteIfVersion = false, false, false
	want.ServerCopy = false
	want.SignGet = b.Features().SignGet
	if got := files.ReadOnly(b).Features(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// withAs is a bucket that gives something by As.
type withAs struct{ files.Bucket }

func (withAs) As(target any) bool {
	p, ok := target.(*int)
	if ok {
		*p = 7
	}
	return ok
}

// TestReadOnlyHidesAs: As reaches what is below a plain wrapper, but not what is below a
// read-only bucket, because the service's own client can write.
func TestReadOnlyHidesAs(t *testing.T) {
	b := withAs{mem.New(nil)}
	if n, ok := files.As[int](b); !ok || n != 7 {
		t.Fatalf("As of the bucket itself: %d, %v, want true and 7", n, ok)
	}
	if n, ok := files.As[int](files.Wrap(b, files.Hooks{})); !ok || n != 7 {
		t.Errorf("As through a wrapper that changes nothing: %d, %v, want true and 7", n, ok)
	}
	if n, ok := files.As[int](files.ReadOnly(b)); ok {
		t.Errorf("As reaches below ReadOnly: %d", n)
	}
}
