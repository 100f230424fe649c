package gocloud

import (
	"slices"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/gcerrors"
)

// TestForeignKeysThroughTheBridge: objects under keys outside the naming rule are found
// under these keys, replaced, and deleted (L7).
func TestForeignKeysThroughTheBridge(t *testing.T) {
	theirs := memblob.OpenBucket(nil)
	ours := ToBlob(New(theirs, nil), nil)
	for _, key := range []string{"a//b", "dir/", "x\x01y", "/"} {
		if err := theirs.WriteAll(t.Context(), key, []byte("theirs"),
			&blob.WriterOptions{Metadata: map[string]string{"k": "v"}}); err != nil {
			t.Fatal(err)
		}
		read := func() string {
			p, err := ours.ReadAll(t.Context(), key)
			if err != nil {
				t.Errorf("reading %q: %v, want nil", key, err)
			}
			return string(p)
		}
		if got := read(); got != "theirs" {
			t.Errorf("%q has %q, want %q", key, got, "theirs")
		}
		if a, err := ours.Attributes(t.Context(),
			key); err != nil || a.Metadata["k"] != "v" || a.Size != 6 {
			t.Errorf("Attributes(%q) = %+v, %v, want %q, Size 6 and nil", key, a, err, "v")
		}
		if err := ours.WriteAll(t.Context(), key, nil,
			&blob.WriterOptions{
				IfNotExist: true,
			}); gcerrors.Code(err) != gcerrors.FailedPrecondition {
			t.Errorf("writing %q if absent: %v", key, err)
		}
		if err := ours.Copy(t.Context(), "copy", key, nil); err != nil {
			t.Errorf("copying %q: %v, want nil", key, err)
		} else if a, err := ours.Attributes(t.Context(),
			"copy"); err != nil || a.Metadata["k"] != "v" {
			t.Errorf("the copy of %q: %+v, %v, want %q and nil", key, a, err, "v")
		}
		if err := ours.WriteAll(t.Context(), key, []byte("ours"), nil); err != nil {
			t.Fatal(err)
		}
		if got := read(); got != "ours" {
			t.Errorf("%q has %q after it was replaced, want %q", key, got, "ours")
		}
		var keys []string
		for it := ours.List(nil); ; {
			o, err := it.Next(t.Context())
			if err != nil {
				break
			}
			keys = append(keys, o.Key)
		}
		if slices.Sort(keys); !slices.Equal(keys,
			slices.Sorted(slices.Values([]string{"copy", key}))) {
			t.Errorf("List = %q", keys)
		}
		if err := ours.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete(%q) = %v, want nil", key, err)
		}
		if ok, err := ours.Exists(t.Context(), key); ok || err != nil {
			t.Errorf("Exists(%q) after Delete = %v, %v, want false and nil", key, ok, err)
		}
		if err := ours.Delete(t.Context(), key); gcerrors.Code(err) != gcerrors.NotFound {
			t.Errorf("second Delete(%q) = %v", key, err)
		}
	}
}
