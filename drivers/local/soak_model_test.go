//go:build unix

package local

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// soakState is what a name has: the number of a write, and the write whose content it
// has, or 0 if no read returned it.
type soakState struct{ write, of int }

// soakStep is what an operation does to one name, for Porcupine. A copy is two steps:
// what it read and what it wrote.
type soakStep struct {
	soakOp
	kind string // the operation's, or "from" (what a copy reads), or "away" (what a move removes)
	of   int    // of a write: the write whose content it has
}

func (s soakStep) unknown() bool { return s.Ret == 0 || s.Result == "uncertain" }

// apply does the step, and reports whether the result fits.
func (s soakStep) apply(now soakState) (bool, soakState) {
	would := func(does bool, after soakState) (bool, soakState) {
		if !does {
			after = now
		}
		return s.unknown() || does == (s.Result == ""), after
	}
	is := func(expect int) bool { return now.write != 0 && now.write == expect }
	readable := now.write != 0 && (s.of == 0 || now.of == 0 || now.of == s.of)
	switch s.kind {
	case "put", "copy", "move":
		return true, soakState{s.Write, s.of}
	case "create":
		return would(now.write == 0, soakState{s.Write, s.of})
	case "swap":
		return would(is(s.Expect), soakState{s.Write, s.of})
	case "delete":
		return true, soakState{}
	case "drop":
		return would(is(s.Expect), soakState{})
	case "away":
		return would(readable, soakState{})
	case "from":
		return would(readable, now)
	case "get", "stat":
		fits := now.write == s.Seen && (s.Of == 0 || now.of == 0 || now.of == s.Of)
		return fits, now
	case "seen":
		return would(now.write != 0, now)
	}
	panic(s.kind)
}

// soakSteps returns the steps of a history by name.
func soakSteps(history []soakOp) (map[string][]soakStep, error) {
	contents := map[int]int{} // by write: the write whose content was seen
	for _, o := range history {
		if o.Of == 0 {
			continue
		}
		if of, ok := contents[o.Seen]; ok && of != o.Of {
			return nil, fmt.Errorf("write %d was seen with the content of %d and of %d", o.Seen, of,
				o.Of)
		}
		contents[o.Seen] = o.Of
	}
	steps := map[string][]soakStep{}
	add := func(name, kind string, of int, o soakOp) {
		steps[name] = append(steps[name], soakStep{soakOp: o, kind: kind, of: of})
	}
	for _, o := range history {
		switch {
		case o.Result == "failed" && o.Kind != "move":
			continue // it has changed nothing
		case o.Kind == "put" || o.Kind == "create" || o.Kind == "swap":
			if of := contents[o.Write]; of != 0 && of != o.Write {
				return nil, fmt.Errorf("write %d was seen with the content of %d", o.Write, of)
			}
			add(o.Name, o.Kind, o.Write, o)
		case o.Kind == "was":
			add(o.Name, "put", o.Of, o)
		case o.Kind == "list":
			for _, name := range soakNames {
				if o.Result == "" && o.Ret != 0 {
					l := o
					if !slices.Contains(o.Listed, name) {
						l.Result = "missing"
					}
					add(name, "seen", 0, l)
				}
			}
		case (o.Kind == "get" || o.Kind == "stat") && o.Ret == 0:
		case o.Kind == "copy" || o.Kind == "move":
			read := map[string]string{"copy": "from", "move": "away"}[o.Kind]
			switch o.Result {
			case "missing":
				add(o.Src, "from", 0, o)
				continue
			case "failed", "precondition": // a move that may have copied, and may have removed
				o.Result = "uncertain"
			}
			add(o.Src, read, contents[o.Write], o)
			add(o.Name, o.Kind, contents[o.Write], o)
		default:
			add(o.Name, o.Kind, 0, o)
		}
	}
	return steps, nil
}

// soakCheckTime is how long the history of a name is checked. An operation of a killed
// process may have happened at any later time, so a check can take forever.
const soakCheckTime = 30 * time.Second

// checkSoak returns an error unless the history of each name is linearizable, and the
// number of names that it couldn't decide. For such a name it checks the beginnings of
// the history, which must be linearizable too.
func checkSoak(history []soakOp) (undecided int, err error) {
	steps, err := soakSteps(history)
	if err != nil {
		return 0, err
	}
	model := porcupine.Model{
		Init: func() any { return soakState{} },
		Step: func(state, input, _ any) (bool, any) {
			return input.(soakStep).apply(state.(soakState))
		},
	}
	for name, all := range steps {
		var ops []porcupine.Operation
		for _, s := range all {
			ret := s.Ret
			if s.unknown() {
				ret = math.MaxInt64
			}
			ops = append(ops, porcupine.Operation{Input: s, Call: s.Call, Return: ret})
		}
		verdict := porcupine.CheckOperationsTimeout(model, ops, soakCheckTime)
		if verdict == porcupine.Ok {
			continue
		}
		wrong := firstWrong(model, all)
		if wrong == nil && verdict == porcupine.Unknown {
			undecided++
			continue
		}
		if wrong == nil {
			wrong = all
		}
		return undecided, fmt.Errorf("%.20q: no order of these explains the results, of which "+
			"the last is wrong:\n%s", name, soakText(wrong))
	}
	return undecided, nil
}

// firstWrong returns the history until the first result that no order explains, or nil
// if none was found in time.
func firstWrong(model porcupine.Model, all []soakStep) []soakStep {
	slices.SortFunc(all, func(a, b soakStep) int { return int(a.Ret - b.Ret) })
	end := time.Now().Add(soakCheckTime)
	for n, last := range all {
		if time.Now().After(end) {
			return nil
		}
		if last.unknown() {
			continue
		}
		var part []soakStep
		var ops []porcupine.Operation
		for i, s := range all {
			ret := s.Ret
			switch {
			case s.Call > last.Ret:
				continue
			case i > n || s.unknown():
				if s.kind == "get" || s.kind == "stat" || s.kind == "seen" || s.kind == "from" {
					continue
				}
				s.Ret, ret = 0, math.MaxInt64
			}
			part = append(part, s)
			ops = append(ops, porcupine.Operation{Input: s, Call: s.Call, Return: ret})
		}
		if porcupine.CheckOperationsTimeout(model, ops, time.Second) == porcupine.Illegal {
			return part
		}
	}
	return nil
}

func soakText(all []soakStep) string {
	slices.SortFunc(all, func(a, b soakStep) int { return int(a.Call - b.Call) })
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "%9d-%9d proc %d %s write %d expect %d of %d: %s seen %d/%d %s\n",
			s.Call/1000, s.Ret/1000,
			s.Proc, s.kind, s.Write, s.Expect, s.of, s.Result, s.Seen, s.Of, s.Err)
	}
	return b.String()
}
