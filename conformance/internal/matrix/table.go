package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cloudfiles.dev/conformance"
)

const (
	begin = "<!-- matrix: begin (" + update + ") -->\n"
	end   = "<!-- matrix: end -->\n"
)

// replace puts the table between the marks.
func replace(text []byte, table string) ([]byte, error) {
	before, rest, ok1 := bytes.Cut(text, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok1 || !ok2 {
		return nil, errors.New("the marks " + strings.TrimSpace(begin) + " and " + strings.TrimSpace(end) + " are missing")
	}
	return slices.Concat(before, []byte(begin), []byte(table), []byte(end), after), nil
}

// limits are features that not every bucket has something to be asked for.
var limits = []string{"MaxSize", "MaxUnknownSize"}

// notes are those under the table, numbered as they come up in it.
type notes struct {
	texts []string            // of each, without the cases
	cases map[string][]string // by text
}

// number is that of the note with the text, which is about the case too.
func (n *notes) number(text, id string) int {
	i := slices.Index(n.texts, text)
	if i < 0 {
		i = len(n.texts)
		n.texts = append(n.texts, text)
	}
	n.cases[text] = append(n.cases[text], id)
	return i + 1
}

// table renders the rules by column, and the notes.
func table(columns []column, reports []*conformance.Report) string {
	var b strings.Builder
	titles, line := []string{"rule"}, []string{"---"}
	for _, c := range columns {
		titles, line = append(titles, c.title), append(line, ":-:")
	}
	row := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	row(titles)
	row(line)
	n := &notes{cases: map[string][]string{}}
	group := ""
	for _, rule := range conformance.Rules() {
		if rule.Group != group {
			group = rule.Group
			row(append([]string{"**" + group + "**"}, make([]string, len(columns))...))
		}
		cells := []string{rule.ID + " " + rule.Title}
		for i, c := range columns {
			cells = append(cells, cell(rule.ID, c, reports[i], n))
		}
		row(cells)
	}
	fmt.Fprintf(&b, "\n✓ every case passes; ✗ cases fail, as is known; “server”: what the tests run on breaks the rule, not the service; n/a: not claimed in `Features()`, and refused; – not asked.\n")
	if len(n.texts) > 0 {
		fmt.Fprintf(&b, "\n<details><summary>The notes, with the cases</summary>\n\n")
		for i, text := range n.texts {
			fmt.Fprintf(&b, "%d. %s: %s\n", i+1, text, strings.Join(n.cases[text], ", "))
		}
		fmt.Fprintf(&b, "\n</details>\n")
	}
	return b.String()
}

// cell is what the column's cases of a rule come to.
func cell(rule string, c column, r *conformance.Report, n *notes) string {
	var numbers []int
	note := func(text, id string) {
		if i := n.number(text, id); !slices.Contains(numbers, i) {
			numbers = append(numbers, i)
		}
	}
	count := map[string]int{}
	for _, found := range r.Cases {
		if found.Rule() != rule {
			continue
		}
		missing := slices.DeleteFunc(slices.Clone(found.Missing), func(f string) bool { return slices.Contains(limits, f) })
		switch {
		case found.Outcome == conformance.KnownFailure:
			count["✗"]++
			note(c.title+" ✗ "+oneLine(found.Reason), found.ID)
		case found.Outcome == conformance.ServerFault, found.Racing && found.Outcome == conformance.Passed: // else the table would differ from run to run
			count["server"]++
			note(c.title+" server: "+oneLine(found.Reason), found.ID)
		case len(missing) > 0:
			count["n/a"]++
			note(c.title+" n/a, "+oneLine(strings.TrimPrefix(found.Reason, "the bucket ")), found.ID)
		case found.Outcome == conformance.Passed:
			count["✓"]++
		}
	}
	mark := "–"
	for _, m := range []string{"✗", "server", "✓", "n/a"} {
		if count[m] > 0 {
			mark = m
			break
		}
	}
	slices.Sort(numbers)
	if len(numbers) > 0 {
		mark += " <sup>" + strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]") + "</sup>"
	}
	return mark
}

// oneLine is a text of a report in the table's terms.
func oneLine(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}

// difference shows the lines that differ, a few of them.
func difference(old, now []byte) string {
	a, b := strings.Split(string(old), "\n"), strings.Split(string(now), "\n")
	var out []string
	for _, l := range a {
		if !slices.Contains(b, l) {
			out = append(out, "- "+l)
		}
	}
	for _, l := range b {
		if !slices.Contains(a, l) {
			out = append(out, "+ "+l)
		}
	}
	const most = 40
	if len(out) > most {
		out = append(out[:most], "…")
	}
	return strings.Join(out, "\n")
}
