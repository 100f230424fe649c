package conformance

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/conformance/internal/cases"
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
)

// CheckOptions are the options of Check. The zero value runs every case.
type CheckOptions struct {
	// Pattern is a regular expression that selects cases by their IDs: "^P8/" or
	// "race".
	Pattern string
	// Short leaves out the long cases, and makes the random ones try less often.
	Short bool
	// Parallel is how many cases run at a time; 0 is as many as there are processors.
	Parallel int
	// Started is called before the first case. dir is the directory of the shared store
	// in which the run keeps everything, or "" without Harness.Store.
	Started func(dir string)
	// Progress is called after each case, one call at a time. done is the number of
	// cases so far, and total that of all cases to run.
	Progress func(done, total int, r Result)
}

// Check runs the cases on the harness outside go test, and returns a report. A case
// that fails is not an error of Check: call Report.OK to find out.
//
// If the harness is wrong, if Pattern is invalid or matches no case, or if a shared store
// can't be opened, Check returns an error, and no report if nothing was run. When ctx
// ends, the report has the cases that had ended, and the error is the cause of ctx. If
// files are left behind in a shared store, the error is a [*LeftError], which names them.
func Check(ctx context.Context, h Harness, opts *CheckOptions) (*Report, error) {
	var o CheckOptions
	if opts != nil {
		o = *opts
	}
	kept, err := chosen(o)
	if err != nil {
		return nil, err
	}
	s, err := suite.Begin(ctx, suite.Harness(h), cases.All())
	if err != nil {
		return nil, err
	}
	s.Short = s.Short || o.Short
	if o.Started != nil {
		o.Started(s.Prefix)
	}
	c := collect(s)
	interrupted := runAll(ctx, s, kept, o, c)
	err = s.End(ctx)
	r := c.finish()
	r.Short, r.Pattern, r.Interrupted = o.Short, o.Pattern, interrupted
	if interrupted {
		err = errors.Join(context.Cause(ctx), err)
	}
	return r, err
}

// chosen returns the cases that the options select.
func chosen(o CheckOptions) (kept []suite.Case, err error) {
	pattern, err := regexp.Compile(o.Pattern)
	if err != nil {
		return nil, fmt.Errorf("the pattern of cases: %w", err)
	}
	for _, c := range cases.All() {
		if pattern.MatchString(c.ID()) && !(o.Short && c.Long) {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("no case matches the pattern %q", o.Pattern)
	}
	return kept, nil
}

// runAll runs the cases, several at a time, and reports whether the end of the context
// left some out. A case that ends after the context is not counted, since its result
// may not be the bucket's fault.
func runAll(ctx context.Context, s *suite.Runner, cases []suite.Case, o CheckOptions,
	c *collector) (interrupted bool) {
	n := o.Parallel
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var mu sync.Mutex
	done := 0
	check.Parallel(n, func(int) {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(cases) || ctx.Err() != nil {
				return
			}
			r := s.Judge(s.Run(ctx, cases[i]))
			mu.Lock()
			if ctx.Err() == nil {
				done++
				c.add(r)
				if o.Progress != nil {
					o.Progress(done, len(cases), resultOf(r))
				}
			}
			mu.Unlock()
		}
	})
	return done < len(cases)
}
