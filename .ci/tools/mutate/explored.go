package main

import (
	"crypto/sha256"
	"encoding/gob"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// An explored folder keeps what tests reach from one run of the command to the next. To
// learn it takes as long as to run all tests, and often longer than to try the mutants
// of a file. What was kept for other code of the mutated packages isn't used. A test
// that was changed must be explored again: its file is removed, or another folder given.
type explored struct {
	folder string // "" keeps nothing
	code   string // the digest of the mutated packages
}

// trace is what is kept of a unit.
type trace struct {
	Took, Used time.Duration
	Leaves     []string
	Marks      []byte
}

func newExplored(folder string, targets []*target) *explored {
	h := sha256.New()
	for _, t := range targets {
		for _, s := range t.sources {
			fmt.Fprintf(h, "%s %d\n%s", s.path, len(s.src), s.src)
		}
		for _, m := range t.mutants {
			fmt.Fprintln(h, m.id, m.key())
		}
	}
	return &explored{folder, fmt.Sprintf("%x", h.Sum(nil))}
}

func (e *explored) path(u *unit) string {
	name := sha256.Sum256(fmt.Appendln(nil, e.code, u.folder, u.name, u.short))
	return filepath.Join(e.folder, fmt.Sprintf("%x.explored", name[:12]))
}

// recall fills in what is known of the unit, and reports whether anything is.
func (e *explored) recall(u *unit) bool {
	if e.folder == "" {
		return false
	}
	f, err := os.Open(e.path(u))
	if err != nil {
		return false
	}
	defer f.Close()
	var t trace
	if err := gob.NewDecoder(f).Decode(&t); err != nil {
		return false
	}
	u.took, u.used, u.leaves, u.marks = t.Took, t.Used, t.Leaves, t.Marks
	return true
}

// keep keeps what the unit reaches.
func (e *explored) keep(u *unit) error {
	if e.folder == "" {
		return nil
	}
	if err := os.MkdirAll(e.folder, 0o777); err != nil {
		return err
	}
	f, err := os.Create(e.path(u))
	if err != nil {
		return err
	}
	defer f.Close()
	return gob.NewEncoder(f).Encode(trace{
		Took:   u.took,
		Used:   u.used,
		Leaves: u.leaves,
		Marks:  u.marks,
	})
}
