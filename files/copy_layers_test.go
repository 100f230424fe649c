package files_test

import (
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestCopyOntoItselfOverTheUncomparable: a layer over a bucket that can't be compared
// knows its own files: a copy of one onto itself changes nothing.
func TestCopyOntoItselfOverTheUncomparable(t *testing.T) {
	inner := mem.New(&mem.Options{VersionPerPut: true})
	before := put(t, inner, "a", "text")
	b := files.Wrap(bare{b: inner}, files.Hooks{})
	if _, err := files.Copy(ctx, b, "a", b, "a", nil); err != nil {
		t.Fatal(err)
	}
	if after, err := inner.Stat(ctx, "a", nil); err != nil || after.Version != before.Version {
		t.Errorf("the file has the version %q, %v, and had %q", after.Version, err, before.Version)
	}
}
