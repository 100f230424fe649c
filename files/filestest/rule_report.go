package filestest

import (
	"fmt"
	"strings"
)

// where is the line that made the rule; r may be nil.
func (r *Rule) where() string {
	if r == nil {
		return ""
	}
	return r.line
}

// counted is a number of things, such as "1 call" and "2 calls".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// unspent returns a line for each rule that wasn't applied as often as it says.
func (s *rules) unspent() (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		r.mu.Lock()
		want := max(r.times, 1)
		if r.applied < want && !r.chance && !r.stopped {
			lines = append(lines, r.missed(want, s.calls))
		}
		r.mu.Unlock()
	}
	return lines
}

// missed says that the rule was applied too rarely, and which calls no rule was for.
func (r *Rule) missed(want int, others []string) string {
	text := fmt.Sprintf("the rule for %s %q at %s was applied %d of %d times (%s matched)",
		r.op, r.pattern, r.line, r.applied, want, counted(r.seen, "call"))
	if r.hidden > 0 {
		text += fmt.Sprintf("; %d calls that it is for were taken by a rule that was made before "+
			"it, such as the one at %s", r.hidden, r.hider)
		if r.seen == 0 {
			text += ", which always hides it"
		}
	}
	if len(others) == 0 {
		return text + "; nothing else was called"
	}
	return text + "; calls without a rule:\n\t" + strings.Join(others, "\n\t")
}

// byChance returns a line for each rule with a Rate, which says how to repeat its choices.
func (s *rules) byChance() (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		r.mu.Lock()
		if r.chance && r.seen > 0 {
			lines = append(lines,
				fmt.Sprintf("the rule for %s %q at %s, Rate(%g, %d), was applied "+
					"to %d of %d calls", r.op, r.pattern, r.line, r.rate, r.seed, r.applied,
					r.seen))
		}
		r.mu.Unlock()
	}
	return lines
}
