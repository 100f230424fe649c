package conformance_test

import (
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
)

// TestCheckShort: outside go test, too, a short run tries fewer random sequences.
func TestCheckShort(t *testing.T) {
	var log string
	o := &conformance.CheckOptions{
		Pattern:  "^X1/model$",
		Short:    true,
		Progress: func(_, _ int, r conformance.Result) { log = strings.Join(r.Log, "\n") },
	}
	r, err := conformance.Check(t.Context(), memHarness(bare), o)
	if err != nil || !r.OK() || !r.Short {
		t.Fatalf("%+v, %v", r, err)
	}
	if !strings.HasPrefix(log, "10 random sequences agree") {
		t.Errorf("the case says %q, want that 10 of its 100 sequences ran", log)
	}
}
