package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shop is a package whose tests notice some faults.
var shop = map[string]string{
	"go.mod": "module shop.example\n\ngo 1.26\n",
	"price/price.go": `package price

import "errors"

var ErrNone = errors.New("none")

// Of is the price of n pieces, with a rebate for many.
func Of(n, each int) (int, error) {
	if n < 0 {
		return 0, ErrNone
	}
	total := n * each
	if n > 10 && each != 0 {
		total -= n
	}
	return total, nil
}

func Difference(a, b int) int {
	return a - b
}

func Unused() bool {
	return true
}

func Same(a, b int) bool {
	if a == b {
		return true
	}
	return pair(a, b)
}

func pair(a, b int) bool { return b-a == 0 }
`,
	"price/price_test.go": `package price

import "testing"

func TestOf(t *testing.T) {
	for _, c := range []struct{ n, each, want int }{{1, 5, 5}, {12, 5, 48}, {12, 0, 0}, {2, 2, 4}} {
		if got, err := Of(c.n, c.each); got != c.want || err != nil {
			t.Errorf("Of(%d, %d) is %d, %v", c.n, c.each, got, err)
		}
	}
	if _, err := Of(-1, 1); err != ErrNone {
		t.Error(err)
	}
}

func TestDifference(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	if Difference(5, 3) != 2 {
		t.Error("wrong")
	}
}

func TestSame(t *testing.T) {
	if !Same(2, 2) || Same(2, 3) {
		t.Error("wrong")
	}
}

func TestFails(t *testing.T) {
	Unused()
	t.Fatal("without a mutant too")
}
`,
}

// writeShop writes the package; pairs of name and text replace files.
func writeShop(t *testing.T, pairs ...string) string {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files := maps.Clone(shop)
	for i := 0; i < len(pairs); i += 2 {
		files[pairs[i]] = pairs[i+1]
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runOn runs the command on the shop.
func runOn(t *testing.T, dir string, change func(*options)) (string, error) {
	var out bytes.Buffer
	o := options{
		dir:   dir,
		pkgs:  "price",
		list:  "survivors.txt",
		seed:  1,
		split: time.Second,
	}
	if change != nil {
		change(&o)
	}
	err := mutate(t.Context(), o, &out)
	return out.String(), err
}

func TestVerdicts(t *testing.T) {
	if testing.Short() {
		t.Skip("this builds programs")
	}
	dir := writeShop(t)
	out, err := runOn(t, dir, nil)
	if err == nil {
		t.Error("survivors that nobody judged are not an error")
	}
	for _, want := range []string{
		"left out, since it fails without a mutant: TestFails of price",
		`price/price.go:9: negated: "n < 0" -> "n >= 0": killed by TestOf`,
		`price/price.go:9: boundary: "n < 0" -> "n <= 0": survived`,
		`price/price.go:10: error: "ErrNone" -> "nil": killed by TestOf`,
		`price/price.go:12: operator: "n * each" -> "n / each": killed by TestOf`,
		`price/price.go:13: logic: "n > 10 && each != 0" -> "n > 10 || each != 0": ` +
			"killed by TestOf",
		`price/price.go:14: dropped: "total -= n" -> "": killed by TestOf`,
		`price/price.go:20: swapped: "a - b" -> "b - a": killed by TestDifference (not in -short)`,
		`price/price.go:24: constant: "true" -> "false": unreached`,
		`price/price.go:31: swapped: "a, b" -> "b, a": survived`,
	} {
		if !strings.Contains(out, want+"\n") {
			t.Errorf("no line %s", want)
		}
	}
	if t.Failed() {
		t.Log(out)
	}

	// What is judged is not an error any more; a judgement that is wrong or without object
	// is.
	var list strings.Builder
	for line := range strings.Lines(out) {
		if key, ok := strings.CutPrefix(line, "  price "); ok {
			list.WriteString("price " + key + "\tequivalent: a test of the command\n")
		}
	}
	path := filepath.Join(dir, "survivors.txt")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(list.String())
	if out, err := runOn(t, dir, nil); err != nil {
		t.Errorf("all is judged, but: %v\n%s", err, out)
	}
	write(list.String() + "price Of negated: \"n < 0\" -> \"n >= 0\" #1\n\tspeed: no\n" +
		"price Gone negated: \"a\" -> \"!a\" #1\n\ttext: no\n")
	_, err = runOn(t, dir, func(o *options) { o.recheck = true })
	for _, want := range []string{"1 judged survivors are killed", "not in the code any more"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestSampleIsStable(t *testing.T) {
	dir := writeShop(t)
	list := func(seed uint64) string {
		out, err := runOn(t, dir, func(o *options) { o.dry, o.sample, o.seed = true, 5, seed })
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	one := list(1)
	if strings.Count(one, "\n") != 5 || list(1) != one {
		t.Errorf("a sample of 5 is\n%s", one)
	}
	if list(2) == one {
		t.Error("another seed chooses the same")
	}
	// Lines above move nothing, and neither does a function that is added.
	path := filepath.Join(dir, "price", "price.go")
	text := strings.Replace(shop["price/price.go"], "var ErrNone", "\n\nvar ErrNone", 1)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	keys := func(s string) (k []string) {
		for line := range strings.Lines(s) {
			k = append(k, line[strings.Index(line, ": price "):])
		}
		return k
	}
	if a, b := strings.Join(keys(one), ""), strings.Join(keys(list(1)), ""); a != b {
		t.Errorf("two empty lines change the sample from\n%sto\n%s", a, b)
	}
}
