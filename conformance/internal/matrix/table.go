package main

import (
	"fmt"
	"slices"
	"strings"

	"cloudfiles.dev/conformance"
)

// limits are features that many buckets rightly don't claim, so they get no note.
var limits = []string{"MaxSize", "MaxUnknownSize"}

// notes are the notes under the table, numbered in the order in which the table refers
// to them.
type notes struct {
	texts []string            // the notes, without the cases
	cases map[string][]string // the cases of a note, by its text
}

// number returns the number of the note with the text, and adds the case to the note.
func (n *notes) number(text, id string) int {
	i := slices.Index(n.texts, text)
	if i < 0 {
		i = len(n.texts)
		n.texts = append(n.texts, text)
	}
	n.cases[text] = append(n.cases[text], id)
	return i + 1
}

// table returns the table of rules by column, and its notes.
func table(columns []column, reports []*conformance.Report) string {
	var b strings.Builder
	titles := []string{"rule"}
	for _, c := range columns {
		titles = append(titles, c.title)
	}
	b.WriteString(tableHead(titles...))
	n := &notes{cases: map[string][]string{}}
	group := ""
	for _, rule := range conformance.Rules() {
		if rule.Group != group {
			group = rule.Group
			cells := append([]string{"**" + group + "**"}, make([]string, len(columns))...)
			b.WriteString(tableRow(cells...))
		}
		cells := []string{rule.ID + " " + rule.Title}
		for i, c := range columns {
			cells = append(cells, cell(rule.ID, c, reports[i], n))
		}
		b.WriteString(tableRow(cells...))
	}
	if len(n.texts) > 0 {
		fmt.Fprintf(&b, "\n## Notes, with the cases\n\n")
		for i, text := range n.texts {
			fmt.Fprintf(&b, "%d. %s: %s\n", i+1, text, strings.Join(n.cases[text], ", "))
		}
	}
	return b.String()
}

// cell returns the cell for the column's cases of a rule.
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
		missing := slices.DeleteFunc(slices.Clone(found.Missing), func(f string) bool {
			return slices.Contains(limits, f)
		})
		switch {
		case found.Outcome == conformance.KnownFailure:
			count["✗"]++
			note(c.title+" ✗ "+oneLine(found.Reason), found.ID)
		case found.Outcome == conformance.ServerFault,
			// Without this the table would differ from run to run.
			found.Racing && found.Outcome == conformance.Passed:
			count["✗ server"]++
			note(c.title+" server: "+oneLine(found.Reason), found.ID)
		case len(missing) > 0:
			count["n/a"]++
			reason := strings.TrimPrefix(found.Reason, "the bucket ")
			note(c.title+" n/a, "+oneLine(reason), found.ID)
		case found.Outcome == conformance.Passed:
			count["✓"]++
		}
	}
	mark := "–"
	for _, m := range []string{"✗", "✗ server", "✓", "n/a"} {
		if count[m] > 0 {
			mark = m
			break
		}
	}
	slices.Sort(numbers)
	if len(numbers) > 0 {
		list := strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]")
		mark += " <sup>" + list + "</sup>"
	}
	return mark
}

// oneLine returns a text of a report in a form that a table can hold.
func oneLine(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}
