package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
)

// TestDrift checks that up-to-date tables pass, and that a table that is out of date, a
// missing report and a report of half a run are errors.
func TestDrift(t *testing.T) {
	m := newModule(t)
	for _, c := range columns {
		m.report(sound(c.report, nil))
	}
	m.write("README.md", "no marks\n")
	m.write("conformance/MATRIX.md", "no marks\n")
	m.fails("no marks", "marks")
	parts, err := fromClaims(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	parts = append(parts, part{name: "matrix", file: "conformance/MATRIX.md"})
	for _, file := range []string{"README.md", "conformance/MATRIX.md"} {
		text := "before\n"
		for _, p := range parts {
			if p.file == file {
				text += p.begin() + "old\n" + p.end()
			}
		}
		m.write(file, text+"after\n")
	}
	m.fails("old tables", update)
	if err := run(m.reports, m.root, true); err != nil {
		t.Fatal(err)
	}
	if err := run(m.reports, m.root, false); err != nil {
		t.Errorf("check of tables that were just written: %v, want nil", err)
	}
	for _, p := range parts {
		text := m.read(p.file)
		_, in, ok := strings.Cut(text, p.begin()+"| ")
		if !ok || !strings.Contains(in, "|\n"+p.end()) && p.name != "matrix" ||
			!strings.HasPrefix(text, "before\n") || !strings.HasSuffix(text, "after\n") {
			t.Errorf("after writing the table %q, %s is\n%s", p.name, p.file, text)
		}
	}
	last := columns[len(columns)-1].report
	m.report(sound(last, func(c *conformance.CaseReport) {
		if c.ID == "P8/race" {
			c.Outcome, c.Reason = conformance.KnownFailure, "new"
		}
	}))
	m.fails("a cell that changed", update)
	failed := sound(last, nil)
	failed.Cases[3].Outcome = conformance.Failed
	m.report(failed)
	m.fails("a case that failed", "1 cases failed")
	short := sound(last, nil)
	short.Cases = short.Cases[1:]
	m.report(short)
	m.fails("half a run", "whole suite")
	if err := os.Remove(filepath.Join(m.reports, last+".json")); err != nil {
		t.Fatal(err)
	}
	m.fails("a missing report", last)
}

// module is a folder that holds the documents and the reports of a run.
type module struct {
	t             *testing.T
	root, reports string
}

func newModule(t *testing.T) *module {
	keepEnvironment(t)
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "conformance"), 0o777); err != nil {
		t.Fatal(err)
	}
	return &module{t: t, root: root, reports: filepath.Join(root, "reports")}
}

func (m *module) write(name, text string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.root, name), []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *module) read(name string) string {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(m.root, name))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(text)
}

func (m *module) report(r *conformance.Report) {
	m.t.Helper()
	if err := r.WriteFiles(m.reports); err != nil {
		m.t.Fatal(err)
	}
}

// fails checks that run returns an error with the text says and changes no document.
func (m *module) fails(what, says string) {
	m.t.Helper()
	before := m.read("README.md") + m.read("conformance/MATRIX.md")
	if err := run(m.reports, m.root, false); err == nil || !strings.Contains(err.Error(), says) {
		m.t.Errorf("%s: %v, want an error with %q", what, err, says)
	}
	if now := m.read("README.md") + m.read("conformance/MATRIX.md"); now != before {
		m.t.Errorf("%s: the check changed the documents", what)
	}
}

// keepEnvironment restores, at the end of the test, the variables that credentials sets.
func keepEnvironment(t *testing.T) {
	for _, name := range credentialNames {
		t.Setenv(name, os.Getenv(name))
	}
}

// TestTablesOfClaims checks that the tables that need no test run agree with the drivers,
// without running the command.
func TestTablesOfClaims(t *testing.T) {
	keepEnvironment(t)
	parts, err := fromClaims(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot("../../..")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := each(parts, func(p part) error { return p.check(root) }); err != nil {
		t.Error(err)
	}
}

// TestChooserCells checks that the cells agree with a bucket's claims and with its
// store's profile.
func TestChooserCells(t *testing.T) {
	keepEnvironment(t)
	all, err := opened(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text := chooser(all)
	for title, want := range map[string]map[string]string{
		"S3":       {"delete of one version": yes, "every legal name": yes},
		"MinIO":    {"delete of one version": no, "create if absent": afterProof},
		"other S3": {"delete of one version": afterCheck, "every legal name": afterCheck},
		"memory":   {"durable when Put returns": no, "largest file": "no limit"},
		"GCS":      {"signed GET and PUT": yes, "largest file": "5 TiB"},
	} {
		i := slices.IndexFunc(all, func(s service) bool { return s.title == title })
		for question, cell := range want {
			if got := strings.Split(line(t, text, question), " | ")[i+1]; got != cell {
				t.Errorf("%s, %s: %q, want %q", title, question, got, cell)
			}
		}
	}
}

// line returns the row of the table whose first cell begins with that text.
func line(t *testing.T, table, begins string) string {
	t.Helper()
	for l := range strings.Lines(table) {
		if strings.HasPrefix(l, "| "+begins) {
			return strings.TrimSuffix(strings.TrimSpace(l), " |")
		}
	}
	t.Fatalf("the table has no row %q:\n%s", begins, table)
	return ""
}
