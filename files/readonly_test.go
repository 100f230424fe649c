package files_test

import (
	"reflect"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// A bucket for reading claims what reads, and nothing that writes.
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
