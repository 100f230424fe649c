package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const splitTest = `package price

import "testing"

func TestTable(t *testing.T) {
	for _, c := range []struct {
		name      string
		a, b, dif int
	}{{"X1/even", 4, 2, 2}, {"X1/odd", 5, 2, 3}, {"X2", 3, 3, 0}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if Difference(c.a, c.b) != c.dif {
				t.Error("wrong")
			}
			if c.name == "X1/odd" && Same(1, 2) {
				t.Error("the same")
			}
		})
	}
	if Unused() {
		return
	}
	t.Error("only the whole test calls it, and each subtest as well")
}
`

// A long test is asked by its subtests: only those that the mutant makes a difference to.
func TestSplit(t *testing.T) {
	if testing.Short() {
		t.Skip("this builds programs")
	}
	dir := writeShop(t, "price/price_test.go", splitTest)
	out, err := runOn(t, dir, func(o *options) { o.split = -1 })
	if err == nil {
		t.Error("survivors that nobody judged are not an error")
	}
	for _, want := range []string{
		`swapped: "a - b" -> "b - a": killed by TestTable/X1/`,
		`price/price.go:28: negated: "a == b" -> "a != b": killed by TestTable/X1/odd`,
		`constant: "true" -> "false": killed by TestTable`,
		`price/price.go:9: negated: "n < 0" -> "n >= 0": unreached`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no line with %s", want)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

// What tests reach is kept for the next run, and a test that is skipped judges nothing.
func TestReachedCodeIsKept(t *testing.T) {
	if testing.Short() {
		t.Skip("this builds programs")
	}
	dir, kept := writeShop(t), t.TempDir()
	all, _ := runOn(t, dir, func(o *options) { o.visited = kept })
	names, err := filepath.Glob(filepath.Join(kept, "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%q, %v is kept", names, err)
	}
	again, _ := runOn(t, dir, func(o *options) { o.visited = kept })
	if again != all {
		t.Errorf("the second run prints\n%s\nand the first\n%s", again, all)
	}
	some, _ := runOn(t, dir, func(o *options) { o.visited, o.skip = kept, "^TestSame$" })
	if strings.Contains(some, "by TestSame") || !strings.Contains(all, "by TestSame") {
		t.Errorf("without TestSame it prints\n%s", some)
	}
	one, _ := runOn(t, dir, func(o *options) { o.run = "^TestSame$" })
	if strings.Contains(one, "by TestOf") || !strings.Contains(one, "by TestSame") {
		t.Errorf("with TestSame alone it prints\n%s", one)
	}
}

func TestLeaves(t *testing.T) {
	got := leaves([]string{"TestA", "TestB", "TestB/x", "TestB/x/1", "TestB/x/2", "TestB/y"})
	if want := []string{"TestB/x/1", "TestB/x/2", "TestB/y"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	u := &unit{name: "TestB/x.1"}
	if got := u.pattern(); got != `^TestB$/^x\.1$` {
		t.Error(got)
	}
}

// The tests that killed the last mutants of a function come first, then the quick ones,
// in batches that grow.
func TestOrder(t *testing.T) {
	var units []*unit
	for _, name := range []string{"TestSlow", "TestA", "TestB", "TestC"} {
		units = append(units, &unit{
			folder: "price",
			name:   name,
			used:   100 * time.Millisecond,
		})
	}
	units[0].used = time.Minute
	names := func(m *mutant, b *bench) string {
		var all []string
		for _, batch := range batches(b.ordered(m, units)) {
			var some []string
			for _, u := range batch {
				some = append(some, u.name)
			}
			all = append(all, strings.Join(some, "+"))
		}
		return strings.Join(all, " ")
	}
	b := &bench{killers: map[string][]string{}}
	m := &mutant{pkg: "price", function: "Of"}
	if got := names(m, b); got != "TestA+TestB TestC TestSlow" {
		t.Error(got)
	}
	b.remember(m, "panic in TestC/some", units)
	if got := names(m, b); got != "TestC+TestA TestB TestSlow" {
		t.Error(got)
	}
	m = &mutant{pkg: "price", function: "Same"}
	if got := names(m, b); got != "TestA+TestB TestC TestSlow" {
		t.Error(got)
	}
}
