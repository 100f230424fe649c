package conformance_test

import (
	"bytes"
	"context"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestRules: the table of rules is that of the contract in the documentation of package
// files.
func TestRules(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "files", "doc.go"))
	if err != nil {
		t.Fatal(err)
	}
	doc, _, _ = bytes.Cut(doc, []byte("\n// Z. ")) // S3 is a service there
	var contract, table []string
	for _, m := range regexp.MustCompile(
		`(?m)^//   - ([A-Z][0-9]+): |^// ([A-Y])\. (.*)$`).FindAllSubmatch(doc, -1) {
		contract = append(contract, string(m[1])+string(m[3]))
	}
	group := ""
	for _, r := range conformance.Rules() {
		if r.Group != group {
			group = r.Group
			table = append(table, group)
		}
		if table = append(table, r.ID); r.Title == "" {
			t.Errorf("%s has no title", r.ID)
		}
	}
	if !slices.Equal(table, contract) {
		t.Errorf("the table's rules are\n%q, the contract's\n%q", table, contract)
	}
}

func TestEveryRuleHasACase(t *testing.T) {
	count := map[string]int{}
	var rules []string
	for _, r := range conformance.Rules() {
		rules = append(rules, r.ID)
	}
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	for _, c := range conformance.Cases() {
		count[c.Rule]++
		if !slices.Contains(rules, c.Rule) {
			t.Errorf("%s: there is no such rule", c.ID())
		}
		if !name.MatchString(c.Name) || c.Why == "" || c.Run == nil {
			t.Errorf("%s: a case needs a plain name, a reason and something to run", c.ID())
		}
	}
	for _, r := range rules {
		if count[r] == 0 {
			t.Errorf("rule %s has no case", r)
		}
	}
	if n := len(conformance.Cases()); n < 200 {
		t.Errorf("the suite has %d cases, want at least 200", n)
	}
}

// TestGuideRunsEveryRule: the commands in the package documentation, by which the author
// of a driver goes through the suite, together run the cases of every rule.
func TestGuideRunsEveryRule(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var guide []*regexp.Regexp
	for _, m := range regexp.MustCompile(
		`go test -run 'TestConformance/(\^\(.*\)\$)'`).FindAllSubmatch(doc, -1) {
		guide = append(guide, regexp.MustCompile(string(m[1])))
	}
	for _, r := range conformance.Rules() {
		if !slices.ContainsFunc(guide, func(g *regexp.Regexp) bool { return g.MatchString(r.ID) }) {
			t.Errorf("no command in the guide to writing a driver runs the cases of %s", r.ID)
		}
	}
}

func caseOf(t *testing.T, id string) conformance.Case {
	for _, c := range conformance.Cases() {
		if c.ID() == id {
			return c
		}
	}
	t.Fatalf("there is no case %s", id)
	return conformance.Case{}
}

// endless lists the same entry for ever.
type endless struct{ files.Bucket }

func (e endless) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		found := false
		for entry, err := range e.Bucket.List(ctx, dir, opts) {
			found = true
			if !yield(entry, err) {
				return
			}
		}
		for found && ctx.Err() == nil && yield(files.Entry{Name: "again"}, nil) {
		}
	}
}

// hanging never returns from Stat.
type hanging struct{ files.Bucket }

func (hanging) Stat(context.Context, string, *files.StatOptions) (files.Info, error) { select {} }

// closing calls do when it is closed.
type closing struct {
	files.Bucket
	do func()
}

func (c closing) Close() error { c.do(); return c.Bucket.Close() }

// repeatPage begins again at the end of a page, like a driver whose token repeats.
func repeatPage(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		var all []files.Entry
		for e := range m.List(context.Background(), req) {
			all = append(all, e)
		}
		page := all
		if req.PageSize > 0 && len(all) > req.PageSize {
			page = all[:req.PageSize]
		}
		for again := true; again; again = len(page) < len(all) {
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// TestHangingBucket: a bucket that hangs in every case doesn't take the limit
// of each.
func TestHangingBucket(t *testing.T) {
	h := conformance.Harness{
		New:   func(conformance.T) files.Bucket { return hanging{driver.New(newMap())} },
		Limit: 100 * time.Millisecond,
	}
	r, err := conformance.Check(t.Context(), h, &conformance.CheckOptions{Parallel: 4})
	if err != nil {
		t.Fatal(err)
	}
	hung, left := 0, 0
	for _, c := range r.Cases {
		for _, f := range c.Failures {
			if strings.Contains(f, "did not end within 100ms") {
				hung++
			}
			if strings.Contains(f, "was not run") {
				left++
			}
		}
	}
	if hung < 8 || hung > 12 || left < 100 {
		t.Errorf("%d cases hung and %d were not run, want 8 (and those that ran at the same "+
			"time) and "+
			"the rest", hung, left)
	}
}

// TestWrongHarness: a wrong harness is reported in time.
func TestWrongHarness(t *testing.T) {
	sound := func() files.Bucket { return driver.New(newMap()) }
	for _, c := range []struct {
		what, id, says string
		new            func(conformance.T) files.Bucket
	}{
		{"no New", "S1/is-get", "New and Store are nil", nil},
		{"New returns nil", "S1/is-get", "New returned nil", func(conformance.T) files.Bucket {
			return nil
		}},
		{"New panics", "S1/is-get", "panic: often", func(conformance.T) files.Bucket {
			panic("often")
		}},
		{"New gives up", "S1/is-get", "no store today", func(t conformance.T) files.Bucket {
			t.Fatalf("no store today")
			return nil
		}},
		{"a bucket that isn't empty", "S1/is-get", "isn't empty", func(conformance.T) files.Bucket {
			m := newMap()
			m.plant("mine.txt")
			return driver.New(m)
		}},
		{"a closed bucket", "S1/is-get", "can't be listed", func(conformance.T) files.Bucket {
			b := sound()
			b.Close()
			return b
		}},
		{"a listing without end", "L1/below-dir", "goes on", func(conformance.T) files.Bucket {
			return endless{sound()}
		}},
		{"a listing without end, by hand", "L2/once", "goes on", func(conformance.T) files.Bucket {
			return endless{sound()}
		}},
		{
			"a listing without end, in a helper",
			"X1/everything-at-once",
			"did not end within",
			func(conformance.T) files.Bucket {
				return endless{sound()}
			},
		},
		{
			"a page that repeats for ever",
			"L3/page-sizes",
			"goes on",
			func(conformance.T) files.Bucket {
				return driver.New(&faulty{
					mapBackend: newMap(),
					list:       repeatPage,
				})
			},
		},
		{
			"a bucket that hangs",
			"S1/is-get",
			"did not end within",
			func(conformance.T) files.Bucket {
				return hanging{sound()}
			},
		},
		{"New hangs", "S1/is-get", "did not end within", func(conformance.T) files.Bucket {
			select {}
		}},
		{"Close hangs", "S1/is-get", "did not end within", func(conformance.T) files.Bucket {
			return closing{sound(), func() { select {} }}
		}},
		{"Close panics", "S1/is-get", "panic: shut", func(conformance.T) files.Bucket {
			return closing{sound(), func() { panic("shut") }}
		}},
		{"a clean-up hangs", "S1/is-get", "did not end within", func(t conformance.T) files.Bucket {
			t.Cleanup(func() { select {} })
			return sound()
		}},
		{"a clean-up panics", "S1/is-get", "panic: untidy", func(t conformance.T) files.Bucket {
			t.Cleanup(func() { panic("untidy") })
			return sound()
		}},
		{
			"a clean-up gives up, and the next follows",
			"S1/is-get",
			"the next",
			func(t conformance.T) files.Bucket {
				t.Cleanup(func() { t.Errorf("the next") })
				t.Cleanup(func() { t.Fatalf("it gives up") })
				return sound()
			},
		},
		{
			"a panic beside the case",
			"X1/distinct-names",
			"panic: often",
			func(conformance.T) files.Bucket {
				return driver.New(&faulty{
					mapBackend: newMap(),
					put: func(context.Context, *driver.PutRequest,
						*mapBackend) (files.Info, error) {
						panic("often")
					},
				})
			},
		},
		{
			"a panic behind the case's back",
			"L4/stable-once",
			"panic: often",
			func(conformance.T) files.Bucket {
				return driver.New(&faulty{
					mapBackend: newMap(),
					del: func(driver.Key, files.Version, *mapBackend) error {
						panic("often")
					},
				})
			},
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			limit := time.Minute // what ends by itself may take longer on a loaded machine
			if c.says == "did not end within" {
				limit = time.Second
			}
			r := conformance.RunCase(t.Context(), conformance.Harness{
				New:   c.new,
				Limit: limit,
			}, caseOf(t, c.id))
			if text := r.Text(); r.Outcome != conformance.Failed || !strings.Contains(text,
				c.says) {
				t.Errorf("%s: %s, want %q in it", r.Outcome, text, c.says)
			}
		})
	}
}

// TestUserFilesStay: the suite doesn't change files that it finds.
func TestUserFilesStay(t *testing.T) {
	m := newMap()
	m.plant("mine.txt")
	h := conformance.Harness{New: func(conformance.T) files.Bucket { return driver.New(m) }}
	for _, c := range conformance.Cases() {
		if r := conformance.RunCase(t.Context(), h,
			c); r.Outcome != conformance.Failed || len(r.Failures) != 1 {
			t.Errorf("%s on a bucket with files in it: %s, want one failure", c.ID(), r.Outcome)
		}
	}
	if len(m.files) != 1 {
		t.Errorf("the bucket has %d files, want the user's own", len(m.files))
	}
}

// TestOutcomes holds the outcome of a case that the harness can't run, and of one whose
// feature isn't claimed.
func TestOutcomes(t *testing.T) {
	h := conformance.Harness{New: func(conformance.T) files.Bucket {
		return driver.New(&faulty{
			mapBackend: newMap(),
			features:   func(f *files.Features) { f.IfAbsent, f.Durable = false, false },
		})
	}}
	for id, want := range map[string]conformance.Outcome{
		"P8/race":     conformance.Passed,
		"P4/reopened": conformance.NotApplicable,
		"N5/link":     conformance.NotApplicable,
		"S1/is-get":   conformance.Passed,
	} {
		r := conformance.RunCase(t.Context(), h, caseOf(t, id))
		if r.Outcome != want {
			t.Errorf("%s: %s, %v, want it %s", id, r.Outcome, r.Failures, want)
		}
		if refused := slices.Contains(r.Refused, "IfAbsent"); refused != (id == "P8/race") {
			t.Errorf("%s: Refused is %v", id, r.Refused)
		}
		if want == conformance.NotApplicable && r.Reason == "" {
			t.Errorf("%s: no reason is given", id)
		}
	}
}
