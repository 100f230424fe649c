// Package longtest separates the tests that take minutes from those that every run of go
// test has:
//
//	CLOUDFILES_LONG=1 go test -timeout 40m ./...
//
// runs everything, as .ci/run does. A test that lacks something on this machine calls
// [Lacks], which skips it, or fails it in CI. The package is for tests only, and imports
// the standard library alone.
package longtest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
)

// Variable is the environment variable that a run with the long tests has set to 1.
const Variable = "CLOUDFILES_LONG"

// leftOutVariable names the file to which the name of every test is added that Only left
// out. .ci/run sets it, and fails if there is such a test.
const leftOutVariable = "CLOUDFILES_LEFT_OUT"

// On reports whether the long tests are run.
func On() bool {
	on, err := strconv.ParseBool(os.Getenv(Variable))
	return on && err == nil
}

// T is the part of a test that this package uses; *testing.T implements it.
type T interface {
	Helper()
	Name() string
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Only skips the test unless the long tests are run. why says what takes so long.
// -short makes no difference to Only and N.
func Only(t T, why string) {
	t.Helper()
	if On() {
		return
	}
	LeftOut(t, why)
	t.Skipf("long: %s; %s=1 runs it", why, Variable)
}

// LeftOut notes that the test does less than with the long tests.
func LeftOut(t T, what string) {
	t.Helper()
	path := os.Getenv(leftOutVariable)
	if path == "" {
		return
	}
	f, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		t.Fatalf("%s: %v", leftOutVariable, err)
	}
	_, err = fmt.Fprintf(f, "%s: %s\n", t.Name(), what)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		t.Fatalf("%s: %v", leftOutVariable, err)
	}
}

// EachOf says how many of the trials of one kind are made: every n-th, where n is the
// result. That is usual without the long tests, 1 with them, and short with them under
// -short.
func EachOf(t T, usual, short int) int {
	t.Helper()
	switch {
	case !On():
		return N(t, usual, 1)
	case testing.Short():
		return short
	}
	return 1
}

// N returns whole with the long tests, and n otherwise.
func N(t T, n, whole int) int {
	t.Helper()
	if On() {
		return whole
	}
	LeftOut(t, fmt.Sprintf("%d instead of %d", n, whole))
	return n
}

// AtOnce lets n parallel tests of the package run at a time, for a package whose tests
// wait for servers and timers more than they compute. go test's -parallel, if it is
// given, says how many instead. Call it from TestMain, before m.Run.
func AtOnce(n int) {
	if !flag.Parsed() {
		flag.Parse()
	}
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == parallelFlag })
	if given || n <= runtime.GOMAXPROCS(0) {
		return
	}
	if err := flag.Set(parallelFlag, strconv.Itoa(n)); err != nil {
		panic(err)
	}
}

// parallelFlag is go test's -parallel.
const parallelFlag = "test.parallel"
