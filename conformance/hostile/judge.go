package hostile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cloudfiles.dev/files"
)

// factual are the sentinels that state a fact about a file or a bucket. A driver may
// return them only if the service said so.
var factual = []error{
	files.ErrNotExist, files.ErrExist, files.ErrPrecondition, files.ErrNotModified,
	files.ErrNoBucket,
}

// maxText is how long the text of an error may be, in bytes.
const maxText = 2 << 10

// judge returns what is wrong with an outcome, or "". wrong is what is wrong if the error
// is nil.
func (c *check) judge(wrong string, err error, after map[string][]byte) string {
	if err == nil {
		return c.judgeSuccess(wrong, after)
	}
	if bad := c.judgeError(err); bad != "" {
		return bad
	}
	return c.judgeFailure(err, after)
}

func (c *check) judgeSuccess(wrong string, after map[string][]byte) string {
	switch {
	case len(c.op.want) > 0:
		return fmt.Sprintf("nil, want %v", c.op.want[0])
	case wrong != "":
		return "nil, but " + wrong
	}
	for name, want := range c.op.writes {
		got, there := after[name]
		switch {
		case want == nil && there:
			return fmt.Sprintf("nil, but %q wasn't deleted", name)
		case want != nil && !there:
			return fmt.Sprintf("nil, but %q wasn't written", name)
		case want != nil:
			if w := sameBytes(name, got, want); w != "" {
				return "nil, but " + w
			}
		}
	}
	return c.others(after)
}

// others returns which of the files has changed that the operation doesn't concern.
func (c *check) others(after map[string][]byte) string {
	for name, was := range c.world.files {
		if _, writes := c.op.writes[name]; !writes && !bytes.Equal(after[name], was) {
			return fmt.Sprintf("%q has changed, which the operation doesn't concern", name)
		}
	}
	for name := range after {
		_, writes := c.op.writes[name]
		if _, was := c.world.files[name]; !was && !writes && !c.leftover(name) {
			return fmt.Sprintf("%q is there, which the operation doesn't concern", name)
		}
	}
	return ""
}

// leftover reports whether the driver may leave a file of that name.
func (c *check) leftover(name string) bool {
	return c.cfg.Leftover != nil && c.cfg.Leftover(name)
}

// judgeError returns what is wrong with the error itself.
func (c *check) judgeError(err error) string {
	text := err.Error()
	for _, s := range append([]string{"127.0.0.1", "localhost:"}, c.cfg.Secrets...) {
		if strings.Contains(text, s) {
			return fmt.Sprintf("the error's text shows %q: %.300s", s, text)
		}
	}
	if len(text) > maxText*max(1, len(c.op.writes)) {
		return fmt.Sprintf("the error's text has %d bytes: %.300s", len(text), text)
	}
	var e *files.Error
	if !errors.As(err, &e) {
		return fmt.Sprintf("%T is not a *files.Error: %.300s", err, text)
	}
	facts := 0
	for _, kind := range factual {
		if errors.Is(err, kind) {
			facts++
		}
		if files.KindOf(err) == kind && !slices.Contains(c.op.want, kind) &&
			!(slices.Contains(c.op.conditional, kind) && c.way != nil && c.way.says(kind)) &&
			!c.bareMissing(kind) {
			return fmt.Sprintf("%v, which the service didn't say: %.300s", kind, text)
		}
	}
	if errors.Is(err, files.ErrUncertain) && facts > 0 && len(c.op.writes) < 2 {
		return fmt.Sprintf("the error is of two kinds at once: %.300s", text)
	}
	ended := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
	if requests, _ := c.endpoint.count(); ended && c.most > 0 && requests > c.most {
		return "" // try reports the number of requests
	}
	if ended && (c.way == nil || !c.way.Stalls) {
		return fmt.Sprintf("the call went on until its context ended: %.300s", text)
	}
	if files.KindOf(err) == nil && !ended && !errors.Is(err, errors.ErrUnsupported) {
		return fmt.Sprintf("an error without a sentinel: %.300s", text)
	}
	return ""
}

// bareMissing reports whether the kind may come from a 404 to a HEAD, in which nothing
// distinguishes the service from a web server.
func (c *check) bareMissing(kind error) bool {
	if !c.cfg.Service.BareHead || kind != files.ErrNotExist && kind != files.ErrNoBucket {
		return false
	}
	return c.endpoint.refusedHead()
}

// judgeFailure returns what is wrong with the state of the store after a failure.
func (c *check) judgeFailure(err error, after map[string][]byte) string {
	changed, there := 0, 0
	for name, want := range c.op.writes {
		got, is := after[name]
		was, existed := c.world.files[name]
		old := is == existed && bytes.Equal(got, was)
		done := is == (want != nil) && bytes.Equal(got, want)
		if is {
			there++
		}
		if !old && !done {
			return fmt.Sprintf("%q is neither the old nor the new file, with %.300v", name, err)
		}
		if done && !old {
			changed++
		}
	}
	if c.op.moves && there == 0 {
		return fmt.Sprintf("neither of the files is left, with %.300v", err)
	}
	if c.deleted != nil {
		if bad := c.judgeDeleted(err, after); bad != "" {
			return bad
		}
	}
	if one := len(c.op.writes) == 1 && c.deleted == nil; one && changed > 0 && !c.idempotent() &&
		!errors.Is(err, files.ErrUncertain) {
		return fmt.Sprintf("it was done, and the error isn't ErrUncertain: %.300v", err)
	}
	return c.others(after)
}

// idempotent reports whether the operation is a delete without a condition. It can simply
// be repeated, so its error doesn't say whether it was done.
func (c *check) idempotent() bool {
	for _, want := range c.op.writes {
		if want == nil && len(c.op.conditional) == 0 {
			return true
		}
	}
	return false
}

// judgeDeleted compares the result of a DeleteMany with the files that are left.
func (c *check) judgeDeleted(err error, after map[string][]byte) string {
	failed, early := failedNames(c.deleted, err)
	var gone int64
	for name := range c.op.writes {
		_, is := after[name]
		if !is {
			gone++
		}
		if is && !failed[name] && !early {
			return fmt.Sprintf("%q is there, and isn't among the failed names: %.300v", name, err)
		}
	}
	if c.deleted.Deleted > gone {
		return fmt.Sprintf("Deleted = %d, but %d names are gone", c.deleted.Deleted, gone)
	}
	return ""
}
