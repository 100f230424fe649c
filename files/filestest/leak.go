package filestest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/callers"
)

// pending are the calls that haven't ended: those that a program waits for, and open
// bodies, Writers and listings.
type pending struct {
	mu     sync.Mutex
	calls  map[*files.Call]*begun
	ended  bool
	number int
}

// begun is a call that hasn't ended.
type begun struct {
	op     files.Op
	name   string
	line   string // that began it
	number int
	cancel context.CancelCauseFunc
}

// begin notes a call, and returns the context that the end of the test cancels.
func (p *pending) begin(ctx context.Context, call *files.Call) (context.Context, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil, files.Errorf(files.ErrClosed, "the test that made the fake has ended")
	}
	begunBy := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	if p.calls == nil {
		p.calls = map[*files.Call]*begun{}
	}
	p.number++
	p.calls[call] = &begun{
		op:     call.Op,
		name:   call.Name,
		line:   lineOf(begunBy),
		number: p.number,
		cancel: cancel,
	}
	return ctx, nil
}

// end notes that a call has ended.
func (p *pending) end(call *files.Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c, ok := p.calls[call]; ok {
		c.cancel(nil)
		delete(p.calls, call)
	}
}

// finish returns a line for each call that hasn't ended, and ends it.
func (p *pending) finish() (leaks []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	var open []*begun
	for _, c := range p.calls {
		open = append(open, c)
	}
	slices.SortFunc(open, func(a, b *begun) int { return a.number - b.number })
	for _, c := range open {
		leaks = append(leaks, c.String())
		c.cancel(files.Errorf(files.ErrClosed, "the test has ended"))
	}
	return leaks
}

func (c *begun) String() string {
	what := "a call of " + string(c.op)
	switch c.op {
	case files.OpGet:
		what = "a Reader was not closed"
	case files.OpPut:
		what = "a Writer was neither committed nor closed, or a Put still reads its content"
	case files.OpList:
		what = "a listing was not ended"
	default:
		what += " has not ended"
	}
	return fmt.Sprintf("%s: %q, %s", what, c.name, c.line)
}

// callerLine is the innermost line outside of this module's packages: where the program
// called.
func callerLine() string {
	var pcs [64]uintptr
	if line := programLine(pcs[:runtime.Callers(3, pcs[:])]); line != "" {
		return line
	}
	return "by a goroutine of the library"
}

// lineOf is the line of the program that began a call with this context, also if a
// goroutine of the library makes the call, such as a Writer's.
func lineOf(ctx context.Context) string {
	var pcs [64]uintptr
	if line := programLine(pcs[:runtime.Callers(3, pcs[:])]); line != "" {
		return line
	}
	if line := programLine(callers.Of(ctx)); line != "" {
		return line
	}
	return "by a goroutine of the library"
}

// programLine is the first of the callers that is not of this module, or "".
func programLine(pcs []uintptr) string {
	if len(pcs) == 0 {
		return ""
	}
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if f.Function != "" && !ofLibrary(f.Function) {
			return fmt.Sprintf("%s:%d", shortPath(f.File), f.Line)
		}
		if !more {
			return ""
		}
	}
}

// ofLibrary reports whether a function is one of package files and of the packages that
// stand between it and the program, and not one of their tests.
func ofLibrary(function string) bool {
	if strings.Contains(function, "_test.") {
		return false
	}
	for _, p := range []string{"files.", "files/", "drivers/mem"} {
		if strings.HasPrefix(function, module+p) {
			return true
		}
	}
	return strings.HasPrefix(function, "iter.") || strings.HasPrefix(function, "runtime.")
}

const module = "cloudfiles.dev/"

// shortPath is the file with its folder.
func shortPath(file string) string {
	if i := strings.LastIndexByte(file, '/'); i >= 0 {
		if j := strings.LastIndexByte(file[:i], '/'); j >= 0 {
			return file[j+1:]
		}
	}
	return file
}
