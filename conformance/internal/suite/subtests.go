package suite

import (
	"testing"
)

// Subtests runs each case as a parallel subtest, and calls add with each result.
func (s *Runner) Subtests(t *testing.T, cases []Case, add func(Result)) {
	for _, c := range cases {
		t.Run(c.ID(), func(t *testing.T) {
			if c.Long && testing.Short() {
				t.Skip("long")
			}
			t.Parallel()
			r := s.Judge(s.Run(t.Context(), c))
			add(r)
			for _, line := range r.Log {
				t.Log(line)
			}
			switch r.Outcome {
			case Failed:
				t.Errorf("%s", r.Text())
			case KnownFailure, ServerFault:
				t.Skipf("%s: %s\n%s", r.Outcome, r.Reason, r.Text())
			case NotApplicable:
				t.Skip(r.Reason)
			}
		})
	}
}
