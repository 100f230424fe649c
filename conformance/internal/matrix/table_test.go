package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
)

// sound is a report of a whole run in which everything passed, but for what change does.
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

func TestTable(t *testing.T) {
	other := sound("other", func(c *conformance.CaseReport) {
		switch {
		case c.ID == "P8/race":
			c.Outcome, c.Reason = conformance.KnownFailure, "stat, then\nrename | twice"
		case c.Rule() == "P9":
			c.Missing, c.Reason = []string{"IfVersion"}, "the bucket does not claim IfVersion: nothing does"
		case c.ID == "D1/beside":
			c.Outcome, c.Reason = conformance.ServerFault, "issue 17"
		case c.ID == "X1/linearizable":
			c.Racing, c.Reason = true, "issue 18"
		case c.Rule() == "G5":
			c.Outcome, c.Reason = conformance.NotApplicable, "the harness can't cut connections"
		case c.ID == "P11/limit":
			c.Outcome, c.Missing, c.Reason = conformance.NotApplicable, []string{"MaxSize"}, "the bucket does not claim MaxSize"
		case c.ID == "P1/torn-info":
			c.Outcome, c.Missing, c.Reason = conformance.NotApplicable, []string{"Atomic"}, "the bucket does not claim Atomic"
		}
	})
	text := table([]column{{title: "Sound"}, {title: "Other"}}, []*conformance.Report{sound("sound", nil), other})
	for rule, want := range map[string]string{"P8": "✓ | ✗ <sup>2</sup>", "P9": "✓ | n/a <sup>3</sup>", "D1": "✓ | server <sup>4</sup>", "X1": "✓ | server <sup>5</sup>", "G5": "✓ | –", "P11": "✓ | ✓", "P1": "✓ | ✓ <sup>1</sup>", "N1": "✓ | ✓"} {
		if got := row(t, text, rule); got != want {
			t.Errorf("%s: %s, want %s", rule, got, want)
		}
	}
	for _, want := range []string{"\n1. Other n/a, does not claim Atomic: P1/torn-info\n", "\n2. Other ✗ stat, then rename \\| twice: P8/race\n", "\n4. Other server: issue 17: D1/beside\n", "| **Put** |"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table doesn't have %q:\n%s", want, text)
		}
	}
}

// TestDrift goes through what CI meets: the table is true, it is not, a report is missing, or of half a run.
func TestDrift(t *testing.T) {
	dir := t.TempDir()
	readme := filepath.Join(dir, "README.md")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(readme, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	reports := filepath.Join(dir, "reports")
	report := func(r *conformance.Report) {
		t.Helper()
		if err := r.WriteFiles(reports); err != nil {
			t.Fatal(err)
		}
	}
	fails := func(what, says string) {
		t.Helper()
		before, _ := os.ReadFile(readme)
		if err := run(reports, readme, false); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want an error that says %q", what, err, says)
		}
		if now, _ := os.ReadFile(readme); string(now) != string(before) {
			t.Errorf("%s: a check changes the file", what)
		}
	}
	for _, c := range columns {
		report(sound(c.report, nil))
	}
	write("no marks\n")
	fails("no marks", "marks")
	write("before\n" + begin + "old\n" + end + "after\n")
	fails("an old table", update)
	if err := run(reports, readme, true); err != nil {
		t.Fatal(err)
	}
	if err := run(reports, readme, false); err != nil {
		t.Errorf("a table that was just written: %v", err)
	}
	if text, _ := os.ReadFile(readme); !strings.HasPrefix(string(text), "before\n"+begin+"| rule |") || !strings.HasSuffix(string(text), end+"after\n") {
		t.Errorf("the file is\n%s", text)
	}
	last := columns[len(columns)-1].report
	report(sound(last, func(c *conformance.CaseReport) {
		if c.ID == "P8/race" {
			c.Outcome, c.Reason = conformance.KnownFailure, "new"
		}
	}))
	fails("a cell that changed", update)
	failed := sound(last, nil)
	failed.Cases[3].Outcome = conformance.Failed
	report(failed)
	fails("a case that failed", "1 cases failed")
	short := sound(last, nil)
	short.Cases = short.Cases[1:]
	report(short)
	fails("half a run", "whole run")
	if err := os.Remove(filepath.Join(reports, last+".json")); err != nil {
		t.Fatal(err)
	}
	fails("a missing report", last)
}
