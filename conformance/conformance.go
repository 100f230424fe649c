// Package conformance holds any files.Bucket to the contract of package files. The author of a driver runs one function:
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, conformance.Harness{
//			New: func(t conformance.T) files.Bucket { return mydriver.New(t.TempDir()) },
//		})
//	}
//
// Each case is a subtest named <rule>/<case>, such as P8/race; cases run in parallel, each in a bucket of its own. A failure says which
// rule it is, what was expected and what came, and why that matters to an application. A feature that
// the bucket does not claim turns its cases round: the call must answer files.ErrUnsupported and change nothing.
//
// The cases need no *testing.T but the small [T], so that a command can run them too, by [RunCase].
package conformance

import (
	"context"
	"slices"
	"testing"
	"time"

	"cloudfiles.dev/files"
)

// T is what a case needs of a test; *testing.T has it. Errorf and Logf may be called from any goroutine, Fatalf and Skipf, which
// end the case, only from the one that runs it.
type T interface {
	Helper()
	// Context ends when the case is over, before what was given to Cleanup runs.
	Context() context.Context
	Cleanup(func())
	// TempDir returns a new folder that is removed after the case.
	TempDir() string
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Harness says how the suite gets at the driver. Only New is needed; cases that need
// another function are not applicable without it.
type Harness struct {
	// New makes an empty bucket in a store of its own. The suite closes it.
	New func(t T) files.Bucket
	// Second opens another handle on the store of a bucket that New made, as a second process would. The suite closes it.
	Second func(t T, b files.Bucket) files.Bucket
	// Damage changes one of the stored bytes of the file's content, behind the bucket's back, without changing its size.
	Damage func(t T, b files.Bucket, name string)
	// Cut makes the connection of every body that is opened from now on break after n bytes; below 0, none.
	Cut func(t T, b files.Bucket, n int64)
	// Leftovers counts what the driver holds beside the files: temporaries, unfinished uploads.
	Leftovers func(t T, b files.Bucket) int
	// Vanish takes the whole store away from beneath the bucket: the folder is removed, the bucket deleted.
	Vanish func(t T, b files.Bucket)
	// Foreign puts an object under each of ForeignKeys, which the naming rule doesn't have, behind the bucket's back.
	Foreign     func(t T, b files.Bucket, key, content string)
	ForeignKeys []string
	// Send sends a signed request of the bucket and returns the answer's HTTP status and content.
	Send func(t T, b files.Bucket, s files.SignedURL, content []byte) (status int, answer []byte)
	// Link puts, at the name, something that is no file: a symbolic link to one outside the store.
	Link func(t T, b files.Bucket, name string)
	// URL returns a URL of an empty bucket in a store of its own.
	URL func(t T) string
	// Secrets are texts that no error may show: the physical path, the prefix.
	Secrets func(b files.Bucket) []string
	// Limit ends a case that hangs; 0 is a minute.
	Limit time.Duration
	// Known says which cases fail, by their IDs, and why: what the store can't do and Features don't tell. Such a case must
	// fail: one that passes is an error, so that the list stays true.
	Known map[string]string
}

// Case is one behaviour.
type Case struct {
	Rule string // of the contract: "P8"
	Name string // in the rule: "race"
	Why  string // what an application loses where it doesn't hold
	// Needs are the abilities that the bucket must claim; the case is turned round otherwise.
	Needs []*Ability
	// Long is left out under go test -short.
	Long bool
	Run  func(t T, h *H)
}

// ID is the case's name in reports and subtests.
func (c *Case) ID() string { return c.Rule + "/" + c.Name }

// H is what a case works with: a bucket that is empty and its own.
type H struct {
	files.Bucket
	F       files.Features
	harness *Harness
}

// Another returns an empty bucket of another store.
func (h *H) Another(t T) files.Bucket {
	t.Helper()
	b := h.harness.New(t)
	t.Cleanup(func() { b.Close() })
	return b
}

// Second returns another handle on the bucket's store.
func (h *H) Second(t T) files.Bucket {
	t.Helper()
	if h.harness.Second == nil {
		t.Skipf("the harness has no second handle")
	}
	b := h.harness.Second(t, h.Bucket)
	t.Cleanup(func() { b.Close() })
	return b
}

// Clean fails where the driver left temporaries or uploads behind.
func (h *H) Clean(t T, after string) {
	t.Helper()
	if h.harness.Leftovers == nil {
		return
	}
	if n := h.harness.Leftovers(t, h.Bucket); n != 0 {
		t.Errorf("%d temporaries or uploads are left after %s, want none", n, after)
	}
}

// Cases returns the table, in the order of the contract.
func Cases() []Case {
	return slices.Concat(nameCases, nameTwinCases, versionCases, putAtomicCases, putOverCases, putFailureCases, putContentCases, putSourceCases, attributeCases, conditionCases, digestCases,
		getCases, rangeCases, damageCases, readerCases, readerEndCases, statCases, listCases, listPageCases, listEntryCases, helperCases, listConcurrentCases, deleteCases, copyCases, moveCases,
		errorCases, nativeCases, concurrencyCases, cancelCases, closeCases, signCases, urlCases)
}

// Run runs every case as a parallel subtest; under -short it leaves out the long ones.
func Run(t *testing.T, h Harness) {
	all := Cases()
	for id := range h.Known {
		if !slices.ContainsFunc(all, func(c Case) bool { return c.ID() == id }) {
			t.Errorf("the harness is wrong: there is no case %s to be known", id)
		}
	}
	for _, c := range all {
		t.Run(c.ID(), func(t *testing.T) {
			if c.Long && testing.Short() {
				t.Skip("long")
			}
			t.Parallel()
			r := RunCase(t.Context(), h, c)
			for _, line := range r.Log {
				t.Log(line)
			}
			why, known := h.Known[c.ID()]
			switch {
			case known && r.Outcome == Failed:
				t.Skipf("known: %s\n%s", why, r.Text())
			case known:
				t.Errorf("%s is known to fail (%s), but it %s", c.ID(), why, r.Outcome)
			case r.Outcome == Failed:
				t.Errorf("%s", r.Text())
			case r.Outcome == NotApplicable:
				t.Skip(r.Reason)
			}
		})
	}
}
