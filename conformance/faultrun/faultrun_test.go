package faultrun_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance/faultrun"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
)

// verdict records the failures that a run reports for a bucket.
type verdict struct {
	ctx  context.Context
	mu   sync.Mutex
	said []string
}

func (v *verdict) Helper()                  {}
func (v *verdict) Context() context.Context { return v.ctx }
func (v *verdict) Logf(string, ...any)      {}
func (v *verdict) Errorf(format string, a ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.said = append(v.said, fmt.Sprintf(format, a...))
}
func (v *verdict) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }

// start starts a service with a proxy in front of it, and a driver for it.
func start(t *testing.T, s *service) (*backend, *proxy.Proxy) {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	p := proxy.Start(t, nil, server.URL, nil)
	tr := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(tr.CloseIdleConnections)
	b := newBackend(p.URL(), tr)
	b.direct = server.URL
	return b, p
}

// TestSound checks that a correct driver passes, and that the report has the operations,
// the retries and the faults.
func TestSound(t *testing.T) {
	back, p := start(t, newService())
	b := driver.New(back)
	defer b.Close()
	ops, kinds := longtest.N(t, 3000, 10_000), longtest.N(t, 10, 12)
	if testing.Short() {
		ops, kinds = 1500, 6 // which fault a request gets is random
	}
	r := faultrun.Run(t, faultrun.Config{
		Bucket:    b,
		Proxy:     p,
		Ops:       ops,
		Large:     1 << 20,
		Timeout:   time.Second,
		Retries:   back.retries.Load,
		Leftovers: func() []faultrun.Upload { return nil },
	})
	if n := r.Ops["put"]; n < ops/10 || r.Ops["append"] == 0 || r.Ops["race"] == 0 ||
		r.Ops["list"] == 0 || r.Ops["copy"] == 0 || r.Ops["delete version"] == 0 {
		t.Errorf("the operations are %v, want some of each kind", r.Ops)
	}
	if r.Retries == 0 || r.Faults < r.Requests/40 || len(r.Injected) < kinds {
		t.Errorf("%d retries, %d faults, %v, want at least %d kinds", r.Retries, r.Faults,
			r.Injected, kinds)
	}
}

// TestRetryWrap checks a driver that never retries, below the retry layer.
func TestRetryWrap(t *testing.T) {
	back, p := start(t, newService())
	policy := *back.policy
	back.policy.Attempts = 1
	inner := driver.New(back)
	defer inner.Close()
	r := faultrun.Run(t, faultrun.Config{
		Bucket:  retry.Wrap(inner, &policy),
		Proxy:   p,
		Ops:     1500,
		Timeout: time.Second,
		Retries: back.retries.Load,
	})
	if r.Retries == 0 {
		t.Error("Retries = 0, want more")
	}
}

// TestBroken checks that a bucket that breaks the contract while requests fail is caught,
// and that the failure says how.
func TestBroken(t *testing.T) {
	for name, c := range map[string]struct {
		broken func(*backend, *service)
		fault  proxy.Fault // the fault that shows it
		want   string      // in the failure's text
	}{
		"acknowledges a lost put": {func(b *backend, _ *service) {
			b.acknowledgesLost = true
		}, proxy.ResetBefore(), ""},
		"ends a broken body with io.EOF": {func(b *backend, _ *service) {
			b.endsShort = true
		}, proxy.Truncate(-1), "returned no error, and"},
		"shows a part": {func(b *backend, s *service) {
			s.partial, b.policy.Attempts = true, 1
		}, proxy.ResetDuring(50), "bytes"},
		"sends half a content again": {func(b *backend, _ *service) {
			b.halfAgain = true
		}, proxy.ResetDuring(50), ""},
		"refuses its own conditional put": {func(b *backend, _ *service) {
			b.losesConditions = true
		}, proxy.ResetAfter(), "was refused, but the file was"},
		"loses an update": {func(b *backend, _ *service) {
			b.ignoresCondition = true
		}, proxy.ResetAfter(), "was acknowledged, and is lost"},
		"says that a lost put changed nothing": {func(b *backend, _ *service) {
			b.saysUnchanged = true
		}, proxy.ResetAfter(), ""},
		"cuts a listing": {func(b *backend, _ *service) {
			b.dropsNames = true
		}, proxy.Truncate(-1), "List("},
		"returns an Info of another file": {func(b *backend, _ *service) {
			b.wrongInfo = true
		}, proxy.Latency(0), "which no client put"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The faults are random and may not hit the broken part, so one of several
			// runs must show it.
			const runs = 8
			var v *verdict
			caught := false
			for n := 0; n < runs && !caught; n++ {
				s := newService()
				back, p := start(t, s)
				c.broken(back, s)
				b := driver.New(back)
				v = &verdict{ctx: t.Context()}
				faultrun.Run(v, faultrun.Config{
					Bucket:  b,
					Proxy:   p,
					Ops:     1200,
					Chance:  0.1,
					Faults:  []proxy.Fault{c.fault},
					Timeout: 10 * time.Second,
				})
				b.Close()
				caught = len(v.said) > 0 && slices.ContainsFunc(v.said, func(s string) bool {
					return strings.Contains(s, c.want)
				})
			}
			if !caught {
				t.Errorf("not caught in %d runs: %q", runs, v.said)
			}
			for _, s := range v.said[:min(len(v.said), 3)] {
				t.Log(s)
			}
		})
	}
}

// TestVacuousRunFails checks that a run that proves nothing fails.
func TestVacuousRunFails(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*faultrun.Config, *backend)
		want   string
	}{
		"not through the proxy": {func(_ *faultrun.Config, b *backend) {
			b.url = b.direct
		}, "which don't go through the proxy"},
		"everything fails": {func(c *faultrun.Config, _ *backend) {
			c.Chance = 1
			c.Faults = []proxy.Fault{proxy.HTML(500)}
		}, "operations succeeded, which proves nothing"},
		"uploads left": {func(c *faultrun.Config, _ *backend) {
			c.Leftovers = func() []faultrun.Upload { return []faultrun.Upload{{Key: "a", ID: "1"}} }
		}, "unfinished upload 1 of \"a\" is left"},
	} {
		t.Run(name, func(t *testing.T) {
			back, p := start(t, newService())
			b := driver.New(back)
			defer b.Close()
			v := &verdict{ctx: t.Context()}
			config := faultrun.Config{Bucket: b, Proxy: p, Ops: 300}
			c.change(&config, back)
			faultrun.Run(v, config)
			if !slices.ContainsFunc(v.said, func(s string) bool {
				return strings.Contains(s, c.want)
			}) {
				t.Errorf("the failures are %q, want %q", v.said, c.want)
			}
		})
	}
}
