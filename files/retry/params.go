package retry

import (
	"time"

	"cloudfiles.dev/files"
)

// Params returns the documentation of the URL parameters that FromParams reads, for a
// driver's files.Scheme.
func Params() []files.Param {
	return []files.Param{
		{
			Name:   "retry_attempts",
			Values: "1…100",
			Doc: "how many requests one call makes at most, the first included (5); 1 " +
				"never repeats",
		},
		{
			Name:   "retry_delay",
			Values: "duration",
			Doc: "bound of the random delay before the first repeat, doubled for each further " +
				"one (250ms)",
		},
		{
			Name:   "retry_max_delay",
			Values: "duration",
			Doc:    "bound of every delay, also of one that the service requests (20s)",
		},
		{
			Name:   "retry_budget",
			Values: "0…1000000",
			Doc: "how many repeats all calls together may make before some succeed; ten " +
				"successes pay for one repeat (100); 0 is no bound",
		},
	}
}

// Source reads URL parameters, as *driver.Params of package files/driver does. It
// records the error of a malformed parameter.
type Source interface {
	Int(name string, def, lo, hi int64) int64
	Duration(name string, def time.Duration) time.Duration
}

// FromParams returns the policy of the URL parameters that Params documents. A missing
// parameter has the default of New. A nil Source has no parameters.
func FromParams(p Source) *Policy {
	if p == nil {
		return New()
	}
	policy := &Policy{
		Attempts: int(p.Int("retry_attempts", DefaultAttempts, 1, 100)),
		Delay:    p.Duration("retry_delay", DefaultDelay),
		MaxDelay: p.Duration("retry_max_delay", DefaultMaxDelay),
	}
	if n := p.Int("retry_budget", DefaultBurst, 0, 1_000_000); n > 0 {
		policy.Budget = &Budget{Burst: int(n)}
	}
	return policy
}
