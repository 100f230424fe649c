package filestest

import (
	"fmt"
	"hash/fnv"
	"path"
	"strings"

	"cloudfiles.dev/files"
)

// match returns the rule that is applied to the call, or nil.
func (s *rules) match(call *files.Call) *Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.all {
		if r.takes(call) {
			for _, later := range s.all[i+1:] {
				later.hiddenBy(r, call)
			}
			return r
		}
	}
	if len(s.calls) < maxShown {
		s.calls = append(s.calls, fmt.Sprintf("%s %q", call.Op, call.Name))
	}
	return nil
}

// takes counts the call, if the rule is for it, and reports whether it is applied.
func (r *Rule) takes(call *files.Call) bool {
	if call.Op != r.op || !r.matches(call) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return false
	}
	r.seen++
	if r.chance && !r.drawn(call) || !r.within() {
		return false
	}
	r.applied++
	return true
}

// within reports whether Nth and Times allow the call that was seen last.
func (r *Rule) within() bool {
	from := max(r.nth, 1)
	switch {
	case r.times > 0:
		return r.seen >= from && r.seen-from < r.times
	case r.nth > 0 && !r.chance:
		return r.seen == r.nth
	}
	return r.seen >= from
}

// hiddenBy notes that a rule before this one took a call that this one is for, too.
func (r *Rule) hiddenBy(first *Rule, call *files.Call) {
	if call.Op != r.op || !r.matches(call) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hidden, r.hider = r.hidden+1, first.line
}

func (r *Rule) matches(call *files.Call) bool {
	if call.Op != files.OpDeleteMany {
		return matchName(r.pattern, call.Name)
	}
	for _, name := range call.Names {
		if matchName(r.pattern, name) {
			return true
		}
	}
	return false
}

func matchName(pattern, name string) bool {
	if pattern == "" || strings.HasSuffix(pattern, "/") {
		return strings.HasPrefix(name, pattern)
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// drawn reports whether this call is one of those that Rate chooses.
func (r *Rule) drawn(call *files.Call) bool {
	name := call.Name
	if call.Op == files.OpDeleteMany {
		name = fmt.Sprintf("%q", call.Names)
	}
	if r.ofName == nil {
		r.ofName = map[string]int{}
	}
	r.ofName[name]++
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%s/%s/%d", r.seed, call.Op, name, r.ofName[name])
	x := h.Sum64()
	x ^= x >> 33 // FNV's upper bits change little with the last byte
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11)/(1<<53) < r.rate
}
