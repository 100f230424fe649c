package local

import (
	"reflect"
	"testing"

	"cloudfiles.dev/files"
)

// Features claims everything that a folder can do, with each option. The suite would
// skip what it doesn't claim.
func TestFeaturesClaimAll(t *testing.T) {
	for what, c := range map[string]struct {
		opts   *Options
		change func(*files.Features)
	}{
		"plain":       {nil, func(*files.Features) {}},
		"not durable": {&Options{NoSync: true}, func(f *files.Features) { f.Durable = false }},
		"bare contents": {&Options{SkipMetadata: true}, func(f *files.Features) {
			f.Attributes = false
		}},
		"signing": {&Options{Signer: fakeSigner{}}, func(f *files.Features) {
			f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = true, true, true, true
		}},
	} {
		want := files.Features{
			MaxName:           files.MaxName,
			AnyName:           true,
			Atomic:            true,
			Durable:           true,
			Versions:          true,
			VersionPerPut:     true,
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
			ForeignKeys:       true,
			ServerCopy:        true,
		}
		c.change(&want)
		got := openBucket(t, t.TempDir(), c.opts).Features()
		want.TimeResolution = got.TimeResolution // that of the file system
		if got.TimeResolution <= 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", what, got, want)
		}
	}
}
