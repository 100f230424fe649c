package main

import (
	"fmt"
	"io"
)

// A verdict is what became of a mutant.
type verdict int

const (
	unreached   verdict = iota // no test runs it
	killedShort                // a test fails, with -short already
	killedLong                 // a test fails without -short
	judged                     // it survives, and the list says why that is well
	survived                   // it survives
	revived                    // it is on the list and is killed
)

// A tally counts the verdicts of a package.
type tally struct {
	all     int // mutants that there are
	counted [6]int
}

func (t *tally) tried() int {
	n := 0
	for _, c := range t.counted {
		n += c
	}
	return n
}

// killed is the share of the faults that are noticed, of those that a test could notice.
func (t *tally) killed(short bool) float64 {
	k := t.counted[killedShort]
	if !short {
		k += t.counted[killedLong]
	}
	all := t.tried() - t.counted[judged]
	if all == 0 {
		return 100
	}
	return 100 * float64(k) / float64(all)
}

func (t *tally) print(w io.Writer, folder string, short bool) {
	fmt.Fprintf(w, "%s: %d mutants, %d tried: %d unreached, %d killed in -short", folder, t.all,
		t.tried(), t.counted[unreached], t.counted[killedShort])
	if !short {
		fmt.Fprintf(w, ", %d by the normal run", t.counted[killedLong])
	}
	fmt.Fprintf(w, ", %d survivors judged, %d not judged", t.counted[judged], t.counted[survived])
	if n := t.counted[revived]; n > 0 {
		fmt.Fprintf(w, ", %d killed although judged", n)
	}
	fmt.Fprintf(w, "; of those not judged %.1f%% die in -short", t.killed(true))
	if !short {
		fmt.Fprintf(w, ", %.1f%% in the normal run", t.killed(false))
	}
	fmt.Fprintln(w)
}

func line(m *mutant, what string) string {
	return fmt.Sprintf("%s:%d: %s: %q -> %q: %s", m.file, m.line, m.form, m.from, m.to, what)
}
