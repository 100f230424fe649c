package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// someReport returns the report of a bucket that has every outcome.
func someReport(t *testing.T, opts conformance.CheckOptions) *conformance.Report {
	t.Helper()
	r, err := conformance.Check(t.Context(), conformance.Harness{
		New: func(conformance.T) files.Bucket {
			return driver.New(&faulty{mapBackend: newMap(),
				del:      func(driver.Key, files.Version, *mapBackend) error { return nil },
				features: func(f *files.Features) { f.IfAbsent, f.Durable = false, false }})
		},
		Known:        map[string]string{"D1/only-that": "it deletes | nothing"},
		ServerFaults: map[string]string{"D1/keeps-files-below": "issue 17"},
		Unclaimed:    map[string]string{"IfAbsent": "it would be stat, then write"},
		Name:         "half a map",
		Server:       "mapd 1.0",
		Versions:     map[string]string{"mapsdk": "v3"},
		Seed:         42,
	}, &opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReport(t *testing.T) {
	r := someReport(t, conformance.CheckOptions{Pattern: "^(D1|P4|P8|S1)/", Parallel: 3})
	got := map[string]conformance.CaseReport{}
	for _, c := range r.Cases {
		got[c.ID] = c
	}
	for id, want := range map[string]conformance.Outcome{
		"D1/only-that":         conformance.KnownFailure,
		"D1/keeps-files-below": conformance.ServerFault,
		"D1/recreate":          conformance.Failed,
		"P4/reopened":          conformance.NotApplicable,
		"P8/race":              conformance.Passed,
		"S1/is-get":            conformance.Passed,
	} {
		if got[id].Outcome != want {
			t.Errorf("%s: %+v, want %s", id, got[id], want)
		}
	}
	if c := got["P8/race"]; !slices.Equal(c.Refused,
		[]string{"IfAbsent"}) ||
		c.Reason != "the bucket does not claim IfAbsent: it would be stat, then write" {
		t.Errorf("a case whose feature is refused: %+v", c)
	}
	if c := got["D1/keeps-files-below"]; c.Reason != "issue 17" || len(c.Failures) == 0 {
		t.Errorf("a server's fault: %+v", c)
	}
	if r.OK() || r.Count(conformance.ServerFault) != 1 || r.Seed != 42 || r.Server != "mapd 1.0" ||
		r.Versions["mapsdk"] != "v3" || r.Versions["go"] == "" || r.Features == nil ||
		r.Features.IfAbsent {
		t.Errorf("the report is %+v", r)
	}
	if now := time.Now(); r.Date.After(now) || now.Sub(r.Date) > time.Hour ||
		r.Date.Location() != time.UTC {
		t.Errorf("the date is %v", r.Date)
	}
	var order []string
	for _, c := range conformance.Cases() {
		if _, ok := got[c.ID()]; ok {
			order = append(order, c.ID())
		}
	}
	for i, c := range r.Cases {
		if c.ID != order[i] {
			t.Fatalf("case %d is %s, want the order of the contract: %s", i, c.ID, order[i])
		}
	}
	if again := someReport(t, conformance.CheckOptions{
		Pattern:  "^(D1|P4|P8|S1)/",
		Parallel: 1,
	}); !reflect.DeepEqual(outcomes(again), outcomes(r)) {
		t.Errorf("a second run reports\n%v, want\n%v", outcomes(again), outcomes(r))
	}
	failed := someReport(t, conformance.CheckOptions{Pattern: "^S1/is-get$"})
	if !failed.OK() || failed.Pattern != "^S1/is-get$" || failed.Suite != len(conformance.Cases()) {
		t.Errorf("a run of one case reports %+v", failed)
	}
}

func outcomes(r *conformance.Report) (all []string) {
	for _, c := range r.Cases {
		all = append(all, c.ID+" "+string(c.Outcome)+" "+c.Reason)
	}
	return all
}

func TestReportJSON(t *testing.T) {
	r := someReport(t, conformance.CheckOptions{Pattern: "^(D1|P4|P8)/"})
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	back, err := conformance.ReadReport(bytes.NewReader(b.Bytes()))
	if err != nil || !reflect.DeepEqual(back, r) {
		t.Errorf("read back: %+v, %v, want %+v", back, err, r)
	}
	var plain map[string]any
	if err := json.Unmarshal(b.Bytes(),
		&plain); err != nil || plain["name"] != "half a map" || plain["seed"] != 42.0 {
		t.Errorf("as JSON: %v, %v", plain, err)
	}
	for what, text := range map[string]string{
		"no JSON":            "# Conformance",
		"another's JSON":     "{}",
		"another format":     `{"format": 9}`,
		"an unknown outcome": `{"format": 1, "cases": [{"id": "P1/a", "outcome": "great"}]}`,
		"no rule":            `{"format": 1, "cases": [{"id": "P1", "outcome": "passed"}]}`,
		"half of it":         b.String()[:b.Len()/2],
	} {
		if r, err := conformance.ReadReport(strings.NewReader(text)); err == nil {
			t.Errorf("ReadReport of %s: %+v, want an error", what, r)
		}
	}
}

func TestCertificate(t *testing.T) {
	var b bytes.Buffer
	if err := someReport(t,
		conformance.CheckOptions{Pattern: "^(D1|P4|P8)/"}).WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		"# Conformance of half a map\n",
		"**breaks the contract**",
		"| server | mapd 1.0 |",
		"| seed | 42 |",
		"\n## Failed\n",
		"- D1/recreate\n\n      ",
		"- D1/only-that: it deletes | nothing\n",
		"\n## The server's faults\n",
		"- D1/keeps-files-below: issue 17\n",
		"\n## Not applicable\n",
		"- P4/reopened: the bucket does not claim Durable\n",
		"\n## Refused\n",
		"- IfAbsent: P8/",
		"\n## Passed\n",
		"\n- P8: ",
		"- mapsdk v3\n",
		"of the suite's",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the certificate has not %q:\n%s", want, text)
		}
	}
	b.Reset()
	if err := someReport(t, conformance.CheckOptions{
		Pattern: "^S1/(is-get|directory|every-field|exists)$", // it deletes nothing
		Short:   true,
	}).WriteMarkdown(&b); err != nil || !strings.Contains(b.String(),
		"It keeps the contract: ") || strings.Contains(b.String(), "## Failed") {
		t.Errorf("%v; the certificate of a run without a failure:\n%s", err, b.String())
	}
}

// TestReportFiles: Run writes files if ReportDir is set.
func TestReportFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "anew")
	t.Setenv(conformance.ReportDir, dir)
	// without the cases of large files, which take most of the time
	h := broken{faulty: limited(func(f *files.Features) { f.MaxSize = 512 << 10 })}.harness()
	h.Name, h.Seed = "a map/of ours", 7
	t.Run("run", func(t *testing.T) { conformance.Run(t, h) })
	h.Name = ""
	t.Run("run", func(t *testing.T) { conformance.Run(t, h) })
	for name, title := range map[string]string{
		"a-map-of-ours":                      "a map/of ours",
		"conformance.TestReportFiles-run-01": "conformance.TestReportFiles/run#01",
	} {
		f, err := os.Open(filepath.Join(dir, name+".json"))
		if err != nil {
			t.Error(err)
			continue
		}
		defer f.Close()
		r, err := conformance.ReadReport(f)
		if err != nil || r.Name != title || r.Seed != 7 || r.Suite != len(conformance.Cases()) ||
			len(r.Cases) < 200 || !r.OK() || r.Short != testing.Short() {
			t.Errorf("the report %s: %v, %+v, want every case and no failure", name, err, r)
		}
		if c, err := os.ReadFile(filepath.Join(dir,
			name+".md")); err != nil || !strings.HasPrefix(string(c), "# Conformance of "+title) {
			t.Errorf("the certificate %s: %v, it begins %.50q", name, err, c)
		}
	}
	if all, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(all) != 4 {
		t.Errorf("the folder has the files %q, %v", all, err)
	}
	if err := (&conformance.Report{Name: "x"}).WriteFiles("reports"); err == nil ||
		!strings.Contains(err.Error(), "absolute") {
		t.Errorf("WriteFiles into a folder that depends on the package: %v", err)
	}
}

func TestCheckOptions(t *testing.T) {
	h := mapHarness()
	for pattern, says := range map[string]string{"[": "pattern", "^P99/": "no case matches"} {
		if r, err := conformance.Check(t.Context(), h,
			&conformance.CheckOptions{Pattern: pattern}); err == nil || r != nil ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("pattern %q: %v, want an error with %q", pattern, err, says)
		}
	}
	var seen []int
	r, err := conformance.Check(t.Context(), h, &conformance.CheckOptions{
		Pattern:  "^G3/",
		Parallel: 4,
		Progress: func(done, total int, r conformance.Result) {
			seen = append(seen, done)
			if r.Case.Rule != "G3" || total < 3 {
				t.Errorf("progress %d of %d: %+v", done, total, r)
			}
		},
	})
	if err != nil || len(seen) != len(r.Cases) || !slices.IsSorted(seen) ||
		seen[len(seen)-1] != len(seen) {
		t.Errorf("progress %v, %v", seen, err)
	}
	long, _ := conformance.Check(t.Context(), h,
		&conformance.CheckOptions{Pattern: "^(X1|L8|P11)/"})
	short, _ := conformance.Check(t.Context(), h, &conformance.CheckOptions{
		Pattern: "^(X1|L8|P11)/",
		Short:   true,
	})
	// Without P11/large, P11/hundred-mebibytes and L8/large-folder.
	if len(short.Cases) != len(long.Cases)-3 || !short.Short {
		t.Errorf("short: %d cases of %d", len(short.Cases), len(long.Cases))
	}
	t.Setenv("CLOUDFILES_SEED", "99")
	if r, err := conformance.Check(t.Context(), h,
		&conformance.CheckOptions{Pattern: "^S1/is-get$"}); err != nil || r.Seed != 99 {
		t.Errorf("seed %d, %v, want the environment's", r.Seed, err)
	}
	t.Setenv("CLOUDFILES_SEED", "much")
	if _, err := conformance.Check(t.Context(), h,
		nil); err == nil || !strings.Contains(err.Error(), "CLOUDFILES_SEED") {
		t.Errorf("Check with a seed that is no number: %v", err)
	}
}

// TestCheckCancelled: a cancelled run ends soon, cleans up, and reports no
// failure: neither of the cases in progress nor of those that hang.
func TestCheckCancelled(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		m := newMap()
		m.plant("mine.txt")
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("the user has had enough")
		h := conformance.Harness{Limit: time.Hour, Store: func(conformance.T) files.Bucket {
			b := driver.New(m)
			if !hangs {
				return b
			}
			return files.Wrap(b, files.Hooks{
				Around: func(ctx context.Context, c *files.Call,
					next func(context.Context) error) error {
					if c.Op == files.OpStat {
						cancel(why)
						<-make(chan int)
					}
					return next(ctx)
				},
			})
		}}
		opts := &conformance.CheckOptions{
			Pattern:  "^(G1|S1)/",
			Parallel: 2,
			Progress: func(done, _ int, _ conformance.Result) {
				if done == 2 && !hangs {
					cancel(why)
				}
			},
		}
		r, err := conformance.Check(ctx, h, opts)
		if !errors.Is(err, why) || r == nil || !r.Interrupted || r.OK() {
			t.Fatalf("Check that was cancelled: %v, %+v", err, r)
		}
		if r.Count(conformance.Failed) > 0 {
			t.Errorf("cases failed because of the cancellation: %+v", r.Cases)
		}
		m.mu.Lock()
		if len(m.files) != 1 {
			t.Errorf("%d files are left, want the user's own", len(m.files))
		}
		m.mu.Unlock()
	}
}
