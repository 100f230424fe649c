package conformance

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// WriteMarkdown writes the report as a certificate: the bucket and the run, and each
// case that did not simply pass, with the reason.
func (r *Report) WriteMarkdown(w io.Writer) error {
	b := bufio.NewWriter(w)
	name := r.Name
	if name == "" {
		name = "a bucket"
	}
	fmt.Fprintf(b, "# Conformance of %s\n\n%s\n\n", inline(name), r.summary())
	fmt.Fprintf(b, "| | |\n|---|---|\n")
	row := func(what, text string) {
		if text != "" {
			fmt.Fprintf(b, "| %s | %s |\n", what, strings.ReplaceAll(inline(text), "|", `\|`))
		}
	}
	row("server", r.Server)
	row("date", r.Date.UTC().Format(time.RFC3339))
	row("took", r.Took.Round(time.Millisecond).String())
	row("cases", r.scope())
	row("seed", fmt.Sprint(r.Seed))
	row("platform", strings.TrimSpace(r.Versions["go"]+" "+r.Platform))
	row("features", r.claims(true))
	row("not claimed", r.claims(false))
	r.section(b, "Failed", "", Failed)
	r.section(b, "Known failures", "These cases fail, as the driver's author says.", KnownFailure)
	r.section(b, "The server's faults",
		"These cases fail on this server, which breaks a rule that the service it stands "+
			"for keeps.", ServerFault)
	r.section(b, "Not applicable", "", NotApplicable)
	if refused := r.refused(); len(refused) > 0 {
		fmt.Fprintf(b,
			"\n## Refused\n\nThese features are not claimed; asking for them was refused, and "+
				"changed nothing.\n\n")
		for _, a := range slices.Sorted(maps.Keys(refused)) {
			fmt.Fprintf(b, "- %s: %s\n", a, strings.Join(refused[a], ", "))
		}
	}
	fmt.Fprintf(b, "\n## Passed\n\n")
	var rule string
	for _, c := range r.Cases {
		switch {
		case c.Outcome != Passed:
			continue
		case rule == "":
			fmt.Fprintf(b, "- %s: ", c.Rule())
		case rule != c.Rule():
			fmt.Fprintf(b, "\n- %s: ", c.Rule())
		default:
			fmt.Fprint(b, ", ")
		}
		rule = c.Rule()
		fmt.Fprint(b, strings.TrimPrefix(c.ID, rule+"/"))
	}
	fmt.Fprintf(b, "\n\n## Versions\n\n")
	for _, module := range slices.Sorted(maps.Keys(r.Versions)) {
		fmt.Fprintf(b, "- %s %s\n", inline(module), inline(r.Versions[module]))
	}
	return b.Flush()
}

// summary returns the certificate's first sentence.
func (r *Report) summary() string {
	verdict := "It keeps the contract"
	switch {
	case r.Interrupted:
		verdict = "The run was interrupted"
	case r.Count(Failed) > 0:
		verdict = "It **breaks the contract**"
	}
	return fmt.Sprintf("%s: %s.", verdict, r.counts())
}

// counts returns how many cases ended with each outcome.
func (r *Report) counts() string {
	text := fmt.Sprintf("%d of %d cases passed", r.Count(Passed), len(r.Cases))
	for _, o := range []Outcome{Failed, KnownFailure, ServerFault, NotApplicable} {
		if n := r.Count(o); n > 0 {
			text += fmt.Sprintf(", %d %s", n, map[Outcome]string{
				Failed:        "failed",
				KnownFailure:  "known to fail",
				ServerFault:   "failed by the server's fault",
				NotApplicable: "not applicable",
			}[o])
		}
	}
	return text
}

// scope returns which cases were to run.
func (r *Report) scope() string {
	text := fmt.Sprintf("%d of the suite's %d", len(r.Cases), r.Suite)
	if r.Pattern != "" {
		text += fmt.Sprintf(", those that match %q", r.Pattern)
	}
	if r.Short {
		text += ", without the long ones"
	}
	return text
}

// claims returns the features that are claimed, with the limits, or those that aren't.
func (r *Report) claims(claimed bool) string {
	if r.Features == nil {
		return ""
	}
	var found []string
	v := reflect.ValueOf(*r.Features)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch f := v.Field(i); {
		case f.Kind() == reflect.Bool:
			if f.Bool() == claimed && (claimed || name != "ReadOnly") {
				found = append(found, name)
			}
		case claimed && !f.IsZero():
			found = append(found, fmt.Sprintf("%s %v", name, f))
		}
	}
	return strings.Join(found, ", ")
}

// refused returns, by feature, the cases that checked that the feature is refused.
func (r *Report) refused() map[string][]string {
	all := map[string][]string{}
	for _, c := range r.Cases {
		for _, a := range c.Refused {
			all[a] = append(all[a], c.ID)
		}
	}
	return all
}

// section writes the cases with the outcome.
func (r *Report) section(b *bufio.Writer, title, about string, o Outcome) {
	if r.Count(o) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n", title)
	if about != "" {
		fmt.Fprintf(b, "%s\n\n", about)
	}
	for _, c := range r.Cases {
		if c.Outcome != o {
			continue
		}
		fmt.Fprintf(b, "- %s", c.ID)
		if c.Reason != "" {
			fmt.Fprintf(b, ": %s", inline(c.Reason))
		}
		fmt.Fprintln(b)
		if o != Failed {
			continue
		}
		for _, f := range c.Failures { // as code, for it may hold anything
			fmt.Fprintf(b, "\n      %s\n",
				strings.ReplaceAll(strings.TrimSpace(f), "\n", "\n      "))
		}
	}
}

// inline returns the text in one line.
func inline(s string) string { return strings.Join(strings.Fields(s), " ") }
