package driver_test

import (
	"context"
	"strings"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// versionless claims versions and reports none, as a gateway without ETags does.
type versionless struct{ *mapdriver.Backend }

func (v versionless) Features() files.Features {
	f := v.Backend.Features()
	f.Versions, f.VersionPerPut, f.PutReturnsVersion = true, true, true
	f.IfVersion, f.DeleteIfVersion, f.ReadConditions = true, true, true
	return f
}

func (v versionless) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	info, err := v.Backend.Stat(ctx, key)
	info.Version = ""
	return info, err
}

// TestFeaturesWithoutVersions: once a store has reported a file without a version, the
// Features claim nothing that needs versions, and nothing else changes.
func TestFeaturesWithoutVersions(t *testing.T) {
	back := versionless{mapdriver.New()}
	b := driver.New(back)
	want := b.Features()
	if !want.Versions || !want.ReadConditions {
		t.Fatalf("before: %+v", want)
	}
	if _, err := b.Put(t.Context(), "a", strings.NewReader("a"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Stat(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	want.Versions, want.VersionPerPut, want.PutReturnsVersion = false, false, false
	want.IfVersion, want.DeleteIfVersion, want.ReadConditions = false, false, false
	if got := b.Features(); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
