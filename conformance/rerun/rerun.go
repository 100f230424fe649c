// Package rerun runs the conformance suite in another mode of a driver, or below a
// layer, in addition to a whole run that covers most of the same code. A plain go test
// runs a part of the cases, and the long tests run all of them.
package rerun

import (
	"flag"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
)

// together is how many cases run at a time. They wait for a server or a disk more than
// they compute.
const together = 4

// limit is the least time that a case may take, on a machine that does other work too.
const limit = 5 * time.Minute

// heavy are the cases that take long because of how much they do: thousands of files,
// megabytes, or random operations. A part leaves them out. Files of gigabytes are among
// them, because a disk without attributes reads each to know its version.
var heavy = regexp.MustCompile("^(" + strings.Join([]string{
	".*/(large.*|beyond-4-gib)", "(P8|P9)/sizes", "L2/wide", "L7/many",
	"D3/over-a-batch", "G10/connections", "L1/order",
	"L3/(by-pages|start-after-each|tokens-under-change)", "L4/.*", "L8/.*",
	"N2/random", "N4/every-character", "P1/torn-info", "P6/sniffed-in-pieces", "P9/counter",
	"P10/size", "P11/large", "P12/readers", "X1/.*", "X2/no-goroutines",
}, "|") + ")$")

// Names is the pattern of the cases that a layer which changes names can break: the
// rules about names, listings, deletes, copies, errors, URLs and signed URLs.
const Names = "^(N|L|D|C|E|U|W)"

// Store is the pattern of the cases that can fail on another server although the driver
// passes them on one.
const Store = "^(N1|N3|N5|V|P1|P3|P5|P7|P8|P9|G3|G8|S|L1|L5|L7|D|C|W)"

// Part runs the cases whose ID matches the pattern, except the long ones and those that
// put thousands of files, many megabytes, or make random operations. With the long tests
// Part is conformance.Run, which runs the whole suite. -run selects cases as for
// conformance.Run, although they are not subtests.
func Part(t *testing.T, h conformance.Harness, pattern string) {
	t.Helper()
	chosen := regexp.MustCompile(pattern)
	some(t, h, func(id string) bool { return chosen.MatchString(id) && !heavy.MatchString(id) })
}

// Light returns which cases of conformance.RunWrapper run for a layer, if the test of
// another layer runs all of them. It leaves out the cases that Part leaves out. With the
// long tests it leaves out none.
func Light(t longtest.T) (only func(id string) bool) {
	t.Helper()
	if longtest.On() {
		return nil
	}
	longtest.LeftOut(t, "without the cases that do very much")
	return func(id string) bool { return !heavy.MatchString(id) }
}

// Short runs the suite as with -short, for a server that is slow: without the long
// cases, and with fewer random operations. With the long tests it is conformance.Run.
func Short(t *testing.T, h conformance.Harness) {
	t.Helper()
	some(t, h, func(string) bool { return true })
}

func some(t *testing.T, h conformance.Harness, chosen func(id string) bool) {
	t.Helper()
	if longtest.On() {
		conformance.Run(t, h)
		return
	}
	run := ""
	if f := flag.Lookup("test.run"); f != nil {
		run = f.Value.String()
	}
	ids := part(func(id string) bool { return chosen(id) && asked(run, t.Name(), id) })
	if len(ids) == 0 {
		t.Skip("-run has none of these cases")
	}
	h.Limit = max(h.Limit, limit)
	r, err := conformance.Check(t.Context(), h, &conformance.CheckOptions{
		Pattern:  "^(" + strings.Join(ids, "|") + ")$",
		Short:    true,
		Parallel: together,
		Progress: func(_, _ int, r conformance.Result) {
			if r.Outcome == conformance.Failed {
				t.Errorf("%s", r.Text())
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Cases) != len(ids) {
		t.Errorf("%d cases ran, want %d", len(r.Cases), len(ids))
	}
	what := fmt.Sprintf("%d of the suite's %d cases", len(r.Cases), r.Suite)
	longtest.LeftOut(t, what)
	t.Logf("%s; %s=1 runs all", what, longtest.Variable)
}

// asked reports whether the pattern of -run would choose the case as a subtest of the
// test: its elements are matched one by one, and what it doesn't have matches.
func asked(run, test, id string) bool {
	patterns := strings.Split(run, "/")
	depth := strings.Count(test, "/") + 1
	for i, element := range strings.Split(id, "/") {
		if depth+i >= len(patterns) {
			return true
		}
		if ok, err := regexp.MatchString(patterns[depth+i], element); err != nil || !ok {
			return false
		}
	}
	return true
}

// part returns those of the chosen cases that aren't long, as patterns.
func part(chosen func(id string) bool) (ids []string) {
	for _, c := range conformance.Cases() {
		if id := c.ID(); chosen(id) && !c.Long {
			ids = append(ids, regexp.QuoteMeta(id))
		}
	}
	return ids
}
