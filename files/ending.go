package files

import (
	"errors"
)

// errCutOff is the error of an operation that neither returned nor failed.
var errCutOff = errors.New("a panic or runtime.Goexit ended the operation")

// ending reports the end of an operation to Done, once, whatever ends it. Its report is
// deferred.
type ending struct {
	call *Call
	n    int64
	err  error
	over bool // the operation came to its own end
}

// set notes how the operation ended.
func (e *ending) set(n int64, err error) { e.n, e.err, e.over = n, err, true }

func (e *ending) report() {
	if !e.over {
		e.err = newError(e.call.Op, e.call.Name, errCutOff)
	}
	e.call.done(e.n, e.err)
}
