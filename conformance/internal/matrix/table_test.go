package main

import (
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
)

// sound returns a report of a whole run in which every case passed. change may change the
// report of a case.
func sound(name string, change func(c *conformance.CaseReport)) *conformance.Report {
	all := conformance.Cases()
	r := &conformance.Report{Format: 1, Name: name, Suite: len(all)}
	for _, c := range all {
		found := conformance.CaseReport{ID: c.ID(), Outcome: conformance.Passed}
		if change != nil {
			change(&found)
		}
		r.Cases = append(r.Cases, found)
	}
	return r
}

func row(t *testing.T, table, rule string) string {
	t.Helper()
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "| "+rule+" ") {
			cells := strings.Split(line, " | ")
			return strings.TrimSuffix(strings.Join(cells[1:], " | "), " |\n")
		}
	}
	t.Fatalf("the table has no row %s:\n%s", rule, table)
	return ""
}

// TestTable checks the cells and the notes for each kind of outcome.
func TestTable(t *testing.T) {
	other := sound("other", func(c *conformance.CaseReport) {
		switch {
		case c.ID == "P8/race":
			c.Outcome, c.Reason = conformance.KnownFailure, "stat, then\nrename | twice"
		case c.Rule() == "P9":
			c.Missing = []string{"IfVersion"}
			c.Reason = "the bucket does not claim IfVersion: nothing does"
		case c.ID == "D1/keeps-files-below":
			c.Outcome, c.Reason = conformance.ServerFault, "issue 17"
		case c.ID == "X1/linearizable":
			c.Racing, c.Reason = true, "issue 18"
		case c.Rule() == "G5":
			c.Outcome = conformance.NotApplicable
			c.Reason = "the harness can't cut connections"
		case c.ID == "P11/limit":
			c.Outcome, c.Missing = conformance.NotApplicable, []string{"MaxSize"}
			c.Reason = "the bucket does not claim MaxSize"
		case c.ID == "P1/torn-info":
			c.Outcome, c.Missing = conformance.NotApplicable, []string{"Atomic"}
			c.Reason = "the bucket does not claim Atomic"
		}
	})
	text := table([]column{{title: "Sound"}, {title: "Other"}},
		[]*conformance.Report{sound("sound", nil), other})
	for rule, want := range map[string]string{
		"P8":  "✓ | ✗ <sup>2</sup>",
		"P9":  "✓ | n/a <sup>3</sup>",
		"D1":  "✓ | ✗ server <sup>4</sup>",
		"X1":  "✓ | ✗ server <sup>5</sup>",
		"G5":  "✓ | –",
		"P11": "✓ | ✓",
		"P1":  "✓ | ✓ <sup>1</sup>",
		"N1":  "✓ | ✓",
	} {
		if got := row(t, text, rule); got != want {
			t.Errorf("row %s: %s, want %s", rule, got, want)
		}
	}
	for _, want := range []string{
		"\n1. Other n/a, does not claim Atomic: P1/torn-info\n",
		"\n2. Other ✗ stat, then rename \\| twice: P8/race\n",
		"\n4. Other server: issue 17: D1/keeps-files-below\n",
		"| **Put** |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("table: no %q in\n%s", want, text)
		}
	}
}
