package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// part is a generated table in a document, between two marks.
type part struct {
	name string // the name in the marks
	file string // the document, relative to the module's root
	text string // the table
}

func (p part) begin() string { return fmt.Sprintf("<!-- %s: begin (%s) -->\n", p.name, update) }
func (p part) end() string   { return fmt.Sprintf("<!-- %s: end -->\n", p.name) }

// put returns the document with the table between the marks.
func (p part) put(document []byte) ([]byte, error) {
	before, rest, ok1 := bytes.Cut(document, []byte(p.begin()))
	_, after, ok2 := bytes.Cut(rest, []byte(p.end()))
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("%s: the marks %s and %s are missing",
			p.file, strings.TrimSpace(p.begin()), strings.TrimSpace(p.end()))
	}
	return slices.Concat(before, []byte(p.begin()), []byte(p.text), []byte(p.end()), after), nil
}

// check returns an error if the table in the document is out of date.
func (p part) check(root *os.Root) error {
	old, now, err := p.both(root)
	if err != nil || bytes.Equal(old, now) {
		return err
	}
	return fmt.Errorf("the table %q in %s is out of date. "+
		"Check the changes, and then run\n\n\t%s\n\n%s",
		p.name, p.file, update, difference(old, now))
}

// write writes the table into the document.
func (p part) write(root *os.Root) error {
	old, now, err := p.both(root)
	if err != nil || bytes.Equal(old, now) {
		return err
	}
	return root.WriteFile(p.file, now, 0o644)
}

func (p part) both(root *os.Root) (old, now []byte, err error) {
	old, err = root.ReadFile(p.file)
	if err == nil {
		now, err = p.put(old)
	}
	return old, now, err
}

// each calls f with every part, and joins the errors.
func each(parts []part, f func(part) error) error {
	var errs []error
	for _, p := range parts {
		errs = append(errs, f(p))
	}
	return errors.Join(errs...)
}

// difference returns a few of the lines that differ.
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

// tableRow returns a row in Markdown.
func tableRow(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// tableHead returns the head of a table. Its first column is left-aligned, and the others
// are centred.
func tableHead(cells ...string) string {
	line := slices.Repeat([]string{":-:"}, len(cells))
	line[0] = "---"
	return tableRow(cells...) + tableRow(line...)
}
