package proxy

import (
	"net/http"
	"slices"
)

// Rule says to which requests a fault applies. All fields that are set must match;
// the zero Rule matches every request.
type Rule struct {
	// Kinds are the kinds of requests; nil matches any.
	Kinds []string
	// Match reports whether the request matches. It must not read the body. nil
	// matches any.
	Match func(*http.Request) bool
	// Nth is the number, from 1, of the only request that the fault applies to, among
	// those that match since the rule was added; 0 is every request.
	Nth int
	// Chance is the probability, at most 1, that the fault applies to a request; 0 is
	// always.
	Chance float64
	// Times is how often, at most, the fault applies; 0 is no limit.
	Times int
	// Fault is the fault.
	Fault Fault
}

type rule struct {
	Rule
	seen, hits int
}

// Add adds a rule and returns a function that removes it. If several rules match a
// request, the fault of the first is the outermost.
func (p *Proxy) Add(r Rule) (remove func()) {
	if r.Fault.Do == nil {
		panic("proxy: a rule without a fault")
	}
	added := &rule{Rule: r}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, added)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.rules = slices.DeleteFunc(p.rules, func(r *rule) bool { return r == added })
	}
}

// Clear removes all rules.
func (p *Proxy) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = nil
}

// match returns the faults that apply to the request. The caller holds p.mu.
func (p *Proxy) match(r *http.Request, kind string) []Fault {
	var faults []Fault
	for _, x := range p.rules {
		if x.Kinds != nil && !slices.Contains(x.Kinds, kind) || x.Match != nil && !x.Match(r) {
			continue
		}
		x.seen++
		if x.Nth > 0 && x.seen != x.Nth || x.Times > 0 && x.hits >= x.Times ||
			x.Chance > 0 && p.rng.Float64() >= x.Chance {
			continue
		}
		x.hits++
		f := x.Fault
		if f.choose != nil {
			f = f.choose(p.rng)
		}
		faults = append(faults, f)
	}
	return faults
}
