package mem_test

import (
	"reflect"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestFeatures: the bucket claims everything that it can do, since the suite skips what
// isn't claimed.
func TestFeatures(t *testing.T) {
	want := files.Features{
		MaxName:           files.MaxName,
		TimeResolution:    time.Second,
		AnyName:           true,
		Atomic:            true,
		Versions:          true,
		PutReturnsVersion: true,
		IfAbsent:          true,
		IfVersion:         true,
		DeleteIfVersion:   true,
		ReadConditions:    true,
		OneVersionReads:   true,
		Attributes:        true,
		Digests:           true,
		Ordered:           true,
		DirBesideFile:     true,
		StatNoBucket:      true,
		ServerCopy:        true,
	}
	if got := mem.New(nil).Features(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	want.MaxSize, want.TimeResolution, want.VersionPerPut = 5, time.Millisecond, true
	if got := mem.New(&mem.Options{
		MaxSize:        5,
		TimeResolution: time.Millisecond,
		VersionPerPut:  true,
	}).Features(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
