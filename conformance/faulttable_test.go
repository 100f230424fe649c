package conformance_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
)

// faultTable names the file that TestFaultTable writes its table to.
const faultTable = "CLOUDFILES_FAULT_TABLE"

// faults returns all broken buckets and wrappers, each with a function that makes its
// harness.
func faults() (all []fault) {
	for _, b := range allBroken() {
		f := fault{
			name:    b.fault,
			harness: b.harness,
			names:   b.caught,
			hangs:   b.hangs,
		}
		all = append(all, f)
	}
	for _, b := range brokenWrappers {
		all = append(all, fault{
			name:  "wrapper: " + b.fault + " (over " + b.over + ")",
			names: b.caught,
			harness: func() conformance.Harness {
				return conformance.WrapperHarnesses(b.wrap, b.o)[b.over]
			},
		})
	}
	return all
}

type fault struct {
	name    string
	harness func() conformance.Harness // a new one for each case: it keeps what the case stored
	names   []string                   // the cases that must find it
	hangs   bool                       // each case with it takes its whole limit
}

// heavy are the cases that cost most beside the long ones. Both are run only against the
// faults that name them: cheaper cases find most others, and a long case may put
// gigabytes into memory. So does C1/beyond-4-gib with a bucket whose ServerCopy never
// works, since Copy then passes the hole through the program.
var heavy = regexp.MustCompile(
	`/(large$|large-(attributes|conditions|move|once)|sizes|hundred-mebibytes$|beyond-4-gib$)|` +
		`^(G10/(in-parallel|connections)|P1/(two-writers|torn-read)|P2/broken-after-parts|` +
		`P7/in-parts|X1/model|X2/no-(parts|goroutines)|` +
		`L4/stable-once)$`)

// TestFaultTable runs every fault against every case, which takes minutes; .ci/run runs
// it. A case that catches no fault is suspect, and needs a reason in suspects.
func TestFaultTable(t *testing.T) {
	path := os.Getenv(faultTable)
	if path == "" {
		t.Skip("takes minutes of processor time; " + faultTable + " names the file for its table")
	}
	cases := conformance.Cases()
	wrapper := conformance.WrapperCases()
	all := faults()
	if len(all) < 50 {
		t.Errorf("there are %d faults, want at least 50", len(all))
	}
	caught := make([][]string, len(all)) // by fault, the cases
	var mu sync.Mutex
	by := map[string]int{}
	t.Run("faults", func(t *testing.T) {
		for i, f := range all {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				limit, run := 20*time.Second, cases
				if strings.HasPrefix(f.name, "wrapper: ") {
					run = slices.Concat(cases, wrapper)
				}
				if f.hangs {
					limit, run = 2*time.Second, nil
					for _, id := range f.names {
						run = append(run, caseOf(t, id))
					}
				}
				run = slices.DeleteFunc(slices.Clone(run), func(c conformance.Case) bool {
					dear := c.Long || heavy.MatchString(c.ID())
					return dear && !slices.Contains(f.names, c.ID())
				})
				for _, c := range run {
					h := f.harness()
					h.Limit = limit
					r := conformance.RunCase(t.Context(), h, c)
					if r.Outcome == conformance.Failed {
						caught[i] = append(caught[i], c.ID())
						if suspects[c.ID()] != "" && strings.Contains(r.Text(),
							"did not end within") {
							continue // which a busy machine may cause
						}
						mu.Lock()
						by[c.ID()]++
						mu.Unlock()
					}
				}
				if len(caught[i]) == 0 {
					t.Errorf("no case catches it")
				}
			})
		}
	})
	var table strings.Builder
	fmt.Fprintf(&table,
		"# Faults by case\n\n%d faults, %d cases.\n\n| fault | caught by | cases "+
			"|\n|---|---|---|\n", len(all), len(cases)+len(wrapper))
	for i, f := range all {
		fmt.Fprintf(&table, "| %s | %d | %s |\n", f.name, len(caught[i]),
			strings.Join(caught[i], " "))
	}
	fmt.Fprintf(&table, "\n## Cases that catch none\n\n")
	for _, c := range slices.Concat(cases, wrapper) {
		if c.Long {
			continue
		}
		why, suspect := suspects[c.ID()]
		switch {
		case by[c.ID()] > 0 && suspect:
			t.Errorf("%s is suspect (%s), but catches %d faults", c.ID(), why, by[c.ID()])
		case by[c.ID()] == 0 && !suspect:
			t.Errorf("%s catches no fault: add a realistic one, or a reason to suspects",
				c.ID())
		}
		if by[c.ID()] == 0 {
			fmt.Fprintf(&table, "- %s: %s\n", c.ID(), why)
		}
	}
	if err := os.WriteFile(path, []byte(table.String()), 0o666); err != nil {
		t.Error(err)
	}
}

// TestSuspectsExist: each reason is for an existing case.
func TestSuspectsExist(t *testing.T) {
	for id, why := range suspects {
		if why == "" {
			t.Errorf("suspects has a reason for %s, which doesn't exist", id)
		}
		if !slices.ContainsFunc(conformance.WrapperCases(), func(c conformance.Case) bool {
			return c.ID() == id
		}) {
			caseOf(t, id)
		}
	}
}

// suspects are the cases that catch no fault here, with the reason for keeping them.
var suspects = map[string]string{
	"P1/other-process":        noProcess,
	"L4/other-process":        noProcess,
	"X1/upload-other-process": noProcess,
	"U1/unknown-scheme":       oneOpen,
	"U1/empty-and-paths":      oneOpen,
	"U1/no-secrets":           oneOpen,
	"U1/unknown-parameter":    noOpener,
	"U1/no-values":            noOpener + "; TestURLValueIsQuoted breaks it",
	"U2/prefix":               noOpener,
	"U2/key":                  noOpener,
	"U3/no-request":           noOpener,
	"U3/check":                noOpener,
}

const (
	oneOpen   = "it tests files.Open, which exists once, and whose own tests break it"
	noProcess = "it needs another process, and the broken buckets are in this one's memory; " +
		"TestOtherProcess breaks it on a folder"
	noOpener = "it tests a driver's URL opener, and the broken buckets have no URL; drivers " +
		"that add an opener run it"
)
