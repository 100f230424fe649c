package conformance

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/conformance/internal/cases"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// ReportDir is the environment variable that names the folder into which [Run] writes
// reports.
const ReportDir = "CLOUDFILES_REPORT_DIR"

// reportFormat changes when the meaning of a report's fields changes.
const reportFormat = 1

// Report is the report of a run: JSON for programs, and a certificate for people
// ([Report.WriteMarkdown]).
type Report struct {
	Format int    `json:"format"` // 1
	Name   string `json:"name"`   // of the driver
	Server string `json:"server,omitempty"`
	// Versions has the versions of Go ("go"), of the program's modules by their paths,
	// and those of the harness.
	Versions map[string]string `json:"versions"`
	Platform string            `json:"platform"` // "linux/amd64"
	// Features are those of the buckets that the cases ran on, or nil if there was
	// none.
	Features *files.Features `json:"features"`
	Seed     uint64          `json:"seed"`
	// Short and Pattern say what was left out. Suite is the number of all cases.
	Short   bool   `json:"short,omitempty"`
	Pattern string `json:"pattern,omitempty"`
	Suite   int    `json:"suite"`
	// Interrupted says that the context ended before the last case.
	Interrupted bool          `json:"interrupted,omitempty"`
	Date        time.Time     `json:"date"` // of the start, in UTC
	Took        time.Duration `json:"nanoseconds"`
	// Cases are the cases that ran, in the order of the contract.
	Cases []CaseReport `json:"cases"`
}

// CaseReport is the part of a report about one case.
type CaseReport struct {
	ID      string  `json:"id"` // "P8/race"
	Outcome Outcome `json:"outcome"`
	// Reason says why the case is not applicable, why it is known to fail, why the
	// server is at fault, or which feature is not claimed and was refused.
	Reason string `json:"reason,omitempty"`
	// Missing names the features that the case needs and that the bucket does not
	// claim. Refused names those of them for which the suite has checked that a call is
	// refused.
	Missing []string `json:"missing,omitempty"`
	Refused []string `json:"turned,omitempty"`
	// Racing says that the server's fault, which Reason describes, breaks the case only
	// in some runs. In this run the case may have passed.
	Racing   bool          `json:"racing,omitempty"`
	Failures []string      `json:"failures,omitempty"` // also of known failures
	Took     time.Duration `json:"nanoseconds"`
}

// Rule returns the rule of the case.
func (c CaseReport) Rule() string {
	rule, _, _ := strings.Cut(c.ID, "/")
	return rule
}

// Count returns the number of cases with the outcome.
func (r *Report) Count(o Outcome) (n int) {
	for _, c := range r.Cases {
		if c.Outcome == o {
			n++
		}
	}
	return n
}

// OK reports whether the run was completed and no case failed except those that are
// known to fail.
func (r *Report) OK() bool { return !r.Interrupted && r.Count(Failed) == 0 }

// WriteJSON writes the report as JSON, which ReadReport reads.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// ReadReport reads a report that WriteJSON wrote.
func ReadReport(r io.Reader) (*Report, error) {
	var report Report
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return nil, fmt.Errorf("this is not a conformance report: %w", err)
	}
	if report.Format != reportFormat {
		return nil, fmt.Errorf("the report has the format %d, want %d", report.Format, reportFormat)
	}
	for _, c := range report.Cases {
		if !slices.Contains([]Outcome{Passed, Failed, NotApplicable, KnownFailure, ServerFault},
			c.Outcome) || !strings.Contains(c.ID, "/") {
			return nil, fmt.Errorf("the report has a case %q with the outcome %q", c.ID, c.Outcome)
		}
	}
	return &report, nil
}

// WriteFiles writes the report as name.json and its certificate as name.md into the
// folder, which it makes if it doesn't exist. Characters that can't be part of a file's
// name become hyphens.
func (r *Report) WriteFiles(dir string) error {
	if !filepath.IsAbs(dir) {
		return fmt.Errorf("reports: the folder %q is not absolute, and go test runs each package "+
			"in its own folder", dir)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("reports: %w", err)
	}
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			strings.ContainsRune("._-+", c) {
			return c
		}
		return '-'
	}, cmp.Or(strings.TrimLeft(r.Name, "."), "report"))
	return errors.Join(writeFile(filepath.Join(dir, name+".json"), r.WriteJSON),
		writeFile(filepath.Join(dir, name+".md"), r.WriteMarkdown))
}

// writeFile writes a whole file or none.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return fmt.Errorf("reports: %w", err)
	}
	defer os.Remove(f.Name())
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("reports: %w", err)
	}
	return nil
}

// collector makes a report from results that come in any order.
type collector struct {
	s     *suite.Runner
	start time.Time

	mu    sync.Mutex
	found map[string]CaseReport
}

func collect(s *suite.Runner) *collector {
	return &collector{s: s, start: time.Now(), found: map[string]CaseReport{}}
}

func (c *collector) add(r suite.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := r.Case.ID()
	c.found[id] = CaseReport{
		ID:       id,
		Outcome:  Outcome(r.Outcome),
		Reason:   r.Reason,
		Missing:  r.Missing,
		Refused:  r.Refused,
		Racing:   r.Racing,
		Failures: r.Failures,
		Took:     r.Took,
	}
}

// finish returns the report of the results that were added.
func (c *collector) finish() *Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := &c.s.Harness
	all := cases.All()
	r := &Report{
		Format:   reportFormat,
		Name:     h.Name,
		Server:   h.Server,
		Versions: versionsOf(h.Versions),
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Features: c.s.Claimed(),
		Seed:     h.Seed,
		Suite:    len(all),
		Date:     c.start.UTC().Truncate(time.Second),
		Took:     time.Since(c.start),
		Cases:    []CaseReport{},
	}
	for _, known := range all {
		if found, ok := c.found[known.ID()]; ok {
			r.Cases = append(r.Cases, found)
		}
	}
	return r
}

// versionsOf adds own to the versions of Go and of the program's modules.
func versionsOf(own map[string]string) map[string]string {
	v := map[string]string{"go": runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(slices.Clone(info.Deps), &info.Main) {
			if m.Replace != nil {
				m = m.Replace
			}
			if m.Path != "" && m.Version != "" {
				v[m.Path] = m.Version
			}
		}
	}
	maps.Copy(v, own)
	return v
}

// programName returns the name of the program, or of the package under test.
func programName() string {
	return strings.TrimSuffix(strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"), ".test")
}
