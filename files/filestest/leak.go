package filestest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/callers"
)

// pending are the calls that haven't ended: those that a program waits for, and open
// bodies, Writers and listings.
type pending struct {
	mu     sync.Mutex
	calls  map[*files.Call]*begun
	test   string // that has ended, or ""
	number int
	// writers are those whose Put has ended, by an error or with its context, before
	// the program called Commit or Close.
	writers map[*callers.Origin]*begun
}

// begun is a call that hasn't ended.
type begun struct {
	op     files.Op
	name   string
	line   string // that began it
	number int
	at     time.Time
	ctx    context.Context // the caller's
	cancel context.CancelCauseFunc
	origin *callers.Origin // of a Writer's Put, or nil
	opened bool            // a Get has returned its Reader
}

// begin notes a call, and returns the context that the end of the test cancels, and the
// line that began the call.
func (p *pending) begin(ctx context.Context, call *files.Call) (context.Context, string, error) {
	line, origin, outer := lineOf(ctx), callers.Of(ctx), ctx
	ctx, cancel := context.WithCancelCause(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.test != "" {
		cancel(nil)
		return nil, "", driver.Errorf(files.ErrClosed,
			"the test %s, which made the fake, has ended",
			p.test)
	}
	if p.calls == nil {
		p.calls = map[*files.Call]*begun{}
	}
	p.number++
	p.calls[call] = &begun{
		op:     call.Op,
		name:   call.Name,
		line:   line,
		number: p.number,
		at:     time.Now(),
		ctx:    outer,
		cancel: cancel,
		origin: origin,
	}
	return ctx, line, nil
}

// returned notes that a Get has returned a Reader, which is open from now on.
func (p *pending) returned(call *files.Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c, ok := p.calls[call]; ok {
		c.opened = true
	}
}

// end notes that a call has ended.
func (p *pending) end(call *files.Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.calls[call]
	if !ok {
		return
	}
	c.cancel(nil)
	delete(p.calls, call)
	if c.op != files.OpPut || c.origin == nil || c.origin.Ended() {
		return
	}
	if p.writers == nil {
		p.writers = map[*callers.Origin]*begun{}
	}
	if _, retried := p.writers[c.origin]; !retried {
		p.forget()
		p.writers[c.origin] = c
	}
}

// forget drops the Writers that were ended meanwhile, if they have become many. The
// caller holds mu.
func (p *pending) forget() {
	if len(p.writers) < 100 {
		return
	}
	for o := range p.writers {
		if o.Ended() {
			delete(p.writers, o)
		}
	}
}

// settle waits for at most 100 ms, until the calls that are just ending have ended (X2).
// The program doesn't wait for all of them. For example, package hedge cancels the slower
// of two calls, and returns.
func (p *pending) settle() {
	for range 100 {
		if !p.ending() {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// ending reports whether a call may be ending: one whose context has ended, or a Get or
// Stat that hasn't returned, because package hedge cancels it only a moment later.
func (p *pending) ending() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		reads := c.op == files.OpGet && !c.opened || c.op == files.OpStat
		if (reads || c.ctx.Err() != nil) && !c.ofEndedBubble() {
			return true
		}
	}
	return false
}

// finish returns a line for each call that hasn't ended, and ends it. Calls that begin
// later are refused.
func (p *pending) finish(test string) (leaks []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.test = test
	var open []*begun
	for _, c := range p.calls {
		open = append(open, c)
		delete(p.writers, c.origin) // it is repeated, and is reported once
	}
	for o, c := range p.writers {
		if !o.Ended() {
			open = append(open, c)
		}
	}
	slices.SortFunc(open, func(a, b *begun) int { return a.number - b.number })
	for _, c := range open {
		leaks = append(leaks, c.String())
		if !c.ofEndedBubble() {
			c.abort(driver.Errorf(files.ErrClosed, "the test has ended"))
		}
	}
	return leaks
}

// abort ends the call. A Writer whose Put waits for content must be ended itself.
func (c *begun) abort(err error) {
	c.cancel(err)
	if c.origin != nil && c.origin.Abort != nil && !c.origin.Ended() {
		c.origin.Abort(err)
	}
}

// ofEndedBubble reports whether the call was made in a synctest bubble, and this is none.
// Then every goroutine of the call has ended, and its context must not be cancelled: to
// close a channel of a bubble from outside ends the process. The clock of a bubble begins
// in the year 2000.
func (c *begun) ofEndedBubble() bool {
	const years = 10 * 365 * 24 * time.Hour
	return time.Since(c.at.Round(0)) > years
}

func (c *begun) String() string {
	what := "a call of " + string(c.op)
	switch {
	case c.op == files.OpGet && c.opened:
		what = "a Reader was not closed"
	case c.op == files.OpPut:
		what = "a Writer was neither committed nor closed, or a Put still reads its content"
	case c.op == files.OpList:
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
	return goroutineLine()
}

// lineOf is the line of the program that began a call with this context, also if a
// goroutine of the library makes the call, such as a Writer's.
func lineOf(ctx context.Context) string {
	var pcs [64]uintptr
	if line := programLine(pcs[:runtime.Callers(3, pcs[:])]); line != "" {
		return line
	}
	if o := callers.Of(ctx); o != nil {
		if line := programLine(o.PCs); line != "" {
			return line
		}
	}
	return goroutineLine()
}

// goroutineLine is the line that started this goroutine. It is the program's if a "go"
// statement calls a method of the bucket, which leaves no frame of the program's.
func goroutineLine() string {
	stack := make([]byte, 64<<10)
	text := string(stack[:runtime.Stack(stack, false)])
	_, by, ok := strings.Cut(text, "\ncreated by ")
	function, at, found := strings.Cut(by, "\n\t")
	if !ok || !found || ofLibrary(function) {
		return "by a goroutine of the library"
	}
	at, _, _ = strings.Cut(at, " ") // without the offset in the function
	return shortPath(strings.TrimSpace(at))
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
