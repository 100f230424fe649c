package faultrun

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// attempt is one write of a file, or the file's absence at the beginning.
type attempt struct {
	absent  bool
	value   value // unless absent
	version files.Version
	never   bool // the write was refused
	seen    bool // a read returned it
}

// is reports whether the attempt leads to that state.
func (a *attempt) is(absent bool, v value) bool {
	return a.absent == absent && (absent || a.value == v)
}

// file is the model of a file that one client writes and all clients read.
type file struct {
	name string

	mu      sync.Mutex
	history []*attempt // the first one is absence
	// possible has the attempts, in order, whose state the file may have. There is one
	// attempt unless an outcome is uncertain.
	possible []int
	pending  int // writes that are under way
	// retired files are no longer written, because a request that was given up may still
	// arrive.
	retired bool
}

func newFile(name string) *file {
	return &file{name: name, history: []*attempt{{absent: true}}, possible: []int{0}}
}

// outcome is the outcome of a write, by its error.
type outcome int

const (
	done    outcome = iota
	refused         // nothing changed
	exists          // ErrExist: nothing changed, because the file exists
	differs         // ErrPrecondition: nothing changed, because the version differs
	missing         // ErrNotExist
	maybe           // the file is the old or the new one
	wrong           // an error that no injected fault may cause
)

// ended reports whether the operation was given up.
func ended(err error) bool {
	return errors.Is(err,
		context.DeadlineExceeded) || errors.Is(err,
		context.Canceled) || errors.Is(err, os.ErrDeadlineExceeded)
}

func outcomeOf(err error) outcome {
	switch {
	case err == nil:
		return done
	case ended(err):
		return maybe
	}
	switch files.KindOf(err) {
	case files.ErrExist:
		return exists
	case files.ErrPrecondition:
		return differs
	case files.ErrNotExist:
		return missing
	case files.ErrUncertain, files.ErrUnavailable:
		return maybe
	case files.ErrPermission:
		if retry.Attempts(err) > 1 { // an earlier attempt may have been carried out
			return maybe
		}
		return refused
	}
	return wrong
}

// begin records a write before it starts, because readers may see it.
func (f *file) begin(absent bool, v value) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.history = append(f.history, &attempt{absent: absent, value: v})
	f.pending++
	return len(f.history) - 1
}

// next returns the number of the next write.
func (f *file) next() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.history)
}

// condition says in which states of a file a write may succeed, and in which it may be
// refused.
type condition struct{ succeeds, refuses func(*attempt) bool }

// settle records the outcome of attempt n under the condition, which may be nil. It
// returns a description of a violation, or "".
func (f *file) settle(n int, o outcome, version files.Version, cond *condition,
	giveUp bool) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.history[n]
	f.pending--
	f.retired = f.retired || giveUp
	holds := slices.DeleteFunc(slices.Clone(f.possible), func(i int) bool {
		return cond != nil && !cond.succeeds(f.history[i])
	})
	before := f.text(f.possible)
	switch o {
	case done:
		f.possible, a.version = []int{n}, version
		if len(holds) == 0 {
			return "was acknowledged, but the file was " + before
		}
		return ""
	case maybe:
		if len(holds) > 0 {
			f.possible = append(f.possible, n)
			return ""
		}
	case exists, differs, missing:
		if cond != nil {
			fails := slices.DeleteFunc(slices.Clone(f.possible), func(i int) bool {
				return !cond.refuses(f.history[i])
			})
			if len(fails) == 0 {
				return "was refused, but the file was " + before
			}
			f.possible = fails
		}
	}
	a.never = true
	if a.seen {
		return "failed and changed nothing, by its error, but a read returned it"
	}
	return ""
}

// floor returns the oldest attempt whose state the file may have. A read that begins from
// now on may not return an older one.
func (f *file) floor() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.possible[0]
}

// allows records that a read returned a state. It returns a description of a violation,
// or "". The state must have been put, and must not be older than floor, which was
// taken before the read. If several writes lead to that state, it isn't known which of
// them the read returned.
func (f *file) allows(floor int, absent bool, v value) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var by []*attempt
	for _, a := range f.history[floor:] {
		if a.is(absent, v) && !a.never {
			by = append(by, a)
		}
	}
	switch len(by) {
	case 0:
		return fmt.Sprintf("%s was read, but before that the file was %s", stateText(absent, v),
			f.text([]int{floor}))
	case 1:
		by[0].seen = true
	}
	return ""
}

// observe is allows for a read by the file's writer, which returns the file's present
// state.
func (f *file) observe(absent bool, v value, version files.Version, perPut bool) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var now []int
	for _, i := range f.possible {
		if f.history[i].is(absent, v) {
			now = append(now, i)
		}
	}
	if now == nil {
		return fmt.Sprintf("%s was read, but the file was %s", stateText(absent, v),
			f.text(f.possible))
	}
	f.possible = now
	a := f.history[now[len(now)-1]]
	a.seen = true
	if len(now) > 1 || absent {
		return ""
	}
	if a.version != "" && version != "" && a.version != version {
		return fmt.Sprintf("%s has the version %q, want %q", stateText(absent, v), version,
			a.version)
	}
	if version != "" {
		a.version = version
	}
	if perPut && version != "" {
		for i, b := range f.history {
			if b != a && b.version == version {
				return fmt.Sprintf("the version %q of write %d repeats that of write %d", version,
					now[0], i)
			}
		}
	}
	return ""
}

// certain returns the state of the file. ok reports whether it is the only possible one
// and no write is under way.
func (f *file) certain() (n int, a attempt, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n = f.possible[0]
	return n, *f.history[n], f.isCertain()
}

// isCertain is the ok of certain, for callers that hold f.mu.
func (f *file) isCertain() bool {
	return len(f.possible) == 1 && f.pending == 0 && !f.retired
}

// moment is a file's certain state, and how many writes it had until then. A file that
// has as many writes later had that state all the while.
type moment struct {
	writes int
	now    attempt
}

// moment returns the file's state and the number of its writes, of one moment. ok is that
// of certain.
func (f *file) moment() (m moment, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return moment{len(f.history), *f.history[f.possible[0]]}, f.isCertain()
}

// anyVersion returns an attempt whose version is known: the newest one or, with old, the
// one before it. It returns nil if there is none.
func (f *file) anyVersion(old bool) *attempt {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.history) - 1; i > 0; i-- {
		if a := f.history[i]; a.version != "" {
			if old {
				old = false
				continue
			}
			c := *a
			return &c
		}
	}
	return nil
}

func stateText(absent bool, v value) string {
	if absent {
		return "no file"
	}
	return "write " + v.mark()
}

func (f *file) text(states []int) string {
	var s []string
	for _, i := range states {
		s = append(s, stateText(f.history[i].absent, f.history[i].value))
	}
	return strings.Join(s, " or ")
}
