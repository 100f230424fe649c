// Package content examines the reader that a Put was given.
package content

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
)

// Check returns the reader to read from, or false for a nil reader.
//
// A typed nil of the standard library has nothing to read, and its methods panic. A nil
// of another type may be a reader like any other, if its methods allow for it. So it is
// read, and a panic is an error.
func Check(r io.Reader) (io.Reader, bool) {
	switch r := r.(type) {
	case nil:
		return nil, false
	case *os.File:
		return r, r != nil
	case *bytes.Reader:
		return r, r != nil
	case *strings.Reader:
		return r, r != nil
	case *bytes.Buffer:
		return r, r != nil
	case *io.PipeReader:
		return r, r != nil
	case *bufio.Reader:
		return r, r != nil
	case *bufio.ReadWriter:
		return r, r != nil && r.Reader != nil
	case *io.LimitedReader:
		return nested(r, r != nil && r.R != nil)
	case *io.SectionReader:
		return r, r != nil
	}
	switch v := reflect.ValueOf(r); v.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice:
		if v.IsNil() {
			return &guarded{r}, true
		}
	}
	return r, true
}

// nested checks a reader that reads from another one.
func nested(r *io.LimitedReader, ok bool) (io.Reader, bool) {
	if !ok {
		return nil, false
	}
	inner, ok := Check(r.R)
	if inner != r.R && ok {
		return &guarded{r}, true
	}
	return r, ok
}

// guarded is a nil whose Read may panic. It has no other methods, which may panic as
// well.
type guarded struct{ r io.Reader }

// NilError is the failure of a nil reader that can't be read.
type NilError struct{ text string }

func (e *NilError) Error() string { return e.text }

func (g *guarded) Read(p []byte) (n int, err error) {
	defer func() {
		if recover() != nil {
			n, err = 0, &NilError{fmt.Sprintf("content is a nil %T", g.r)}
		}
	}()
	return g.r.Read(p)
}
