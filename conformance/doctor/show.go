package main

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/internal/term"
)

// terminal reports whether the file is a terminal that can move the cursor.
func terminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// colorful reports whether to print colours to the file (https://no-color.org).
func colorful(f *os.File) bool { return terminal(f) && os.Getenv("NO_COLOR") == "" }

// The codes of the colours (ECMA-48).
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (d *doctor) paint(color, text string) string {
	if !d.color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// listCases prints the cases that -run and -short select.
func (d *doctor) listCases() int {
	pattern, err := regexp.Compile(d.pattern)
	if err != nil {
		return d.usage(fmt.Errorf("-run: %w", err))
	}
	titles, order := map[string]conformance.Rule{}, map[string]int{}
	for i, r := range conformance.Rules() {
		titles[r.ID], order[r.ID] = r, i
	}
	cases := conformance.Cases() // the cases of a rule may be in several places
	slices.SortStableFunc(cases, func(a, b conformance.Case) int {
		return cmp.Compare(order[a.Rule], order[b.Rule])
	})
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	n, rule := 0, ""
	for _, c := range cases {
		if !pattern.MatchString(c.ID()) || d.short && c.Long {
			continue
		}
		n++
		if c.Rule != rule {
			rule = c.Rule
			fmt.Fprintf(w, "%s: %s\n", rule, strings.ReplaceAll(titles[rule].Title, "`", ""))
		}
		var needs []string
		for _, a := range c.Needs {
			needs = append(needs, a.Name)
		}
		about := c.Why
		if len(needs) > 0 {
			about += " (" + strings.Join(needs, ", ") + ")"
		}
		fmt.Fprintf(w, "  %s\t%s\n", c.ID(), about)
	}
	fmt.Fprintf(w, "%d cases\n", n)
	w.Flush()
	return statusOK
}

// progress prints the result of a case. Calls don't overlap.
func (d *doctor) progress(done, total int, r conformance.Result) {
	id := r.Case.ID()
	switch r.Outcome {
	case conformance.Failed:
		d.failed++
		d.wipe()
		fmt.Fprintf(d.out, "%s  %s\n", d.paint(red, "FAIL"), indent(term.Text(r.Text())))
	case conformance.NotApplicable:
		d.say(yellow, "n/a ", id+": "+r.Reason)
	default:
		text := id
		if len(r.Refused) > 0 {
			text += ": refused, because the bucket does not claim " + strings.Join(r.Refused, ", ")
		}
		d.say(green, "ok  ", text)
	}
	line := fmt.Sprintf("%d of %d cases, %d failed", done, total, d.failed)
	switch {
	case d.live:
		fmt.Fprintf(d.out, "\r%s  %s\x1b[K", line, id)
	case done%50 == 0 && !d.verbose:
		fmt.Fprintln(d.out, line)
	}
}

// say prints a line if -v is set.
func (d *doctor) say(color, mark, text string) {
	if d.verbose {
		d.wipe()
		fmt.Fprintf(d.out, "%s  %s\n", d.paint(color, mark), term.Text(text))
	}
}

// wipe removes the progress line.
func (d *doctor) wipe() {
	if d.live {
		fmt.Fprint(d.out, "\r\x1b[K")
	}
}

// summary prints the verdict and the counts.
func (d *doctor) summary(r *conformance.Report) {
	verdict := d.paint(green, "The bucket keeps the contract")
	switch {
	case r.Interrupted:
		verdict = d.paint(yellow, "The run was interrupted")
	case !r.OK():
		verdict = d.paint(red, "The bucket breaks the contract")
	}
	fmt.Fprintf(d.out, "\n%s: %d cases passed, %d failed, %d not applicable. Seed %d.\n", verdict,
		r.Count(conformance.Passed), r.Count(conformance.Failed),
		r.Count(conformance.NotApplicable), r.Seed)
	var names []string
	for _, c := range r.Cases {
		if c.Outcome == conformance.Failed {
			names = append(names, c.ID)
		}
	}
	if len(names) > 0 {
		fmt.Fprintf(d.out, "Failed: %s\n", strings.Join(names, ", "))
	}
}

func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n      ") }
