package driver

import (
	"errors"
	"fmt"
	"testing"
)

// TestPlanBlind: directories aren't asked for again once that has failed.
func TestPlanBlind(t *testing.T) {
	p := &planned{
		names: numbered(1600, func(i int) string { return fmt.Sprintf("d%02d/%02d", i/32, i%32) }),
		err:   errors.New("no listing"),
	}
	d := planOf(t, p, "", 48)
	if got := divided(d, 5); got != "" || len(p.requests) != 1 || d.extra != 1 || d.running != 1 {
		t.Errorf("divided at %q, requests %q, want one; %d extra, %d running", got, p.requests,
			d.extra, d.running)
	}
}

// TestPlanLearns: what is learned of a directory is put to what is known, of bounded
// length; only some directories are kept.
func TestPlanLearns(t *testing.T) {
	p := &planned{names: numbered(400, func(i int) string { return fmt.Sprintf("d%03d/x", i) })}
	d := planOf(t, p, "", 48)
	d.learn(&siblings{dir: "", from: "d047/"})
	for _, c := range []struct {
		from, begin, last string
		n                 int
	}{
		{"d063/", "d047/", "d079/", 32},
		{"d079/", "d047/", "d095/", 48},
		{"d095/", "d047/", "d111/", 64},
		{"d111/", "d063/", "d127/", 64}, // 64 at most
		{"d150/", "d079/", "d166/", 64},
		{"d010/", "d010/", "d026/", 16}, // from before what is known: only this is
	} {
		d.learn(&siblings{dir: "", from: c.from})
		k := d.known[""]
		if k.from != c.begin || len(k.names) != c.n || k.names[len(k.names)-1] != c.last || k.all {
			t.Errorf("from %s: %d names after %s, the last is %s, all: %v; want %d after %s, %s",
				c.from, len(k.names), k.from, k.names[len(k.names)-1], k.all, c.n, c.begin, c.last)
		}
	}
	d.learn(&siblings{dir: "", from: "d383/"}) // 16 are left: one can't tell whether there are more
	if d.known[""].all {
		t.Error("16 directories in a page: all, want to ask again")
	}
	d.learn(&siblings{dir: "", from: "d384/"})
	if k := d.known[""]; !k.all || k.names[len(k.names)-1] != "d399/" {
		t.Errorf("the last: %+v, want all", k)
	}
	for i := range maxKnown - 1 {
		d.learn(&siblings{dir: fmt.Sprintf("d%03d/", i)})
	}
	if len(d.known) != maxKnown {
		t.Errorf("%d directories are known, want %d", len(d.known), maxKnown)
	}
	d.learn(&siblings{dir: "d100/"})
	if len(d.known) != 1 || d.known["d100/"] == nil {
		t.Errorf("%d directories are known, want the last one", len(d.known))
	}
}

// TestPlanLearnsFiles: a file ends what is known, if nothing but files fills the rest of
// a page.
func TestPlanLearnsFiles(t *testing.T) {
	for _, c := range []struct {
		dirs, files int
		want        string
		all         bool
	}{
		{3, 0, "d02/", true},
		{3, 12, "d02/", true},
		{3, 13, "f12", false},
		{3, 20, "f12", false},
		{0, 3, "", true},
		{0, 16, "f15", false},
		{16, 3, "d15/", false},
	} {
		names := numbered(c.dirs, func(i int) string { return fmt.Sprintf("d%02d/x", i) })
		names = append(names, numbered(c.files, func(i int) string {
			return fmt.Sprintf("f%02d", i)
		})...)
		d := planOf(t, &planned{names: names}, "", len(names))
		d.learn(&siblings{dir: "", from: "a"})
		k := d.known[""]
		last := ""
		if len(k.names) > 0 {
			last = k.names[len(k.names)-1]
		}
		if last != c.want || k.all != c.all || d.running != 1 || d.extra != 1 {
			t.Errorf("%d directories, %d files: the last is %q, all: %v; want %q, %v", c.dirs,
				c.files, last, k.all, c.want, c.all)
		}
	}
}
