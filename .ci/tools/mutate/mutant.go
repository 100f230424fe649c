package main

import (
	"fmt"
	"go/ast"
	"hash/fnv"
	"slices"
	"strings"
)

// A mutant is one small fault that is put into a package.
type mutant struct {
	id         int    // what the environment variable selects, from 1
	pkg        string // the package's folder, "drivers/mem"
	file       string // below the module, "drivers/mem/store.go"
	line       int
	function   string // "(*Bucket).Put", "Open", or "var x" outside functions
	form       string
	from, to   string // source text, blanks and newlines made one space
	occurrence int    // among those that are alike otherwise, from 1
}

// key identifies the mutant also after lines were added above it or in the function.
func (m *mutant) key() string {
	return fmt.Sprintf("%s %s %s: %q -> %q #%d",
		m.pkg, m.function, m.form, m.from, m.to, m.occurrence)
}

// number numbers the mutants that are alike, and gives each the id that its edits bear.
func number(all []*mutant) {
	seen := map[string]int{}
	for _, m := range all {
		m.occurrence = 0
		k := m.key()
		seen[k]++
		m.occurrence = seen[k]
	}
}

// sample chooses n mutants. Which ones depends on the seed and on the keys alone, so
// that the same are chosen after a change elsewhere.
func sample(all []*mutant, n int, seed uint64) []*mutant {
	if n <= 0 || n >= len(all) {
		return all
	}
	rank := func(m *mutant) uint64 {
		h := fnv.New64a()
		fmt.Fprintf(h, "%d %s %d", seed, m.key(), seed)
		return h.Sum64()
	}
	chosen := slices.Clone(all)
	slices.SortStableFunc(chosen, func(a, b *mutant) int {
		switch x, y := rank(a), rank(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	chosen = chosen[:n]
	slices.SortFunc(chosen, func(a, b *mutant) int { return a.id - b.id })
	return chosen
}

// An edit is what a mutant does to a range of a file. The edits of a file nest as its
// syntax does.
type edit struct {
	start, end int // offsets in the file
	how        rewriting
	typ        string // of a value, as it is written in the file
	basic      bool   // a number, a truth or text
	alts       []alt
}

type alt struct {
	m        *mutant
	text     string
	harmless bool // a condition that may be evaluated beside the original
}

// rewriting is how original and mutants are put beside each other.
type rewriting int

const (
	condition rewriting = iota // a boolean: one side alone is evaluated
	value                      // both sides are evaluated, which has no effect and can't panic
	lazy                       // a value, of which one side alone is evaluated
	statement                  // it is left out
)

// oneLine makes source text fit into a line of the report.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// pure reports whether evaluating e a second time has no effect, and can't panic where
// the first time did not.
func pure(e ast.Expr) bool {
	ok := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if id, is := n.Fun.(*ast.Ident); !is || id.Name != "len" && id.Name != "cap" {
				ok = false
			}
		case *ast.FuncLit, *ast.CompositeLit:
			ok = false
		case *ast.UnaryExpr:
			ok = ok && n.Op.String() != "<-" && n.Op.String() != "&"
		}
		return ok
	})
	return ok
}
