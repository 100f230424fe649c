package driver

import (
	"fmt"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/files"
)

// TestPlanChooses: the first section is divided that has become longer than four pages,
// or else the last one.
func TestPlanChooses(t *testing.T) {
	grow := func(s *section, from, to int) {
		for i := from; i < to; i++ {
			s.note(files.Entry{Name: fmt.Sprintf("f0111-%03d", i)}, 1)
			s.n++
		}
	}
	begun := func() *division {
		d := planOf(t, &planned{names: numbered(1000, func(i int) string {
			return fmt.Sprintf("f%04d", i)
		})}, "", 48)
		if got := divided(d, 9); got != "f0111 f0175" || d.extra != 2 {
			t.Fatalf("divided at %s, %d extra", got, d.extra)
		}
		for i, want := range []string{"f0111", "f0175"} {
			if end := d.sections[i].end.Load(); end == nil || *end != want {
				t.Errorf("section %d ends at %v, want %s", i, end, want)
			}
		}
		return d
	}
	d := begun()
	s := d.sections[1]
	if grow(s, 0, 63); d.divideNearest() {
		t.Errorf("63 names: divided at %s", divided(d, 0))
	}
	grow(s, 63, 64)
	d.sections[0].state = sectionDone
	if !d.divideNearest() || divided(d, 0) != "f0111 f0111-127 f0175" || d.extra != 3 ||
		*s.end.Load() != "f0111-127" || *d.sections[2].end.Load() != "f0175" {
		t.Errorf("64 names: %s, %d extra; want one at f0111-127", divided(d, 0), d.extra)
	}
	if grow(s, 64, 127); d.divideNearest() { // it was divided at 64
		t.Errorf("63 names more: divided at %s", divided(d, 0))
	}

	for what, change := range map[string]func(d *division, s *section){
		"done":             func(_ *division, s *section) { s.state = sectionDone },
		"ends before":      func(_ *division, s *section) { end := "f0111-127"; s.end.Store(&end) },
		"no room":          func(d *division, _ *section) { d.window = 1 },
		"not since it was": func(_ *division, s *section) { s.stuck = s.n + 1 },
	} {
		d := begun()
		s := d.sections[1]
		grow(s, 0, 64)
		if change(d, s); d.divideNearest() {
			t.Errorf("%s: divided at %s", what, divided(d, 0))
		}
	}
	d = planOf(t, &planned{names: numbered(99, func(i int) string {
		return fmt.Sprintf("f%04d", i)
	})}, "", 48)
	if d.window = 1; d.divideNearest() {
		t.Errorf("no room for a second section: divided at %s", divided(d, 0))
	}

	d = begun()
	s = d.sections[1]
	grow(s, 0, 64)
	end := "f0111-128"
	s.end.Store(&end)
	if !d.divideNearest() || divided(d, 0) != "f0111 f0111-127 f0175" {
		t.Errorf("a name before the end: %s", divided(d, 0))
	}
}

// TestHasRoom: the first section goes on if none of its pages waits, the first three as
// long as there is any room, and others if there is more than all connections need.
func TestHasRoom(t *testing.T) {
	for _, c := range []struct {
		i, window, waiting, running int
		pages                       int // of the first section
		want                        bool
	}{
		{0, 9, 9, 3, 0, true},
		{0, 9, 9, 3, 1, false},
		{0, 9, 6, 3, 1, false},
		{0, 9, 5, 3, 1, true},
		{1, 9, 6, 3, 0, false},
		{1, 9, 5, 3, 0, true},
		{2, 9, 5, 3, 0, true},
		{2, 9, 7, 2, 0, false},
		{3, 9, 5, 3, 0, false},
		{3, 9, 3, 3, 0, false},
		{3, 9, 2, 3, 0, true},
		{9, 9, 3, 2, 0, true},
	} {
		d := newDivision(t.Context(), &planned{}, ListRequest{}, 16, 3)
		d.window, d.waiting, d.running = c.window, c.waiting, c.running
		d.sections[0].pages = make([][]files.Entry, c.pages)
		if got := d.hasRoom(c.i); got != c.want {
			t.Errorf("%+v: hasRoom = %v", c, got)
		}
	}
}

// TestNextSectionGoesOn: when the first section is done, the one after it goes on, even if
// pages of others take all the room.
func TestNextSectionGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDivision(t.Context(), &planned{}, ListRequest{}, 16, 3)
		page := []files.Entry{{Name: "m"}}
		second := &section{state: sectionWaiting}
		d.sections = []*section{
			{state: sectionDone},
			second,
			{state: sectionDone, pages: [][]files.Entry{page, page}},
		}
		d.window, d.waiting = 2, 2
		var got []files.Entry
		go func() { got, _, _ = d.next() }()
		synctest.Wait()
		d.mu.Lock()
		if second.state != sectionRunning {
			t.Errorf("the state of the second section is %v, want running", second.state)
		}
		second.pages = append(second.pages, page)
		d.waiting++
		d.cond.Broadcast()
		d.mu.Unlock()
		synctest.Wait()
		if len(got) != 1 {
			t.Errorf("the next page is %v, want that of the second section", got)
		}
	})
}
