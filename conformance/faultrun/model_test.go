package faultrun

import (
	"strings"
	"testing"
)

// TestRefusedDelete: a read that finds no file while a deletion is under way says that
// the deletion was carried out, unless the file may have been missing before.
func TestRefusedDelete(t *testing.T) {
	f := newFile("f")
	refusedAfterRead := func() string {
		floor := f.floor()
		n := f.begin(true, value{})
		if bad := f.allows(floor, true, value{}); bad != "" {
			t.Fatalf("a read that began with the file missing is refused: %s", bad)
		}
		return f.settle(n, refused, "", nil, false)
	}
	if bad := refusedAfterRead(); bad != "" {
		t.Errorf("a missing file: %s", bad)
	}
	f.settle(f.begin(false, newValue("f", 1, 10)), done, "v1", nil, false)
	if bad := refusedAfterRead(); !strings.Contains(bad, "a read returned it") {
		t.Errorf("an existing file: %q, want a violation", bad)
	}
}
