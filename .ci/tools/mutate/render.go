package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// render writes the file with all its mutants beside the original. Each is asleep until
// the environment names it, so that a test program is built once for all of them. Only
// the original side has the mutants of what is nested in it; so the text grows with
// depth and not beyond.
func render(src []byte, edits []*edit) string {
	sorted := slices.Clone(edits)
	// Outer edits first; of two of one range the statement is the outer one, the value
	// the inner.
	slices.SortStableFunc(sorted, func(a, b *edit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end),
			cmp.Compare(b.how, a.how))
	})
	var b strings.Builder
	rest := sorted
	renderRange(&b, src, 0, len(src), &rest)
	return b.String()
}

// renderRange writes src[start:end] and takes the edits in it from the list.
func renderRange(b *strings.Builder, src []byte, start, end int, rest *[]*edit) {
	for len(*rest) > 0 && (*rest)[0].end <= end && (*rest)[0].start >= start {
		e := (*rest)[0]
		*rest = (*rest)[1:]
		b.Write(src[start:e.start])
		var inner strings.Builder
		renderRange(&inner, src, e.start, e.end, rest)
		b.WriteString(e.render(inner.String()))
		start = e.end
	}
	b.Write(src[start:end])
}

func (e *edit) render(original string) string {
	if len(e.alts) == 0 {
		return original
	}
	switch e.how {
	case condition:
		return e.renderCondition(original)
	case value:
		for _, a := range e.alts {
			switch {
			case e.typ == "error" && a.text == "nil":
				original = fmt.Sprintf("mutantError(%d, %s)", a.m.id, original)
			case e.basic:
				original = fmt.Sprintf("mutantBasic[%s](%d, %s, %s)", e.typ, a.m.id, original,
					a.text)
			default:
				original = fmt.Sprintf("mutantValue[%s](%d, %s, %s)", e.typ, a.m.id, original,
					a.text)
			}
		}
		return original
	case lazy:
		var on strings.Builder
		for _, a := range e.alts {
			fmt.Fprintf(&on, "if mutantOn(%d) { return %s }; ", a.m.id, a.text)
		}
		return fmt.Sprintf("func() %s { %sreturn %s }()", e.typ, &on, original)
	default:
		return fmt.Sprintf("if !mutantOn(%d) { %s }", e.alts[0].m.id, original)
	}
}

// renderCondition evaluates one side alone, unless neither side has an effect: then both
// are compared, to learn which tests make a difference.
func (e *edit) renderCondition(original string) string {
	var on, ids strings.Builder
	for _, a := range e.alts {
		if a.harmless {
			original = fmt.Sprintf("mutantBasic[bool](%d, %s, %s)", a.m.id, original, a.text)
			continue
		}
		fmt.Fprintf(&on, "mutantOn(%d) && (%s) || ", a.m.id, a.text)
		if ids.Len() > 0 {
			ids.WriteString(", ")
		}
		fmt.Fprint(&ids, a.m.id)
	}
	if ids.Len() == 0 {
		return "(" + original + ")"
	}
	return fmt.Sprintf("(%smutantOff(%s) && (%s))", &on, &ids, original)
}

// without removes the alternatives of mutants that don't compile.
func without(edits []*edit, bad map[*mutant]bool) {
	for _, e := range edits {
		e.alts = slices.DeleteFunc(e.alts, func(a alt) bool { return bad[a.m] })
	}
}

// switchboard is the file that each mutated package gets beside its own. What was
// reached is marked in a mapped file: that costs no system call, needs no open
// descriptor, and processes that a test starts, or that are killed, mark there as well.
// The file has two bytes for each mutant: whether a test came there, and whether the
// mutant would have made a difference there.
const switchboard = `
import (
	"os"
	"strconv"
	"syscall"
)

var mutantCurrent, mutantReached = mutantSetup()

func mutantSetup() (int, []byte) {
	id, _ := strconv.Atoi(os.Getenv("` + envMutant + `"))
	path := os.Getenv("` + envReached + `")
	if path == "" {
		return id, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return id, nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return id, nil
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()),
		syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return id, nil
	}
	return id, b
}

func mutantMark(id int, differs bool) {
	if mutantReached == nil {
		return
	}
	mutantReached[2*id] = 1
	if differs {
		mutantReached[2*id+1] = 1
	}
}
` + switches

// switches is the part that needs no imports: all of it, for the type checker.
const switches = `
func mutantOn(id int) bool {
	mutantMark(id, true)
	return id == mutantCurrent
}

func mutantOff(ids ...int) bool {
	for _, id := range ids {
		if id == mutantCurrent {
			return false
		}
	}
	return true
}

func mutantValue[T any](id int, original, mutated T) T {
	if mutantOn(id) {
		return mutated
	}
	return original
}

func mutantBasic[T comparable](id int, original, mutated T) T {
	mutantMark(id, original != mutated)
	if id == mutantCurrent {
		return mutated
	}
	return original
}

func mutantError(id int, original error) error {
	mutantMark(id, original != nil)
	if id == mutantCurrent {
		return nil
	}
	return original
}
`

const switchboardStub = `
var mutantCurrent int

func mutantMark(id int, differs bool) {}
` + switches

const (
	envMutant  = "CLOUDFILES_MUTANT"
	envReached = "CLOUDFILES_MUTANTS_REACHED"
)
