package proxy

import (
	"net/http"
	"slices"
)

// Rule says which requests a fault hits. All that is given must hold; the zero Rule
// hits every request.
type Rule struct {
	// Kinds are the service's kinds of requests; nil is any.
	Kinds []string
	// Match looks at the request, not at its body; nil is any.
	Match func(*http.Request) bool
	// Nth is the number, from 1 on, of the only request that is hit, of those that
	// match since the rule was added; 0 is each.
	Nth int
	// Chance is the probability, up to 1, with which a request is hit; 0 is always.
	Chance float64
	// Times is how often the rule hits at most; 0 is without end.
	Times int
	// Fault is what happens.
	Fault Fault
}

type rule struct {
	Rule
	seen, hits int
}

// Add adds a rule and returns a function that takes it away. Where several rules hit a
// request, the first one's fault is outermost.
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

// Clear takes all rules away.
func (p *Proxy) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = nil
}

// match returns the faults that hit the request. p.mu is held.
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
