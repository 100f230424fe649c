//go:build unix

package local

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/fsys"
)

// history has the operations on one name since the round began, in the order of the
// reports.
type history struct {
	ops []*attempt
}

// attempt is one operation. end is 0 if it wasn't acknowledged.
type attempt struct {
	report
	start, end int
}

// possible reports whether the result of the operation may be the last state: no other
// acknowledged operation began after it had ended.
func (h *history) possible(a *attempt) bool {
	for _, b := range h.ops {
		if a.end > 0 && b.end > 0 && b.Op != "none" && b.start > a.end {
			return false
		}
	}
	return a.Op != "none"
}

// acknowledged reports whether any operation was acknowledged. Then the state before
// the round is gone.
func (h *history) acknowledged() bool {
	for _, a := range h.ops {
		if a.end > 0 && a.Op != "none" {
			return true
		}
	}
	return false
}

// puts has all files that were ever attempted, by their number.
type puts map[int]proofFile

// madeBy returns the put that the content is from. A copy may be of any put, through
// other copies.
func (p puts) madeBy(s seenFile) (proofFile, error) {
	_, rest, _ := strings.Cut(s.content, " put ")
	var seq int
	if _, err := fmt.Sscanf(rest, "%d kind", &seq); err != nil {
		return proofFile{}, err
	}
	f, ok := p[seq]
	if !ok {
		return proofFile{}, fmt.Errorf("the content is of put %d, which was never attempted", seq)
	}
	return f, s.is(f)
}

// A process with eight goroutines is killed at a random moment, again and again on the
// same folder. Every acknowledged put that no later operation touched is whole, with
// its own metadata (P1, P2).
func TestKillAtRandom(t *testing.T) {
	kills := longtest.N(t, 40, 200)
	if testing.Short() {
		kills = 20
	}
	const seed = 5
	rng := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	before := map[string]*proofFile{}
	ever := puts{}
	acked := 0
	for k := range kills {
		task := childTask{
			Job:    "load",
			Dir:    dir,
			N:      (k + 1) * 1_000_000,
			Seed:   rng.Uint64(),
			NoSync: k%4 != 0,
		} // syncing is slow, and a kill doesn't need it
		lines := loadAndKill(t, task, 1+rng.IntN(250))
		h := histories(lines, ever)
		for _, l := range lines {
			if l.Done {
				acked++
			}
		}
		b, err := openOver(dir, noSync, fsys.OS())
		if err != nil {
			t.Fatal(err)
		}
		seen, err := seeAll(t.Context(), b)
		if err != nil {
			t.Fatalf("kill %d: %v", k, err)
		}
		for i := range loadNames {
			name := loadName(i)
			got, err := explain(name, seen, h[name], before[name], ever)
			if err != nil {
				t.Fatalf("kill %d: %.60q: %v", k, name, err)
			}
			before[name] = got
			delete(seen, name)
		}
		if len(seen) != 0 {
			t.Fatalf("kill %d: files that were never put: %v", k, seen)
		}
		now := state{}
		for name, f := range before {
			if f != nil {
				now[name] = *f
			}
		}
		if k%10 == 9 {
			if _, err := perform(t.Context(), b, now,
				[]step{stepPut("after", k, 1), stepDelete("after")}); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %d operations acknowledged", kills, acked)
	if acked < kills {
		t.Errorf("%d operations were acknowledged in %d rounds, too few", acked, kills)
	}
}

// loadAndKill starts the load and kills it after the given number of reports. It
// returns all reports that were written.
func loadAndKill(t *testing.T, task childTask, after int) (lines []report) {
	t.Helper()
	c := child(t.Context(), task)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for in := bufio.NewReader(out); ; {
		line, err := in.ReadBytes('\n')
		if err != nil { // the end; a line that was cut doesn't count
			break
		}
		var r report
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if lines = append(lines, r); len(lines) == after {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := wasKilled(c.Wait()); err != nil {
		t.Fatal(err)
	}
	return lines
}

// histories sorts the reports by name and pairs them.
func histories(lines []report, ever puts) map[string]*history {
	all := map[string]*history{}
	open := map[int]*attempt{}
	for i, r := range lines {
		if r.Done {
			a := open[r.ID]
			a.end, a.Op = i+1, r.Op
			continue
		}
		a := &attempt{report: r, start: i + 1}
		open[r.ID] = a
		if all[r.Name] == nil {
			all[r.Name] = &history{}
		}
		all[r.Name].ops = append(all[r.Name].ops, a)
		if r.Op == "put" {
			ever[r.File.Seq] = r.File
		}
	}
	return all
}

// explain finds the operation, or the state before, that explains what was seen.
func explain(name string, seen map[string]seenFile, h *history, before *proofFile,
	ever puts) (*proofFile, error) {
	if h == nil {
		h = &history{}
	}
	got, there := seen[name]
	if !h.acknowledged() && (before != nil) == there && (!there || got.is(*before) == nil) {
		return before, nil
	}
	var tried []string
	for _, a := range h.ops {
		if !h.possible(a) {
			continue
		}
		tried = append(tried, fmt.Sprintf("%s %.20s %d", a.Op, a.Src, a.File.Seq))
		switch {
		case a.Op == "delete" && !there:
			return nil, nil
		case a.Op == "put" && there && got.is(a.File) == nil:
			return &a.File, nil
		case a.Op == "copy" && there:
			f, err := ever.madeBy(got)
			if err == nil {
				return &f, nil
			}
			tried = append(tried, err.Error())
		}
	}
	if !there {
		return nil, fmt.Errorf("the file is missing; before: %v; possible: %q", before,
			tried)
	}
	return nil, fmt.Errorf("the file is %.80q… of %d bytes, %+v; before: %v; possible: %q",
		got.content,
		len(got.content), got.info.Attributes, before, tried)
}
