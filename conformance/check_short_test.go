package conformance_test

import (
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
)

// TestCheckShort: a short run outside go test also tries fewer random
// sequences.
func TestCheckShort(t *testing.T) {
	var log string
	o := &conformance.CheckOptions{
		Pattern:  "^X1/model$",
		Short:    true,
		Progress: func(_, _ int, r conformance.Result) { log = strings.Join(r.Log, "\n") },
	}
	r, err := conformance.Check(t.Context(), memHarness(bare), o)
	if err != nil || !r.OK() || !r.Short {
		t.Fatalf("Check: %+v, %v", r, err)
	}
	if !strings.HasPrefix(log, "10 random sequences agree") {
		t.Errorf("the case logs %q, want that 10 of its 100 sequences ran", log)
	}
}
