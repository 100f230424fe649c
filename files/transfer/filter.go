package transfer

import (
	"path"
	"strings"
)

// filter is a list of rules.
type filter struct {
	rules []rule
	rest  bool // a file that no rule matches is taken
}

type rule struct {
	take    bool
	dirOnly bool     // the pattern ended in a slash
	elems   []string // of the pattern; "**" is any number of elements
}

// newFilter parses the rules. A list that is empty, but not nil, takes no file.
func newFilter(lines []string) (*filter, error) {
	f := &filter{rest: lines == nil}
	for _, line := range lines {
		sign, pattern, ok := strings.Cut(line, " ")
		if pattern = strings.TrimLeft(pattern, " "); !ok || sign != "+" && sign != "-" {
			return nil, invalid("filter %q begins with neither \"+ \" nor \"- \"", line)
		}
		r, err := newRule(sign == "+", pattern)
		if err != nil {
			return nil, err
		}
		f.rules = append(f.rules, r)
		f.rest = !r.take
	}
	return f, nil
}

func newRule(take bool, pattern string) (rule, error) {
	r := rule{take: take}
	p := pattern
	if rest, ok := strings.CutSuffix(p, "/"); ok {
		r.dirOnly, p = true, rest
	}
	anchored := strings.Contains(p, "/")
	p = strings.TrimPrefix(p, "/")
	if p == "" {
		return rule{}, invalid("the pattern %q of a filter is empty", pattern)
	}
	if !anchored && p != "**" {
		r.elems = append(r.elems, "**")
	}
	for e := range strings.SplitSeq(p, "/") {
		if e == "" {
			return rule{}, invalid("the pattern %q has an empty element", pattern)
		}
		if e != "**" && strings.Contains(e, "**") {
			return rule{}, invalid("in the pattern %q, ** is only a part of an element", pattern)
		}
		e = withCarets(e)
		if _, err := path.Match(e, "x"); err != nil {
			return rule{}, invalid("the pattern %q is malformed", pattern)
		}
		if n := len(r.elems); e == "**" && n > 0 && r.elems[n-1] == "**" {
			continue
		}
		r.elems = append(r.elems, e)
	}
	return r, nil
}

// takes reports whether the filter takes a file.
func (f *filter) takes(name string) bool {
	if len(f.rules) == 0 {
		return f.rest
	}
	elems := strings.Split(name, "/")
	for _, r := range f.rules {
		if r.matches(elems) {
			return r.take
		}
	}
	return f.rest
}

// matches reports whether the pattern matches the file or one of its directories.
func (r *rule) matches(elems []string) bool {
	last := len(elems)
	if r.dirOnly {
		last--
	}
	for n := 1; n <= last; n++ {
		if matchElems(r.elems, elems[:n]) {
			return true
		}
	}
	return false
}

// takesAll reports whether the filter has no rule that leaves a file out.
func (f *filter) takesAll() bool { return len(f.rules) == 0 && f.rest }

// skipsDir reports whether the filter takes no file in a directory, whatever its name. If
// it can't know that, it returns false.
func (f *filter) skipsDir(name string) bool {
	elems := strings.Split(name, "/")
	for _, r := range f.rules {
		switch {
		case r.take && r.reaches(elems):
			return false
		case !r.take && r.covers(elems):
			return true
		}
	}
	return !f.rest
}

// covers reports whether the pattern matches every file in the directory.
func (r *rule) covers(dir []string) bool {
	for n := 1; n <= len(dir); n++ {
		if matchElems(r.elems, dir[:n]) {
			return true
		}
	}
	last := len(r.elems) - 1
	all := r.elems[last] == "*" || r.elems[last] == "**"
	return all && !r.dirOnly && matchElems(r.elems[:last], dir)
}

// reaches reports whether the pattern may match a file in the directory.
func (r *rule) reaches(dir []string) bool {
	at := map[int]bool{0: true} // how many elements of the pattern may be behind
	for _, elem := range dir {
		next := map[int]bool{}
		for n := range at {
			for ; n < len(r.elems) && r.elems[n] == "**"; n++ {
				next[n] = true
			}
			if n == len(r.elems) { // it matches the directory, or one that that is in
				return true
			}
			if matchElem(r.elems[n], elem) {
				next[n+1] = true
			}
		}
		at = next
	}
	return len(at) > 0
}

// matchElems matches whole names. A "**" in the middle matches any number of elements,
// also none; one at the end matches at least one element: "a/**" matches what is in a.
func matchElems(pattern, elems []string) bool {
	p, e := 0, 0
	star, from := -1, 0 // the last "**", and what it has matched up to
	for e < len(elems) {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			if p == len(pattern)-1 {
				return true
			}
			star, from = p, e
			p++
		case p < len(pattern) && matchElem(pattern[p], elems[e]):
			p, e = p+1, e+1
		case star >= 0:
			from++
			p, e = star+1, from
		default:
			return false
		}
	}
	return p == len(pattern)
}

func matchElem(pattern, elem string) bool {
	if !strings.ContainsAny(pattern, `*?[\`) {
		return pattern == elem
	}
	ok, _ := path.Match(pattern, elem) // newFilter has checked the pattern
	return ok
}

// withCarets turns "[!a]" into "[^a]", as package path requires.
func withCarets(elem string) string {
	b := []byte(elem)
	for i := 0; i+1 < len(b); i++ {
		switch {
		case b[i] == '\\':
			i++
		case b[i] == '[' && b[i+1] == '!':
			b[i+1] = '^'
		}
	}
	return string(b)
}
