package rerun

import (
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestPart: a part has a case of every rule but those that are heavy as a whole.
func TestPart(t *testing.T) {
	ids := part(func(id string) bool { return !heavy.MatchString(id) })
	for _, r := range conformance.Rules() {
		has := false
		for _, id := range ids {
			has = has || strings.HasPrefix(id, r.ID+"/")
		}
		if heavyRule := r.ID == "L4" || r.ID == "L8" || r.ID == "X1"; has == heavyRule {
			t.Errorf("a part has a case of %s: %v", r.ID, has)
		}
	}
	if n, all := len(ids), len(conformance.Cases()); n < all*3/4 {
		t.Errorf("a part has %d of %d cases", n, all)
	}
}

// TestRun: a part runs the cases that were asked for, and with the long tests all of
// them run.
func TestRun(t *testing.T) {
	var made atomic.Int64
	t.Run("part", func(t *testing.T) {
		Part(t, conformance.Harness{New: func(conformance.T) files.Bucket {
			made.Add(1)
			return mem.New(nil)
		}}, "^D1/")
	})
	if n := made.Load(); n == 0 || longtest.On() != (n > 100) {
		t.Errorf("%d buckets were made, with long tests: %v", n, longtest.On())
	}
}

// TestAsked: go test's -run chooses among the cases of a part.
func TestAsked(t *testing.T) {
	for _, c := range []struct {
		run, test, id string
		want          bool
	}{
		{"", "TestConformanceSub", "P8/race", true},
		{"Sub", "TestConformanceSub", "P8/race", true},
		{"Conformance.*/P8/race", "TestConformanceSub", "P8/race", true},
		{"Conformance.*/P8", "TestConformanceSub", "P8/race", true},
		{"Conformance.*/P8/^race$", "TestConformanceSub", "P8/race-two-handles", false},
		{"Conformance.*/P9/race", "TestConformanceSub", "P8/race", false},
		{"TestConformance/minio/P8", "TestConformance/s3-minio", "P8/race", true},
		{"TestConformance/minio/D", "TestConformance/s3-minio", "P8/race", false},
	} {
		if got := asked(c.run, c.test, c.id); got != c.want {
			t.Errorf("-run %s has %s of %s: %v, want %v", c.run, c.id, c.test, got, c.want)
		}
	}
}

// TestLightLeavesOutHeavyCases: a layer's test leaves out the heavy cases, and with
// the long tests none.
func TestLightLeavesOutHeavyCases(t *testing.T) {
	t.Setenv(longtest.Variable, "")
	t.Setenv("CLOUDFILES_LEFT_OUT", "") // this test leaves nothing out
	only := Light(t)
	if only == nil || only("X1/model") || only("C1/beyond-4-gib") || !only("P1/whole") {
		t.Error("the choice has heavy cases, or leaves out others")
	}
	t.Setenv(longtest.Variable, "1")
	if Light(t) != nil {
		t.Error("with the long tests the choice leaves something out")
	}
}
