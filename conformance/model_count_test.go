package conformance_test

import (
	"fmt"
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local"
)

// TestModelCounts runs 2,000 sequences on memory and 300 on local disk in CI, and some
// on wrappers of them, each time with another seed. Without the long tests it runs a
// fifth.
func TestModelCounts(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for _, c := range []struct {
		what    string
		harness conformance.Harness
		soak    int
	}{
		{"memory", memHarness(bare), 20},
		{"memory behind Sub", memHarness(sub), 5},
		{"memory behind three wrappers", memHarness(stack), 5},
		{"memory through the Go CDK and back", memHarness(thereAndBack), 3},
		{"local disk", localHarness(local.Options{}, "", bare), 3},
		{"local disk behind Sub, without sync", localHarness(local.Options{NoSync: true},
			"tenants/äöü 1/", sub), 3},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			c.harness.Soak = longtest.N(t, max(1, c.soak/5), c.soak)
			r := conformance.RunCase(t.Context(), c.harness, caseOf(t, "X1/model"))
			if r.Outcome != conformance.Passed {
				t.Fatalf("X1/model of a sound bucket: outcome %v, want Passed:\n%s",
					r.Outcome, r.Text())
			}
			log := strings.Join(r.Log, "\n")
			if t.Log(log); !strings.HasPrefix(log,
				fmt.Sprintf("%d random sequences agree", 100*c.harness.Soak)) {
				t.Errorf("want %d sequences", 100*c.harness.Soak)
			}
		})
	}
}
