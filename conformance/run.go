package conformance

import (
	"context"
	"errors"
	"os"
	"testing"

	"cloudfiles.dev/conformance/internal/cases"
	"cloudfiles.dev/conformance/internal/suite"
)

// Run runs every case as a parallel subtest. With -short it leaves out the long cases.
//
// If the environment variable [ReportDir] names a folder, Run writes the [Report] there
// by Report.WriteFiles, under the harness's Name or else the test's name.
func Run(t *testing.T, h Harness) {
	s, err := suite.Begin(t.Context(), suite.Harness(h), cases.All())
	if skip := (*suite.SkipError)(nil); errors.As(err, &skip) {
		t.Skip(skip.Reason)
	}
	if err != nil {
		t.Fatal(err)
	}
	report := collect(s)
	t.Cleanup(func() { // after the last subtest
		if err := s.End(t.Context()); err != nil {
			t.Error(err)
		}
		r := report.finish()
		r.Short = testing.Short()
		if r.Name == "" {
			r.Name = programName() + "." + t.Name()
		}
		if dir := os.Getenv(ReportDir); dir != "" {
			if err := r.WriteFiles(dir); err != nil {
				t.Error(err)
			}
		}
	})
	s.Subtests(t, cases.All(), report.add)
}

// RunCase runs one case on a new bucket of the harness. It returns within the harness's
// limit, also if the bucket panics or hangs. The outcome is that of the case itself:
// Known and ServerFaults don't change it.
func RunCase(ctx context.Context, h Harness, c Case) Result {
	s, err := suite.Begin(ctx, suite.Harness(h), cases.All())
	if err != nil {
		return Result{Case: c, Outcome: Failed, Failures: []string{err.Error()}}
	}
	r := resultOf(s.Run(ctx, suite.Case(c)))
	if err := s.End(ctx); err != nil {
		r.Outcome, r.Failures = Failed, append(r.Failures, err.Error())
	}
	return r
}
